"""supervisord, which starts the programs of a running Postroom again when they die."""

import http.client
import os
import socket
import subprocess
import tempfile
import xmlrpc.client
from collections.abc import Iterable, Mapping
from pathlib import Path

from launch import leftovers
from launch.errors import LaunchError
from launch.programs import GROUP, Program, configuration
from launch.waiting import wait_until
from launch.watch import tail

_ANSWER_SECONDS = 10.0
# The kernel's limit for the path of a socket, less what supervisord appends while it makes one.
_LONGEST_SOCKET = 96


class Supervisor:
    """One supervisord and what runs under it.

    It lives in a session of its own: a Ctrl-C in the terminal reaches bin/run alone, and the
    workers get the one SIGTERM that lets them finish. When bin/run dies, the kernel sends it that
    SIGTERM (see `launch.become`).
    """

    def __init__(self, root: Path, var: Path) -> None:
        self.root = root
        self.var = var
        self.log = var / "log" / "supervisor.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._control = var / "supervisor" / "control"
        if len(os.fsencode(self._control)) > _LONGEST_SOCKET:
            # In a deep checkout it can't lie beside the other files.
            self._short = tempfile.TemporaryDirectory(prefix="postroom-")
            self._control = Path(self._short.name) / "control"

    def start(self, programs: Iterable[Program], environment: Mapping[str, str]) -> None:
        """Start supervisord and, of the programs, the broker; the others wait for `launch`.

        Raises:
            LaunchError: it does not come up.
            OSError: `var` can't be written.
        """
        config = self.var / "supervisor" / "config"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            configuration(programs, self._written(self.var), self._written(self._control))
        )
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self._process = subprocess.Popen(
                [".venv/bin/python", "-m", "launch.become", "supervisord", str(self.var)],
                cwd=self.root,
                env={**environment, leftovers.MARK: str(self.var)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until("The supervisor starts", _ANSWER_SECONDS, self._answers)

    def launch(self, program: Program) -> None:
        """Start a program that is not running; without effect on one that is.

        Raises:
            LaunchError: supervisord does not do as it is told.
        """
        name = f"{GROUP}:{program.name}" if program.is_of_procfile else program.name
        try:
            self._proxy().supervisor.startProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if "ALREADY_STARTED" not in fault.faultString:
                raise LaunchError(
                    f"The supervisor can't start {name}: {fault.faultString}"
                ) from fault
        except OSError as error:
            raise LaunchError(f"The supervisor does not answer: {error}") from error

    def check(self) -> None:
        """Make sure that supervisord lives.

        Raises:
            LaunchError: it ended, or was never started.
        """
        if self._process is None or self._process.poll() is not None:
            raise LaunchError(f"The supervisor has ended. The end of its log:\n{tail(self.log)}")

    def terminate(self) -> None:
        """Ask for the end: first the Procfile's programs, then the broker; see `wait`."""
        if self._process:
            self._process.terminate()

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for supervisord's end, and tell whether it came."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _written(self, path: Path) -> Path:
        """Return a path as the configuration has it: without the folders above the checkout.

        They may have any name, and supervisord can't be told of every one.
        """
        return path.relative_to(self.root) if path.is_relative_to(self.root) else path

    def _answers(self) -> bool:
        self.check()
        try:
            self._proxy().supervisor.getState()
        except (OSError, http.client.HTTPException):
            return False
        return True

    def _proxy(self) -> xmlrpc.client.ServerProxy:
        return xmlrpc.client.ServerProxy("http://localhost", _UnixTransport(self._control))


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_ANSWER_SECONDS)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    """XML-RPC over a Unix socket, which the library does not bring."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> _UnixConnection:  # noqa: ARG002
        return _UnixConnection(self._path)
