"""Why a job does not run yet, and when it will: one answer from facts, and no look at anything.

The facts are gathered by `ledger.waiting`; how they are put into words is the console's.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.facts import Facts
from ledger.forecast import Busy, Typical, margin, starts_in
from ledger.queues import Pause
from ledger.record import Worker
from ledger.turns import Turns


class Reason(StrEnum):
    """What a job waits for. The first that holds is told: the others could not let it run."""

    NO_KIND = "no kind"  # for its kind to come back: nobody here knows it any more
    SCHEDULED = "scheduled"  # for the time that it was submitted for
    RETRY = "retry"  # for the time of its next attempt
    UNSENT = "unsent"  # for a worker's clock to send it: RabbitMQ did not take it at first
    SENDING = "sending"  # for RabbitMQ's word that it has the message, any moment
    REFUSED = "refused"  # for RabbitMQ to take it, which it has not for a while, though it answers
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
    reason = _reason(facts)
    moving = reason in MOVING and facts.processes > 0
    lacking = _lacking(facts) if moving else ()
    foreseeable = moving and not lacking and not facts.line.more
    return Outlook(
        reason=reason,
        at=facts.now,
        kind=facts.kind,
        queue=facts.queue,
        place=facts.line.before + 1 if facts.in_line else None,
        more=facts.line.more,
        listening=facts.listening,
        silent=facts.silent,
        draining=facts.draining,
        processes=facts.processes,
        busy=Counter(one.kind for one in facts.held),
        typical=facts.times_of(facts.kind).typical(facts.size),
        estimate=_estimate(facts) if foreseeable else None,
        lacking=lacking,
        pause=facts.pause,
        since=_since(facts, reason),
        until=facts.job.due_at if facts.job and facts.too_early else None,
        turns=facts.turns if facts.limited else None,
    )


def _reason(facts: Facts) -> Reason:
    job = facts.job
    if facts.gone:
        return Reason.NO_KIND
    if job is not None and facts.too_early:
        return Reason.RETRY if job.attempt else Reason.SCHEDULED
    if held_up := _held_up(facts):
        return held_up
    if facts.unsent:
        return Reason.REFUSED if facts.refused else Reason.SENDING
    free = facts.processes - len(facts.held)
    if free <= 0:
        return Reason.BUSY
    return Reason.LINE if facts.line.before >= free else Reason.NEXT


def _held_up(facts: Facts) -> Reason | None:
    if not facts.alive:
        # Nobody's clock sends anything now, nor sees whether RabbitMQ answers.
        tried = facts.unsent and not facts.limited
        return Reason.UNSENT if tried else _why_nobody_listens(facts)
    if facts.broker_silent_since is not None:
        return Reason.BROKER
    if facts.pause is not None:
        return Reason.PAUSED
    if not facts.listening:
        return _why_nobody_listens(facts)
    return Reason.OWN_LIMIT if facts.limited else None


def _why_nobody_listens(facts: Facts) -> Reason:
    if facts.draining:
        return Reason.DRAINING
    if any(facts.beats(one) for one in facts.taking):
        return Reason.STOPPING
    # One that was told to stop before its heart stopped has ended as it should.
    return Reason.SILENT if facts.silent else Reason.NO_WORKER


def _since(facts: Facts, reason: Reason) -> datetime | None:
    job = facts.job
    if reason is Reason.SILENT:
        return max(one.beat_at for one in facts.silent)
    if reason is Reason.BROKER:
        return facts.broker_silent_since
    if reason is Reason.PAUSED and facts.pause is not None:
        return facts.pause.at
    if job is None:
        return None
    return job.sent_at or job.ready_at


def _lacking(facts: Facts) -> tuple[str, ...]:
    before = {*facts.line.first, *(facts.line.beyond or {}), *(one.kind for one in facts.held)}
    if _free(facts) > len(facts.line.first):
        return ()  # Then it does not matter how long they take.
    return tuple(sorted(kind for kind in before if not facts.times_of(kind).runs))


def _free(facts: Facts) -> int:
    return max(0, facts.processes - len(facts.held))


def _estimate(facts: Facts) -> Estimate:
    busy = [
        Busy(facts.times_of(one.kind), facts.age(one), one.done)
        for one in facts.held[: facts.processes]
        if facts.times_of(one.kind).runs
    ]
    first = [facts.times_of(kind) for kind in facts.line.first]
    beyond = [(facts.times_of(kind), number) for kind, number in (facts.line.beyond or {}).items()]
    start = starts_in(_free(facts), busy, first, beyond)
    off = margin(start, facts.past)
    typical = facts.times_of(facts.kind).typical(facts.size)
    done = None if typical is None else start + typical.p90 + (off or 0.0)
    return Estimate(start, done, off, len(facts.past))
