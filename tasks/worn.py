"""Processes that a new one had better replace, because of what jobs have left behind in them."""

import os
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from tasks.guard import look

MOST_THREADS: Final = 400  # those that jobs left behind stay for as long as their process lives
MOST_AT_REST: Final = 60 * 2**20  # bytes that a process shares with no other
REST: Final = 300.0  # seconds without work


class _Rest(NamedTuple):
    worked: float
    since: float


class Worn:
    """Tells which processes have too many threads, or rest and keep much memory.

    A new process loads again what its kinds need, so memory is given back only where nothing has
    run for a while: who comes back after a long time waits a moment longer.

    Args:
        clock: in seconds; a test's own may be handed in.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._resting: dict[int, _Rest] = {}

    def among(self, pids: Collection[int]) -> Iterator[tuple[int, str]]:
        """Yield each of these processes that shall make way, and why in words."""
        self._look_who_rests(pids)
        for pid in pids:
            rests = self._clock() - self._resting[pid].since > REST
            if (number := threads(pid)) > MOST_THREADS:
                yield pid, f"has {number} threads"
            elif rests and (kept := own(pid)) > MOST_AT_REST:
                yield pid, f"rests and keeps {kept / 2**20:.0f} MiB of memory"

    def _look_who_rests(self, pids: Collection[int]) -> None:
        """Note of each process since when it has not used the processor."""
        before, self._resting = self._resting, {}
        for pid in pids:
            known, now = before.get(pid), worked(pid)
            rests = known is not None and known.worked == now
            self._resting[pid] = known if known and rests else _Rest(now, self._clock())


def threads(pid: int) -> int:
    """Return how many threads a process has; 0 where it is gone or nobody tells."""
    with suppress(OSError):
        return len(os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208 - names, not paths
    return 0


def worked(pid: int) -> float:
    """Return for how many seconds a process has used the processor; 0 as above."""
    seen = look(pid)
    return seen.worked / os.sysconf("SC_CLK_TCK") if seen else 0


def share(pid: int) -> int:
    """Return a process's share of the memory in bytes; 0 as above.

    What processes share is divided among them, for children share most of what they were born
    with: their whole sizes would count it again and again.
    """
    return _memory(pid, "Pss:")


def own(pid: int) -> int:
    """Return the bytes of memory that a process shares with no other; 0 as above."""
    return _memory(pid, "Private_")


def _memory(pid: int, name: str) -> int:
    with suppress(OSError):
        told = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return sum(int(line.split()[1]) * 1024 for line in told if line.startswith(name))
    return 0
