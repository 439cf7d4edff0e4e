"""A worker that a test starts as users start them, and may kill, freeze and thaw."""

import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from tasks.guard import look, processes
from tests.waiting import until

CHECKOUT = Path(__file__).parent.parent.parent


class WorkerProcess:
    """`celery -A … worker`, with its main process's pid and its log."""

    def __init__(
        self, folder: Path, name: str, concurrency: int, environment: Mapping[str, str]
    ) -> None:
        self.name = f"{name}@{platform.node()}"
        self.log = folder / f"{name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "celery", "-A", "tests.acceptance.app", "worker"),
                    *("--hostname", self.name, "--concurrency", str(concurrency)),
                    *("--without-mingle", "--without-gossip", "--loglevel", "INFO"),
                ],
                cwd=CHECKOUT,
                env=os.environ | environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.pid = self._process.pid

    def ready(self) -> "WorkerProcess":
        until(f"a worker is ready\n{self.text()}", lambda: "ready." in self.text(), within=30)
        return self

    def text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Signal the main process alone, as a supervisor does."""
        os.kill(self.pid, number)

    def freeze(self) -> None:
        """Stop the main process and every child of it."""
        for pid in (self.pid, *children(self.pid)):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in (self.pid, *children(self.pid)):
            os.kill(pid, signal.SIGCONT)

    def guards(self) -> list[int]:
        """Return the pid of the process that ends what dead children left behind."""
        own = (self.pid, *children(self.pid))
        return [pid for pid in own if b"guard.py" in command_line(pid)]

    def wait(self, within: float = 30) -> int:
        return self._process.wait(within)

    def end(self) -> None:
        if self.running():
            self.thaw()
            os.kill(self.pid, signal.SIGKILL)
        self._process.wait(10)


def children(pid: int) -> list[int]:
    """Return the processes that a worker's main process has forked or started."""
    return [one for one in processes() if (seen := look(one)) and seen.parent == pid]


def command_line(pid: int) -> bytes:
    """Return how a process was started, or nothing if it is gone."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def alive(pid: int) -> bool:
    seen = look(pid)
    return seen is not None and not seen.dead
