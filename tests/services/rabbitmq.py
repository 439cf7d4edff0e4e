"""A RabbitMQ node that a test may stop, kill and wipe."""

import base64
import json
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from uuid import uuid4

from launch import ports
from launch.amqp import Address, SilentError, greet
from launch.node import Node, Programs
from tests.services.missing import MissingProgramError
from tests.waiting import until

_START_SECONDS = 60
_STOP_SECONDS = 30


def are_registered(data: Path) -> bool:
    """Return whether a node's register of quorum queues is on the disk.

    RabbitMQ 3.10 writes it half a second after a queue was declared. Killed before, it comes back
    with a queue that has no leader: it is there, and takes no message any more.

    Args:
        data: the folder of the node's data.
    """
    # The third word of an Erlang table's file says whether it was left in good order.
    registers = data.glob("*/quorum/*/names.dets")
    return all(one.read_bytes()[8:12] == b"\0\0\0\1" for one in registers)


class RabbitMQ:
    """A RabbitMQ node with the management plugin; guest may do everything on it.

    It keeps its ports and its data over `stop`, `kill` and `start`. `ack_seconds` is its
    acknowledgement timeout, which it checks once a minute.
    """

    def __init__(self, ack_seconds: float = 86_400) -> None:
        programs = Programs.find()
        if programs is None:
            raise MissingProgramError("RabbitMQ is not installed: apt-get install rabbitmq-server")
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-rabbitmq-"))
        port, management, distribution, epmd = ports.free(4)
        self.node = Node(
            folder=self.folder,
            programs=programs,
            port=port,
            management_port=management,
            distribution_port=distribution,
            epmd_port=epmd,
            ack_seconds=ack_seconds,
            cluster="tests",
        )
        self.node.write()
        self.address = Address("127.0.0.1", port)
        self._server: subprocess.Popen[bytes] | None = None
        self._epmd: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker URL of the node's first virtual host."""
        return self.url_of("/")

    def url_of(self, vhost: str) -> str:
        """Return the broker URL of a virtual host."""
        return f"amqp://guest:guest@127.0.0.1:{self.address.port}/{quote(vhost, safe='')}"

    @property
    def management_url(self) -> str:
        """Where the management API is, without credentials and without a slash at the end."""
        return f"http://127.0.0.1:{self.node.management_port}/api"

    @property
    def pid(self) -> int:
        """The node's process. Raises: AssertionError: it does not run."""
        assert self._server is not None, "the node does not run"
        return self._server.pid

    @property
    def log(self) -> Path:
        """The file that gets everything the node says."""
        return self.folder / "node.log"

    def start(self) -> Self:
        """Start the node and return when it answers a login; without effect on one that runs.

        Raises:
            AssertionError: it ended, or does not answer in a minute; the message has its log.
        """
        if self._epmd is None:
            self._epmd = self._run(self.node.epmd)
        if self._server is None:
            self._server = self._run(self.node.server)
        until("RabbitMQ answers", self._answers, _START_SECONDS)
        return self

    def stop(self) -> None:
        """End the node in good order."""
        self._end(signal.SIGTERM)

    def kill(self, *, registered: bool = True) -> None:
        """End the node as a crash would: SIGKILL, nothing is written any more.

        Args:
            registered: wait until it would come back with every queue that it has.
        """
        if registered:
            until("its queues are registered", lambda: are_registered(self.folder / "data"))
        self._end(signal.SIGKILL)

    def wipe(self) -> None:
        """Throw away all that the node keeps, as when a machine comes back with an empty disk.

        Raises:
            AssertionError: the node runs.
        """
        assert self._server is None, "stop or kill the node first"
        shutil.rmtree(self.folder / "data", ignore_errors=True)

    def rabbitmqctl(self, *arguments: str) -> str:
        """Run `rabbitmqctl` for this node and return what it prints.

        Raises:
            subprocess.CalledProcessError: it failed.
        """
        command = [str(self.node.ctl), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
        return done.stdout

    def api(self, method: str, path: str, body: object = None) -> object:
        """Ask the management API, `path` being what follows `/api/`; return its JSON, or None.

        Raises:
            urllib.error.HTTPError: it refuses.
        """
        request = urllib.request.Request(  # noqa: S310  # The URL is our own.
            f"{self.management_url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": "Basic " + base64.b64encode(b"guest:guest").decode(),
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  # Ours.
            text = answer.read()
        return json.loads(text) if text else None

    def add_vhost(self) -> str:
        """Make a new, empty virtual host and return its name."""
        name = f"test-{uuid4().hex}"
        self.api("PUT", f"vhosts/{name}")
        self.api(
            "PUT",
            f"permissions/{name}/guest",
            {"configure": ".*", "write": ".*", "read": ".*"},
        )
        return name

    def remove_vhost(self, name: str) -> None:
        """Remove a virtual host with its queues and connections."""
        self.api("DELETE", f"vhosts/{quote(name, safe='')}")

    def close(self) -> None:
        """End the node and remove everything it kept."""
        self.kill()
        if self._epmd:
            self._epmd.kill()
            self._epmd.wait(_STOP_SECONDS)
            self._epmd = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        """Start the node."""
        try:
            return self.start()
        except AssertionError:
            self.close()  # Nobody else would end what has started of it.
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def _run(self, program: Path) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [program],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # A Ctrl-C is for the tests.
            )

    def _answers(self) -> bool:
        assert self._server is not None
        assert self._server.poll() is None, f"RabbitMQ ended: {self.log.read_text()[-3000:]}"
        try:
            greet(self.address)
        except SilentError:
            return False
        return True

    def _end(self, signum: signal.Signals) -> None:
        if self._server is not None:
            self._server.send_signal(signum)
            self._server.wait(_STOP_SECONDS)
            self._server = None
