"""What a worker's clock has its main process do, and what the main process says has come of it."""

import os
from dataclasses import dataclass

from ledger.record import Vitals, Wishes
from tasks.worn import share


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
        memory=sum(share(pid) for pid in (os.getpid(), *standing.pids)),
    )
