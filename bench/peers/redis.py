"""A Redis server of our own that has each write on disk before it answers."""

import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from launch import kernel, ports
from tests.services import MissingProgramError
from tests.waiting import until

_SECONDS = 20


class Redis:
    """A Redis server with an append-only file, started at once; gone when closed.

    `fsync` is its `appendfsync`: `always`, as every other system here syncs what it accepts, or
    `everysec`, which loses up to a second of it when the power goes.
    """

    def __init__(self, fsync: str = "always") -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise MissingProgramError("Redis is not installed: apt-get install redis-server")
        self.folder = Path(tempfile.mkdtemp(prefix="postroom-redis-"))
        [self.port] = ports.free()
        with (self.folder / "server.log").open("wb") as log:
            self._server = subprocess.Popen(
                [
                    *(program, "--bind", "127.0.0.1", "--port", str(self.port)),
                    *("--dir", str(self.folder), "--save", ""),
                    *("--appendonly", "yes", "--appendfsync", fsync),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # A Ctrl-C is for the bench.
                preexec_fn=lambda: kernel.die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
            )

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def ask(self, words: str) -> str:
        """Send one command and return the first line of the answer.

        Raises:
            OSError: it does not answer.
        """
        with socket.create_connection(("127.0.0.1", self.port), _SECONDS) as connection:
            connection.sendall(f"{words}\r\n".encode())
            with connection.makefile("r", encoding="utf-8") as answer:
                return answer.readline().strip()

    def version(self) -> str:
        """Return the program's version."""
        done = subprocess.run(["redis-server", "--version"], check=True, capture_output=True)
        return done.stdout.decode().partition("v=")[2].split()[0]

    def wait(self) -> None:
        """Return when it answers.

        Raises:
            AssertionError: it does not.
        """
        until("Redis answers", self._answers, _SECONDS)

    def close(self) -> None:
        """End it and remove what it kept."""
        self._server.kill()
        self._server.wait(_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            return self.ask("PING") == "+PONG"
        except OSError:
            return False
