"""The processes that run jobs: started, watched, weighed, and ended with all their descendants."""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.processes import memory
from launch import kernel
from tests.waiting import until

STOP_SECONDS = 12
# Places in /proc/PID/stat, counted after the program's name.
_STATE, _SESSION = 0, 3
_TIMES = slice(11, 15)  # Its own and its ended children's, in the program and in the kernel.


class Workers:
    """The workers of one system, from entering to leaving; a command that ends is started again."""

    def __init__(
        self,
        commands: Sequence[Sequence[str]],
        environment: Mapping[str, str],
        programs: Path,
        folder: Path,
    ) -> None:
        self._commands = commands
        self._environment = environment
        self._programs = programs
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._sessions: list[int] = []

    def __enter__(self) -> Self:
        """Start them; they may need a moment until they take jobs."""
        self._running = [self._start(command) for command in self._commands]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Kill whatever is left of them."""
        until("the workers are gone", self._killed, STOP_SECONDS)
        for process in self._running:
            process.wait(STOP_SECONDS)

    def keep(self) -> None:
        """Start again what has ended, as whatever supervises workers does."""
        self._running = [
            process if process.poll() is None else self._start(command)
            for process, command in zip(self._running, self._commands, strict=True)
        ]

    def stop(self) -> None:
        """Ask them to end, so that they leave nothing half done."""
        for process in self._running:
            process.terminate()
        end = time.monotonic() + STOP_SECONDS
        while self.pids() and time.monotonic() < end:
            time.sleep(0.05)
            for process in self._running:
                process.poll()

    def pids(self) -> list[int]:
        """Return every process of theirs, with all that they have started."""
        return [pid for pid, session in _sessions() if session in self._sessions]

    def memory(self) -> float:
        """Return what they take of the machine's memory (PSS), in MiB."""
        total = 0.0
        for pid in self.pids():
            with suppress(OSError):  # It has just ended.
                total += memory(pid).pss
        return total

    def processor_seconds(self) -> float:
        """Return what they and all their ended children have used of the processors' time."""
        ticks = 0
        for pid in self.pids():
            ticks += sum(int(field) for field in _stat(pid)[_TIMES])
        return ticks / os.sysconf("SC_CLK_TCK")

    def _killed(self) -> bool:
        """Kill all that are there; return whether there were none."""
        # One that has just been forked is not among those that were found, but the next time.
        found = self.pids()
        for pid in found:
            _send(pid, signal.SIGKILL)
        return not found

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        with (self._folder / "workers.log").open("ab") as log:
            process = subprocess.Popen(
                [str(self._programs / command[0]), *command[1:]],
                cwd=self._folder,
                env=surroundings(self._environment, self._programs),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # A Ctrl-C is for the bench.
                preexec_fn=die_with_bench,  # noqa: PLW1509 - there are no threads here
            )
        self._sessions.append(process.pid)
        return process


def surroundings(environment: Mapping[str, str], programs: Path) -> dict[str, str]:
    """Return the whole environment of a program, whose own programs are found first."""
    return os.environ | environment | {"PATH": f"{programs}:{os.environ['PATH']}"}


def die_with_bench() -> None:
    """Have a program end when the bench does, whatever ended that; runs before its first line."""
    kernel.die_with_parent(signal.SIGTERM)


def _sessions() -> list[tuple[int, int]]:
    """Return every process that is not a zombie, with its session."""
    pids = [int(path.name) for path in Path("/proc").glob("[0-9]*")]
    stats = {pid: fields for pid in pids if (fields := _stat(pid))}
    return [(pid, int(fields[_SESSION])) for pid, fields in stats.items() if fields[_STATE] != "Z"]


def _stat(pid: int) -> list[str]:
    """Return what the kernel tells of a process; nothing if it has just ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
