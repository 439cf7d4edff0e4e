"""How many jobs of a queue a worker asks for ahead: some, while each is done in no time; else none.

A process that has to ask RabbitMQ for its next job waits for the answer longer than a short job
takes. But a job that was fetched ahead waits for this worker, though another one may be free. So
a worker fetches ahead no more than its processes do in AHEAD_FOR, and gives back what waits as
soon as one job of the queue turns out to be long.

Every time is in seconds since 1970, as `time.time` tells it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

DEPTHS: Final = (64, 16, 4)  # jobs that each process holds, the one that runs included
AHEAD_FOR: Final = 0.1  # seconds
LONG: Final = 0.2  # seconds; a job that takes this long lets no other wait behind it
CALM: Final = 10.0  # seconds without fetching ahead, after such a job
ENOUGH: Final = 10  # jobs between two looks


class Run(NamedTuple):
    """A job that runs: its queue, and since when."""

    queue: str
    began: float


@dataclass(slots=True)
class _Seen:
    """What ended of a queue since the last look."""

    jobs: int = 0
    seconds: float = 0
    longest: float = 0

    def add(self, seconds: float) -> None:
        self.jobs += 1
        self.seconds += seconds
        self.longest = max(self.longest, seconds)


class Pace:
    """How quickly the jobs of each queue end in this worker; for its main thread alone.

    Args:
        ahead_for: seconds of work that a process holds at the most, if jobs go on as before.
        enough: jobs between two looks, from which a queue counts as busy.
    """

    def __init__(self, ahead_for: float = AHEAD_FOR, enough: int = ENOUGH) -> None:
        self._ahead_for = ahead_for
        self._enough = enough
        self._seen: defaultdict[str, _Seen] = defaultdict(_Seen)
        self._depths: dict[str, int] = {}
        self._calm_until: dict[str, float] = {}
        #: Called when so many jobs have ended that a look is worth while before its time.
        self.on_enough: Callable[[], object] = lambda: None

    def ended(self, run: Run, now: float) -> None:
        """Note that a job has ended."""
        seen = self._seen[run.queue]
        seen.add(max(0.0, now - run.began))
        if seen.jobs == self._enough and self._depths.get(run.queue) == 1:
            self.on_enough()

    def look(self, queues: Collection[str], running: Iterable[Run], now: float) -> dict[str, int]:
        """Return how many jobs of each queue to hold for each process; at least 1.

        It judges by what has ended since the last look, and by what runs.
        """
        seen, self._seen = self._seen, defaultdict(_Seen)
        for run in running:
            seen[run.queue].longest = max(seen[run.queue].longest, now - run.began)
        self._depths = {queue: self._depth(queue, seen[queue], now) for queue in queues}
        return self._depths

    def at_hand(self, running: Iterable[Run]) -> int:
        """Return how many jobs to give each process, by the last look; at least 1.

        Half of those that it holds, if all that runs is of queues that are fetched ahead.
        """
        ahead = [depth for depth in self._depths.values() if depth > 1]
        short = all(self._depths.get(run.queue, 1) > 1 for run in running)
        return min(ahead) // 2 if ahead and short else 1

    def is_calm(self, queue: str, now: float) -> bool:
        """Return whether a long job was seen of the queue, so that none shall wait behind it."""
        return now < self._calm_until.get(queue, 0)

    def _depth(self, queue: str, seen: _Seen, now: float) -> int:
        if seen.longest >= LONG:
            self._calm_until[queue] = now + CALM
        if not seen.jobs or self.is_calm(queue, now):
            return 1
        each, before = seen.seconds / seen.jobs, self._depths.get(queue, 1)
        fits = next((depth for depth in DEPTHS if depth * each <= self._ahead_for), 1)
        if fits > before:
            return fits if seen.jobs >= self._enough else before
        # A change costs new consumers, so it takes more than a little.
        return before if before * each <= 2 * self._ahead_for else fits
