"""A whole Postroom: brought up in order, looked after, and brought down in the reverse order."""

import contextlib
import http.client
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from launch import broker, leftovers, ports, procfile
from launch.amqp import RefusedError, SilentError, greet
from launch.errors import LaunchError
from launch.install import Environment
from launch.interrupts import Interrupts
from launch.node import Node
from launch.programs import Program, programs
from launch.settings import Settings
from launch.supervise import Supervisor
from launch.terminal import run_shown, say, step
from launch.waiting import wait_until
from launch.watch import Watch, tail

_LOOK_EVERY = 0.5
_BROKER_SECONDS = 90
_CONSOLE_SECONDS = 60
_ANOTHER_LINK = "signs you in once; for another: .venv/bin/flask --app webapp link"
_PATIENT_INTERRUPTS = 2  # The first asks for the end, the second what takes so long.


@contextlib.contextmanager
def running(settings: Settings, interrupts: Interrupts) -> Iterator["Postroom"]:
    """Bring everything up, and end it when the block is left, however that happens.

    Raises:
        LaunchError: something does not come up; the message says what and why.
        OSError: the disk refuses.
    """
    log = settings.var / "log" / "start.log"
    with leftovers.only_one(settings.var):
        leftovers.end(settings.var, settings.grace)
        node = _choose_broker(settings, log)
        environment = Environment(settings.root, log)
        environment.prepare(["requirements.txt"])
        chosen = programs(
            procfile.read(settings.root / "Procfile"),
            workers=settings.workers,
            grace=settings.grace,
            private_node=node is not None,
        )
        variables = environment.variables()
        if node:
            # The workers check their longest job against it; of another node it must be told them.
            variables["ACK_TIMEOUT"] = f"{settings.ack_timeout:.0f}"
        postroom = Postroom(settings, node, chosen, variables, log)
        try:
            postroom.start()
            yield postroom
        finally:
            interrupts.begin_end()
            postroom.stop(interrupts)


def _choose_broker(settings: Settings, log: Path) -> Node | None:
    """Return the private node to start, or None where a broker runs that can be used."""
    found = broker.find(settings)
    ports.require(
        [
            ports.Need(settings.port, "PORT", "the console", settings.host),
            ports.Need(settings.flower_port, "FLOWER_PORT", "Flower"),
            *found.needs(settings),
        ]
    )
    return None if found.usable else broker.private_node(settings, log)


@dataclass
class Postroom:
    """Everything that one start runs.

    `node` is the private RabbitMQ, None where another one is used. `variables` is the environment
    of whatever is started, `log` the file that gets what the start itself has to tell.
    """

    settings: Settings
    node: Node | None
    programs: list[Program]
    variables: dict[str, str]
    log: Path
    link: str = field(init=False, default="")

    def __post_init__(self) -> None:
        """Prepare to supervise and to watch; nothing is started yet."""
        self.supervisor = Supervisor(self.settings.root, self.settings.var)
        self.watch = Watch(self.settings.var / "log", self.programs)

    def start(self) -> None:
        """Bring everything up: RabbitMQ, the slowest, first, and beside it the console.

        It can do without: what is submitted before RabbitMQ answers waits for that.

        Raises:
            LaunchError: something does not come up.
        """
        if self.node:
            self.node.write()
        self.supervisor.start(self.programs, self.variables)
        upgrade = ["python", "-m", "ledger", "upgrade"]
        run_shown("Preparing the database", upgrade, self.log, self.variables)
        self._launch("web")
        asked = self._ask_for_link()
        with step("Starting the console"):
            wait_until("The console answers", _CONSOLE_SECONDS, self._console_answers)
        link = self._read_link(asked)
        if not self.link:  # The first start, not one after the supervisor's death.
            say(f"  The console answers already: {link}")
        with step("Starting RabbitMQ" if self.node else "Finding RabbitMQ"):
            wait_until("RabbitMQ answers", _BROKER_SECONDS, self._broker_answers)
        self._launch()
        self.link = link

    def _launch(self, *roles: str) -> None:
        """Start the programs of these roles; without any, all that do not run yet."""
        for program in self.programs:
            if program.is_of_procfile and (not roles or program.role in roles):
                self.supervisor.launch(program)

    def _broker_answers(self) -> bool:
        self._watch_the_start()
        try:
            greet(self.settings.broker)
        except SilentError:
            return False
        except RefusedError as error:
            raise LaunchError(f"RabbitMQ refuses the login: {error}") from error
        return True

    def _console_answers(self) -> bool:
        self._watch_the_start()
        connection = http.client.HTTPConnection(self._console_host, self.settings.port, timeout=5)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/healthz")
                connection.getresponse()
            except (OSError, http.client.HTTPException):
                return False
            return True

    @property
    def _console_host(self) -> str:
        """Where the console is reached from here, wherever it listens."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.settings.host, self.settings.host)  # noqa: S104

    def _watch_the_start(self) -> None:
        """Show news, and stop waiting for what can't come.

        Raises:
            LaunchError: a program fails to start again and again.
        """
        self.supervisor.check()
        for name in self.watch.look():
            last = tail(self.watch.logs / f"{name}.log")
            raise LaunchError(f"{name} does not start. The end of its log:\n{last}")

    def _ask_for_link(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["flask", "--app", "webapp", "link"],
            env=self.variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _read_link(self, command: subprocess.Popen[str]) -> str:
        """Return the sign-in link, or the console's plain address and why there is no link."""
        output, errors = command.communicate()
        if command.returncode == 0 and output.strip():
            return output.strip().splitlines()[-1]
        reason = (errors.strip().splitlines() or ["it said nothing"])[-1]
        address = f"http://{self._console_host}:{self.settings.port}/"
        return f"{address}  (no sign-in link: {reason})"

    def show_links(self) -> None:
        """Tell the person where to go now, and how to stop."""
        lines = ["", "Postroom runs.", "", f"  Console   {self.link}"]
        lines.append(f"            {_ANOTHER_LINK}")
        if any(program.role == "flower" for program in self.programs):
            lines.append(f"  Flower    http://127.0.0.1:{self.settings.flower_port}")
        if management := self._management():
            lines.append(f"  RabbitMQ  {management}")
        lines += [f"  Logs      {self.watch.logs}", "", "Ctrl-C stops it.", ""]
        say("\n".join(lines))

    def _management(self) -> str:
        """Return where RabbitMQ's management page is, "" if it has none."""
        port = self.settings.management_port
        if self.node:
            return f"http://127.0.0.1:{port}  (guest, guest)"
        host = self.settings.broker.host
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            return ""
        return f"http://{host}:{port}"

    def drill(self) -> int:
        """Kill a worker under a real job, show what becomes of the job, and return the status."""
        say("")
        command = ["flask", "--app", "webapp", "drill"]
        return subprocess.run(command, env=self.variables, check=False).returncode

    def stay(self) -> None:
        """Show what happens, and start again what supervisord can't, until interrupted.

        Raises:
            KeyboardInterrupt: the person wants the end.
            LaunchError: supervisord died, and can't be started again.
        """
        by_name = {program.name: program for program in self.programs}
        while True:
            if self.supervisor.wait(0):
                say("The supervisor died; everything is started again.")
                leftovers.end(self.settings.var, self.settings.grace)
                self.start()
            for name in self.watch.look():
                self.supervisor.launch(by_name[name])
            time.sleep(_LOOK_EVERY)

    def stop(self, interrupts: Interrupts) -> None:
        """End everything; running jobs may finish within the grace. Nothing is left afterwards.

        The second Ctrl-C is answered with what is waited for, the third kills.
        """
        grace = f" Running jobs get {self.settings.grace} seconds; unfinished ones run again later."
        say(f"\nStopping.{grace if self.link else ''}")
        self.supervisor.terminate()
        told = False
        while not self.supervisor.wait(0.1) and interrupts.count <= _PATIENT_INTERRUPTS:
            self.watch.look()
            if interrupts.count == _PATIENT_INTERRUPTS and not told:
                told = True
                say(f"Still waiting for {', '.join(self._left())}. Ctrl-C once more kills.")
        # Programs that a job started may have outlived it; nothing else is left here.
        leftovers.kill(self.settings.var)
        self.watch.look()
        say("Stopped.")

    def _left(self) -> list[str]:
        """Return what keeps the end from coming: the broker waits for the rest by itself."""
        left = set(leftovers.processes(self.settings.var).values())
        ours = {program.name for program in self.programs if program.is_of_procfile}
        return sorted(left & ours or left)
