"""The jobs that every system runs, and the marks by which a measurement knows when they ran.

A mark is one append of 24 bytes to a file in memory: about two microseconds, the same for all, and
kept when its process is killed the moment after.
"""

import os
import struct
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = "BENCH_MARKS"  # The environment variable with the file's path.
GATES = "BENCH_GATES"  # … with a folder; a held job goes on when it finds its number there.
HELD = 120  # seconds that a held job waits at most, so that nothing stays behind
SIZE = struct.calcsize("<qqq")


class Mark(NamedTuple):
    """A job's first line of code ran: when, by the machine's monotonic clock, and where."""

    nanoseconds: int
    pid: int
    number: int


def noop(number: int) -> None:
    """Mark that job `number` ran, and do nothing else."""
    os.write(_file(), struct.pack("<qqq", time.monotonic_ns(), os.getpid(), number))


def hold(number: int) -> None:
    """Mark that job `number` runs, and keep its process busy until it is let go."""
    noop(number)
    gate = Path(os.environ[GATES]) / str(number)
    end = time.monotonic() + HELD
    while not gate.exists() and time.monotonic() < end:
        time.sleep(0.01)


JOBS: Mapping[str, Callable[[int], None]] = {"noop": noop, "hold": hold}


@cache
def _file() -> int:
    return os.open(os.environ[FILE], os.O_CREAT | os.O_APPEND | os.O_WRONLY)


class Reader:
    """Follows a file of marks; `first` has when each job's first mark was made, by its number."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self._file = path.open("rb")
        self._rest = b""
        self.marks: list[Mark] = []
        self.first: dict[int, int] = {}

    def look(self) -> None:
        """Take in the marks that were made since."""
        data = self._rest + self._file.read()
        whole = len(data) - len(data) % SIZE
        self._rest = data[whole:]
        for values in struct.iter_unpack("<qqq", data[:whole]):
            mark = Mark(*values)
            self.marks.append(mark)
            self.first.setdefault(mark.number, mark.nanoseconds)

    def of(self, number: int) -> list[Mark]:
        """Return every mark of one job, as far as they are taken in."""
        return [mark for mark in self.marks if mark.number == number]

    def close(self) -> None:
        """Follow no longer."""
        self._file.close()
