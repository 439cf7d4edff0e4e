"""One system's turn in a round: each thing measured once, from empty queues to empty queues."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from itertools import count

from bench.peers.asking import Asking, Failed
from bench.peers.environments import programs
from bench.peers.marks import Reader
from bench.peers.services import Place, Servers
from bench.peers.systems import System
from bench.peers.workers import Workers

WARM_UP = 20  # jobs
MANY = 10_000  # jobs submitted at once, where a system has a way for it
START_SECONDS = 60
LOOK_EVERY = 0.01  # seconds between two looks for a held job's second run
DRAIN_LOOK_EVERY = 0.05  # … between two looks at how many jobs are done


@dataclass(frozen=True)
class Plan:
    """How much is measured in a turn.

    Args:
        jobs: that are accepted one by one, then drained.
        singles: submitted to idle workers.
        kills: held jobs whose process is killed.
        patience: seconds until a killed job counts as not run again.
        drain: seconds that a drain is looked at; what is left then is thrown away.
    """

    jobs: int
    singles: int
    kills: int
    patience: float
    drain: float


@dataclass(frozen=True)
class Figures:
    """What a turn measured.

    Rates are jobs per second. `cpu` is the milliseconds of processor time that the workers use for
    a job while they drain, None where that was over too soon to tell. `idle` is in milliseconds
    from submit to first line of code, one for each job; `memory` in MiB; `again` in seconds from
    the kill of a job's process to its next run, one for each kill, and None where it did not run
    again in time. `many` is None where the system has no way of its own to take many jobs at once.
    """

    accepts: float
    drains: float
    cpu: float | None
    memory: float
    idle: list[float]
    again: list[float | None]
    many: float | None


class Turn:
    """Measures one system in a place of its own.

    Raises, from any of its methods:
        Failed: the system did not do what is measured.
    """

    def __init__(
        self, system: System, place: Place, client: Asking, marks: Reader, plan: Plan
    ) -> None:
        self._system = system
        self._place = place
        self._client = client
        self._plan = plan
        self._marks = marks
        self._numbers = count()

    def run(self) -> Figures:
        """Measure everything: first with workers and no queue, then a queue and no workers."""
        takes_many = self._client.ask("prepare")
        with self._workers() as workers:
            self._client.ask("idle", self._next(WARM_UP), WARM_UP)
            idle = self._client.ask("idle", self._next(self._plan.singles), self._plan.singles)
            memory = workers.memory()
            again = self._kills(workers)
            workers.stop()
        accepts, drains, cpu = self._fill_and_drain()
        many = (
            MANY / self._client.ask("accept_many", self._next(MANY), MANY) if takes_many else None
        )
        return Figures(accepts, drains, cpu, memory, idle, again, many)

    def _next(self, jobs: int) -> int:
        """Return the first of so many numbers that no job has had."""
        first = next(self._numbers)
        for _ in range(jobs - 1):
            next(self._numbers)
        return first

    def _workers(self) -> Workers:
        return Workers(
            self._system.workers,
            self._place.environment,
            programs(self._system.environment),
            self._place.folder,
        )

    def _kills(self, workers: Workers) -> list[float | None]:
        again: list[float | None] = []
        for _ in range(self._plan.kills):
            again.append(self._kill(workers))
            if again[-1] is None:
                break  # To wait as long once more would bring nothing.
        return again

    def _kill(self, workers: Workers) -> float | None:
        """Kill the process of a running job; return the seconds until it runs again."""
        number = self._next(1)
        self._client.ask("hold", number)

        def runs(times: int) -> bool:
            self._marks.look()
            workers.keep()
            return len(self._marks.of(number)) >= times

        if not _wait(lambda: runs(1), START_SECONDS, LOOK_EVERY):
            raise Failed(f"a job did not begin within {START_SECONDS} s")
        killed = time.monotonic_ns()
        os.kill(self._marks.of(number)[0].pid, signal.SIGKILL)
        came_back = _wait(lambda: runs(2), self._plan.patience, LOOK_EVERY)
        self._place.let_go(number)
        if not came_back:
            return None
        self._rest()
        return (self._marks.of(number)[1].nanoseconds - killed) / 1e9

    def _rest(self) -> None:
        """Have a single job run after a kill: then the system has put itself in order."""
        self._client.ask("idle", self._next(1), 1)

    def _fill_and_drain(self) -> tuple[float, float, float | None]:
        """Return how many jobs are accepted and drained in a second, and the latters' `cpu`.

        A tenth of the jobs warms each of the two up. The workers start when the queue is full.
        """
        warm, measured = self._plan.jobs // 10, self._plan.jobs - self._plan.jobs // 10
        first = self._next(self._plan.jobs)
        self._client.ask("accept", first, warm)
        accepts = measured / self._client.ask("accept", first + warm, measured)
        with self._workers() as workers:
            drained = self._drain(workers, range(first, first + self._plan.jobs), warm)
        return accepts, *drained

    def _drain(self, workers: Workers, numbers: range, warm: int) -> tuple[float, float | None]:
        began: list[int] = []
        used: list[tuple[float, int]] = []

        def drained() -> bool:
            self._marks.look()
            workers.keep()
            began[:] = sorted(when for n, when in self._marks.first.items() if n in numbers)
            if began:
                used.append((workers.processor_seconds(), len(began)))
            enough = len(began) > warm and began[-1] - began[warm] > self._plan.drain * 1e9
            return enough or len(began) == len(numbers)

        limit = START_SECONDS + self._plan.drain
        if not _wait(drained, limit, DRAIN_LOOK_EVERY):
            raise Failed(f"{len(began)} of {len(numbers)} jobs ran within {limit:g} s")
        (before, first), (after, last) = used[0], used[-1]
        cpu = 1000 * (after - before) / (last - first) if last - first > warm else None
        return (len(began) - 1 - warm) / (began[-1] - began[warm]) * 1e9, cpu


def measure(system: System, servers: Servers, plan: Plan) -> Figures:
    """Run one turn.

    Raises:
        Failed: the system did not do what is measured.
        NotInstalled: its environment can't be made.
    """
    where = programs(system.environment)
    with (
        servers.place(system) as place,
        closing(Reader(place.marks)) as marks,
        Asking(system.module, place.environment, where, place.folder) as client,
    ):
        return Turn(system, place, client, marks, plan).run()


def _wait(look: Callable[[], bool], seconds: float, every: float) -> bool:
    """Return whether `look` came true in time."""
    end = time.monotonic() + seconds
    while not look():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
