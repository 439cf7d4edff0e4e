"""Why a job does not run yet, and when it will: one answer from facts, and no look at anything.

The facts are gathered by `ledger.waiting`; how they are put into words is the console's.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ledger.forecast import Busy, Checked, RunTimes, Typical, margin, starts_in
from ledger.queues import Pause
from ledger.record import Job, Worker
from ledger.turns import Turns

NO_RUNS = RunTimes(())


class Reason(StrEnum):
    """What a job waits for. The first that holds is told: the others could not let it run."""

    NO_KIND = "no kind"  # for its kind to come back: nobody here knows it any more
    SCHEDULED = "scheduled"  # for the time that it was submitted for
    RETRY = "retry"  # for the time of its next attempt
    UNSENT = "unsent"  # for a worker's clock to send it: RabbitMQ did not take it at first
    SENDING = "sending"  # for RabbitMQ's word that it has the message, any moment
    NO_WORKER = "no worker"  # for somebody to start one: nobody has listened to its queue lately
    SILENT = "silent"  # for a worker whose heart has stopped
    STOPPING = "stopping"  # for a new worker: those that listened were told to stop
    DRAINING = "draining"  # for a worker that takes jobs: somebody asked those to take no more
    BROKER = "broker"  # for RabbitMQ, which does not answer
    PAUSED = "paused"  # for its queue to be resumed
    OWN_LIMIT = (
        "own limit"  # for another of its owner's jobs to settle: so many may be on their way
    )
    BUSY = "busy"  # for a process: all of them run something
    LINE = "line"  # for those before it, to whom the free processes go
    NEXT = "next"  # for nothing: a process is free


MOVING = frozenset({Reason.SENDING, Reason.BUSY, Reason.LINE, Reason.NEXT})


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


@dataclass(frozen=True, slots=True)
class Estimate:
    """When a job starts and by when it is done, in seconds from now.

    `margin` is by how much such an estimate of the start is usually wrong at the most, earned from
    `checked` past ones; None where they are too few. `done_in` is None where no run of the kind
    has succeeded yet.
    """

    starts_in: float
    done_in: float | None
    margin: float | None
    checked: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """Why a job does not run yet, and what is to be expected.

    `place` is 1 for the next one, and None while the job is in no line. `until` is the
    time that is waited for, `since` when what holds it began. `listening` are the workers that
    take jobs of its queue, `processes` how many jobs these run at a time, `busy` how many of which
    kinds they run now. `lacking` are the kinds before it, or running, of which no run is known.
    `turns` are those of an owner whose limit holds it back.
    """

    reason: Reason
    at: datetime
    kind: str
    queue: str
    place: int | None
    more: bool
    listening: tuple[Worker, ...]
    silent: tuple[Worker, ...]
    draining: tuple[Worker, ...]
    processes: int
    busy: Mapping[str, int]
    typical: Typical | None
    estimate: Estimate | None
    lacking: tuple[str, ...] = ()
    pause: Pause | None = None
    since: datetime | None = None
    until: datetime | None = None
    turns: Turns | None = None

    @property
    def held_up(self) -> bool:
        """Whether it waits for something that has to be put right, or for a time."""
        return self.reason not in MOVING


def outlook(facts: Facts) -> Outlook:
    """Answer from facts alone."""
    listening, silent = _listening(facts), _silent(facts)
    held = _held_by(facts, listening)
    reason = _reason(facts, listening, len(held))
    moving = reason in MOVING and _processes(listening) > 0
    lacking = _lacking(facts, held) if moving else ()
    foreseeable = moving and not lacking and not facts.line.more
    return Outlook(
        reason=reason,
        at=facts.now,
        kind=facts.kind,
        queue=facts.queue,
        place=_place(facts),
        more=facts.line.more,
        listening=listening,
        silent=silent,
        draining=tuple(one for one in facts.workers if _drains(facts, one)),
        processes=_processes(listening),
        busy=Counter(one.kind for one in held),
        typical=_times(facts, facts.kind).typical(facts.size),
        estimate=_estimate(facts, listening, held) if foreseeable else None,
        lacking=lacking,
        pause=facts.pause,
        since=_since(facts, reason, silent),
        until=facts.job.due_at if facts.job and _too_early(facts) else None,
        turns=facts.turns if _limited(facts) else None,
    )


def _reason(facts: Facts, listening: Sequence[Worker], held: int) -> Reason:
    job = facts.job
    if facts.gone:
        return Reason.NO_KIND
    if job is not None and _too_early(facts):
        return Reason.RETRY if job.attempt else Reason.SCHEDULED
    if held_up := _held_up(facts, listening):
        return held_up
    if _unsent(facts):
        return Reason.SENDING
    free = _processes(listening) - held
    if free <= 0:
        return Reason.BUSY
    return Reason.LINE if facts.line.before >= free else Reason.NEXT


def _held_up(facts: Facts, listening: Sequence[Worker]) -> Reason | None:
    if not any(_beats(facts, one) for one in facts.workers):
        # Nobody's clock sends anything now, nor sees whether RabbitMQ answers.
        tried = _unsent(facts) and not _limited(facts)
        return Reason.UNSENT if tried else _why_nobody_listens(facts)
    if facts.broker_silent_since is not None:
        return Reason.BROKER
    if facts.pause is not None:
        return Reason.PAUSED
    if not listening:
        return _why_nobody_listens(facts)
    return Reason.OWN_LIMIT if _limited(facts) else None


def _why_nobody_listens(facts: Facts) -> Reason:
    taking = [one for one in facts.workers if facts.queue in one.queues]
    if any(_drains(facts, one) for one in taking):
        return Reason.DRAINING
    if any(_beats(facts, one) for one in taking):
        return Reason.STOPPING
    # One that was told to stop before its heart stopped has ended as it should.
    return Reason.SILENT if _silent(facts) else Reason.NO_WORKER


def _unsent(facts: Facts) -> bool:
    return facts.job is not None and facts.job.sent_at is None


def _limited(facts: Facts) -> bool:
    """Return whether the owner's limit holds the job back, and not just until the clock looks."""
    return facts.turns is not None and not facts.turns.free


def _too_early(facts: Facts) -> bool:
    job = facts.job
    return job is not None and job.due_at is not None and job.due_at > facts.now


def _beats(facts: Facts, worker: Worker) -> bool:
    return facts.now - worker.beat_at <= timedelta(seconds=facts.heart_timeout)


def _listening(facts: Facts) -> tuple[Worker, ...]:
    return tuple(
        one
        for one in facts.workers
        if facts.queue in one.queues
        and one.stopping_at is None
        and one.draining_at is None
        and _beats(facts, one)
    )


def _drains(facts: Facts, worker: Worker) -> bool:
    here = facts.queue in worker.queues and _beats(facts, worker)
    return here and worker.draining_at is not None and worker.stopping_at is None


def _silent(facts: Facts) -> tuple[Worker, ...]:
    """Return workers that vanished without having been told to, unless their like is back."""
    here = {one.name for one in _listening(facts)}
    return tuple(
        one
        for one in facts.workers
        if facts.queue in one.queues
        and one.stopping_at is None
        and not _beats(facts, one)
        and one.name not in here
    )


def _processes(listening: Sequence[Worker]) -> int:
    return sum(one.concurrency for one in listening)


def _held_by(facts: Facts, listening: Sequence[Worker]) -> list[Running]:
    ids = {one.id for one in listening}
    return [one for one in facts.running if one.worker in ids]


def _place(facts: Facts) -> int | None:
    job = facts.job
    if (
        facts.gone
        or _limited(facts)
        or (job is not None and (job.sent_at is None or _too_early(facts)))
    ):
        return None
    return facts.line.before + 1


def _since(facts: Facts, reason: Reason, silent: Sequence[Worker]) -> datetime | None:
    job = facts.job
    if reason is Reason.SILENT:
        return max(one.beat_at for one in silent)
    if reason is Reason.BROKER:
        return facts.broker_silent_since
    if reason is Reason.PAUSED and facts.pause is not None:
        return facts.pause.at
    if job is None:
        return None
    return job.sent_at or max(job.submitted_at, job.due_at or job.submitted_at)


def _times(facts: Facts, kind: str) -> RunTimes:
    return (facts.times or {}).get(kind, NO_RUNS)


def _lacking(facts: Facts, held: Sequence[Running]) -> tuple[str, ...]:
    before = {*facts.line.first, *(facts.line.beyond or {}), *(one.kind for one in held)}
    if _free(facts, held) > len(facts.line.first):
        return ()  # Then it does not matter how long they take.
    return tuple(sorted(kind for kind in before if not _times(facts, kind).runs))


def _free(facts: Facts, held: Sequence[Running]) -> int:
    return max(0, _processes(_listening(facts)) - len(held))


def _age(facts: Facts, running: Running) -> float:
    return max(0.0, (facts.now - running.started_at).total_seconds())


def _estimate(facts: Facts, listening: Sequence[Worker], held: Sequence[Running]) -> Estimate:
    busy = [
        Busy(_times(facts, one.kind), _age(facts, one), one.done)
        for one in held[: _processes(listening)]
        if _times(facts, one.kind).runs
    ]
    first = [_times(facts, kind) for kind in facts.line.first]
    beyond = [(_times(facts, kind), number) for kind, number in (facts.line.beyond or {}).items()]
    start = starts_in(_free(facts, held), busy, first, beyond)
    off = margin(start, facts.past)
    typical = _times(facts, facts.kind).typical(facts.size)
    done = None if typical is None else start + typical.p90 + (off or 0.0)
    return Estimate(start, done, off, len(facts.past))
