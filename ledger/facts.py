"""What is known, at one moment, of a job that does not run yet and of those who could run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ledger.forecast import Checked, RunTimes
from ledger.queues import Pause
from ledger.record import Job, Worker
from ledger.turns import Turns

NO_RUNS = RunTimes(())
REFUSED_AFTER = 60.0  # seconds; what is unsent is sent again every few


@dataclass(frozen=True, slots=True)
class Running:
    """A job that runs now: its kind, the id of its worker's row, since when.

    `done` is what part of its work it says it has done, from 0 to 1, or None where it does not say.
    """

    kind: str
    worker: str
    started_at: datetime
    done: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """The jobs before ours: how many of its own queue, and what work there is before it.

    Its workers may take other queues too; what waits there is work before it as well. `first` are
    the kinds of the first jobs in order, `beyond` counts the kinds of those that follow, and
    `more` says that there are even more than were counted.
    """

    before: int
    first: Sequence[str] = ()
    beyond: Mapping[str, int] | None = None
    more: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything on which an outlook is built, as the ledger knows it at one moment.

    `job` is None for one that is not submitted yet; `size` is the bytes of the files it reads,
    None where nobody knows. `workers` are all that beat within the last day, the newest beat first.
    `gone` says that the kind is one that is no longer known. `turns` are the owner's where a limit
    matters for the job.
    """

    now: datetime
    kind: str
    queue: str
    heart_timeout: float
    job: Job | None = None
    size: int | None = None
    workers: Sequence[Worker] = ()
    running: Sequence[Running] = ()
    line: Line = Line(0)
    times: Mapping[str, RunTimes] | None = None
    past: Sequence[Checked] = ()
    pause: Pause | None = None
    broker_silent_since: datetime | None = None
    gone: bool = False
    turns: Turns | None = None

    @property
    def unsent(self) -> bool:
        """Whether RabbitMQ has not confirmed its message yet."""
        return self.job is not None and self.job.sent_at is None

    @property
    def refused(self) -> bool:
        """Whether RabbitMQ has had so long to confirm it that it may never do so.

        When a job was let go that its owner's limit had held back is not written down.
        """
        job = self.job
        if job is None or not self.unsent or job.turn is not None:
            return False
        return (self.now - job.ready_at).total_seconds() > REFUSED_AFTER

    @property
    def limited(self) -> bool:
        """Whether the owner's limit holds the job back, and not just until the clock looks."""
        return self.turns is not None and not self.turns.free

    @property
    def too_early(self) -> bool:
        """Whether the job's own time has not come."""
        job = self.job
        return job is not None and job.due_at is not None and job.due_at > self.now

    @property
    def in_line(self) -> bool:
        """Whether it has a place among those that wait for a process, or would get one."""
        return not (self.gone or self.limited or self.unsent or self.too_early)

    @property
    def alive(self) -> bool:
        """Whether any worker's heart beats, whatever it listens to."""
        return any(self.beats(one) for one in self.workers)

    @property
    def taking(self) -> tuple[Worker, ...]:
        """The workers of the job's queue, in whatever state they are."""
        return tuple(one for one in self.workers if self.queue in one.queues)

    @property
    def listening(self) -> tuple[Worker, ...]:
        """Those that take jobs of it now."""
        return tuple(
            one
            for one in self.taking
            if one.stopping_at is None and one.draining_at is None and self.beats(one)
        )

    @property
    def draining(self) -> tuple[Worker, ...]:
        """Those that somebody asked to take no more."""
        return tuple(
            one
            for one in self.taking
            if one.draining_at is not None and one.stopping_at is None and self.beats(one)
        )

    @property
    def silent(self) -> tuple[Worker, ...]:
        """Those that vanished without having been told to, unless their like is back."""
        here = {one.name for one in self.listening}
        return tuple(
            one
            for one in self.taking
            if one.stopping_at is None and not self.beats(one) and one.name not in here
        )

    @property
    def processes(self) -> int:
        """How many jobs those that listen run at a time."""
        return sum(one.concurrency for one in self.listening)

    @property
    def held(self) -> list[Running]:
        """What they run now."""
        ids = {one.id for one in self.listening}
        return [one for one in self.running if one.worker in ids]

    def times_of(self, kind: str) -> RunTimes:
        """Return how long jobs of a kind ran."""
        return (self.times or {}).get(kind, NO_RUNS)

    def age(self, running: Running) -> float:
        """Return for how many seconds a job has run."""
        return max(0.0, (self.now - running.started_at).total_seconds())

    def beats(self, worker: Worker) -> bool:
        """Return whether a worker's heart beats."""
        return self.now - worker.beat_at <= timedelta(seconds=self.heart_timeout)
