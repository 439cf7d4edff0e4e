"""When a process becomes free, foreseen from how long runs take: arithmetic, and nothing else.

Processes and queue are played through: each running job goes on at its own pace, where it tells its
progress, else for as long as one of the earlier runs of its kind that lasted at least as long; each
job before ours takes as long as one of them. The middle of many such plays is the estimate. Behind
a long line the plays differ little, and the sum of the work divided by the processes says the same
in no time.
"""

import heapq
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from statistics import median
from typing import Final, NamedTuple

PLAYS: Final = 101  # an odd number has a middle
LONGEST_PLAY: Final = 24  # jobs in line that are played one by one
STILL_UNKNOWN: Final = 0.25  # of its age, that a run takes which is longer than any known
TELLING: Final = 0.05  # of its work done, from which a job's own pace tells more than its kind's
SETTLED_AFTER: Final = 2.0  # seconds of age, likewise
FEW: Final = 5  # runs of a like size from which they alone count
USUALLY: Final = 0.8  # of all estimates, are as right as is said
ENOUGH: Final = 20  # checked estimates from which that is said at all


class Run(NamedTuple):
    """One earlier run: how long it took, how many bytes it read, whether it succeeded."""

    seconds: float
    size: int
    succeeded: bool


@dataclass(frozen=True)
class Typical:
    """How long a kind takes, in seconds; `alike` says that only runs of a like size count."""

    median: float
    p90: float
    runs: int
    alike: bool


@dataclass(frozen=True)
class RunTimes:
    """How long the newest runs of one kind took."""

    runs: tuple[Run, ...]

    def typical(self, size: int | None) -> Typical | None:
        """Return what is usual of runs that succeeded, or None where there is none.

        Args:
            size: the bytes of the files that the job reads, or None where nobody knows yet.
        """
        well = [run for run in self.runs if run.succeeded]
        alike = [run for run in well if size is not None and like(run.size, size)]
        # Where all of them are alike, it says nothing.
        told = FEW <= len(alike) < len(well)
        seconds = sorted(run.seconds for run in (alike if told else well))
        if not seconds:
            return None
        return Typical(median(seconds), quantile(seconds, 0.9), len(seconds), told)

    @cached_property
    def _seconds(self) -> list[float]:
        return sorted(run.seconds for run in self.runs)

    @cached_property
    def mean(self) -> float:
        """How long a run holds its process, on average, however it ended."""
        return math.fsum(self._seconds) / len(self._seconds)

    @cached_property
    def mean_left(self) -> float:
        """How long a run that somebody finds running goes on, on average."""
        whole = math.fsum(self._seconds)
        return math.fsum(one * one for one in self._seconds) / (2 * whole) if whole else 0.0

    def left(self, age: float, chance: float) -> float:
        """Return how many seconds a run of that age goes on, `chance` of them from 0 to 1."""
        first = bisect_right(self._seconds, age) if age else 0
        longer = len(self._seconds) - first
        if not longer:
            return STILL_UNKNOWN * age
        return self._seconds[first + min(int(chance * longer), longer - 1)] - age


@dataclass(frozen=True)
class Busy:
    """A process that runs a job, of a kind that takes so long, for `age` seconds by now.

    `done` is what part of its work the job says it has done, from 0 to 1, or None.
    """

    times: RunTimes
    age: float
    done: float | None = None

    def left(self, chance: float) -> float:
        """Return how many seconds it goes on: as its own pace tells, else as its kind's runs do."""
        if self.done is not None and self.done >= TELLING and self.age >= SETTLED_AFTER:
            return self.age * (1 - min(1.0, self.done)) / self.done
        return self.times.left(self.age, chance)

    @property
    def mean_left(self) -> float:
        """How many seconds it goes on, on average."""
        return math.fsum(self.left((at + 0.5) / 16) for at in range(16)) / 16


def like(size: int, other: int) -> bool:
    """Return whether two sizes are alike: neither is more than twice the other."""
    return size <= 2 * other and other <= 2 * size


def quantile(ordered: Sequence[float], part: float) -> float:
    """Return the value that this part of them does not pass; they are in order, and not none."""
    return ordered[max(0, math.ceil(part * len(ordered)) - 1)]


def starts_in(
    free: int,
    busy: Sequence[Busy],
    line: Sequence[RunTimes],
    beyond: Sequence[tuple[RunTimes, int]],
) -> float:
    """Return the seconds until a process takes the job behind a line.

    Args:
        free: processes that run nothing.
        busy: those that run something.
        line: the kinds of the first jobs in the line, in order.
        beyond: which kinds follow them, each with the number of its jobs.

    Raises:
        ValueError: there is no process at all.
    """
    if not free and not busy:
        raise ValueError("Without a process nothing ever starts.")
    if beyond or len(line) > LONGEST_PLAY:
        return _by_work(free, busy, line, beyond)
    if free > len(line):
        return 0.0
    chances = Random(0)  # noqa: S311 - the same facts are to give the same answer
    return median(_play(free, busy, line, chances) for _ in range(PLAYS))


def _play(free: int, busy: Sequence[Busy], line: Sequence[RunTimes], chances: Random) -> float:
    ends = [0.0] * free + [one.left(chances.random()) for one in busy]
    heapq.heapify(ends)
    for times in line:
        heapq.heapreplace(ends, ends[0] + times.left(0, chances.random()))
    return ends[0]


def _by_work(
    free: int,
    busy: Sequence[Busy],
    line: Sequence[RunTimes],
    beyond: Sequence[tuple[RunTimes, int]],
) -> float:
    """Divide the work by the processes; less what the others still have to do when ours starts."""
    processes = free + len(busy)
    in_line = left = 0.0
    for times, number in (*((one, 1) for one in line), *beyond):
        in_line += number * times.mean
        left += number * times.mean * times.mean_left
    work = in_line + math.fsum(one.mean_left for one in busy)
    others = (processes - 1) * left / in_line if in_line else 0.0
    return max(0.0, (work - others) / processes)


@dataclass(frozen=True, slots=True)
class Checked:
    """An estimate of the past: the seconds that were foreseen, and those that it came to be."""

    foreseen: float
    waited: float


def margin(foreseen: float, past: Sequence[Checked]) -> float | None:
    """Return the seconds by which an estimate is usually wrong at the most.

    It is earned: USUALLY of the past estimates over a like time were no farther off. Where those
    are too few, the errors of all are taken in proportion to their times. None where there are not
    ENOUGH of any.
    """
    alike = [
        abs(one.waited - one.foreseen)
        for one in past
        if 0.5 <= (one.foreseen + _AT_ONCE) / (foreseen + _AT_ONCE) <= 2  # noqa: PLR2004 - half, double
    ]
    if len(alike) < ENOUGH:
        alike = [
            abs(one.waited - one.foreseen) * (foreseen + _AT_ONCE) / (one.foreseen + _AT_ONCE)
            for one in past
        ]
    if len(alike) < ENOUGH:
        return None
    # One more than there are: the next error may be the largest of all.
    place = math.ceil(USUALLY * (len(alike) + 1))
    return rounded_up(sorted(alike)[min(place, len(alike)) - 1])


_AT_ONCE: Final = 2.0  # seconds; below, times are alike whatever their proportion


def rounded_up(seconds: float) -> float:
    """Return a margin as a person says it: 1, 2, 5, 10, 15, 20 or 30 seconds, minutes, hours."""
    for unit in (1, 60, 3600):
        for step in (1, 2, 3, 5, 10, 15, 20, 30):
            if seconds <= step * unit:
                return float(step * unit)
    return float(math.ceil(seconds / 86_400) * 86_400)
