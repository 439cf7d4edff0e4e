"""What a worker's clock has its main process do, and what the main process says has come of it."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ledger.record import Vitals, Wishes


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the main process is: the queues it listens to, and its children.

    `outdated` are those of its processes that are still to make way for new ones.
    """

    listening: frozenset[str] = frozenset()
    processes: int = 0
    outdated: int = 0
    pids: tuple[int, ...] = ()


class Orders:
    """The whole of what is wished, and the whole of what is so; each thread replaces its own.

    Nothing is queued and nothing can be missed: the main process compares the two again and
    again, and so it also does what was wished while it sought its connection.
    """

    def __init__(self) -> None:
        #: Written by the clock.
        self.wishes = Wishes()
        #: Written by the main process.
        self.standing = Standing()


def vitals(standing: Standing) -> Vitals:
    """Return what a worker says of itself; to ask for the memory takes some milliseconds."""
    return Vitals(
        listening=tuple(sorted(standing.listening)),
        processes=standing.processes,
        outdated=standing.outdated,
        load=os.getloadavg()[0],
        cores=os.cpu_count() or 1,
        memory=sum(memory(pid) for pid in (os.getpid(), *standing.pids)),
    )


def memory(pid: int) -> int:
    """Return a process's share of the memory in bytes; 0 where it is gone or nobody tells.

    What processes share is divided among them, for children share most of what they were born
    with: their whole sizes would count it again and again.
    """
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0
