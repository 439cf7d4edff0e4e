"""What the API says of waiting: why a job does not run yet, and when it will."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from ledger import record
from ledger.outlook import Outlook, Reason
from tasks import kind as kinds
from webapp.shapes import Job, Shape
from webapp.waiting_words import Said


class OutlookQuery(BaseModel):
    """For what an outlook is asked: the query of a GET. `size` is the bytes of all files."""

    model_config = ConfigDict(extra="forbid")

    size: int | None = Field(None, ge=0)


class Typical(Shape):
    """How long the kind takes, in seconds; of like sizes only, where it says so."""

    median: float
    p90: float
    runs: int
    similar_size: bool


class Estimate(Shape):
    """When it starts and by when it is done; `within` seconds are usually not exceeded.

    `within` comes from `checked` earlier estimates, and is null where they are too few.
    """

    starts_at: datetime
    done_by: datetime | None
    within: float | None
    checked: int


class Pause(Shape):
    """Who paused the queue, when and why."""

    by: str
    at: datetime
    why: str


class Limit(Shape):
    """How many jobs `owner` may have in line or under way, and has; `before` go before this one."""

    owner: str
    jobs: int
    taken: int
    before: int


class Waiting(Shape):
    """Why it does not run yet: `reason` for programs, `why` and `repair` for people.

    `place` is 1 for the next one in line, and null while RabbitMQ does not have the job;
    `at_least` says that there are more before it than were counted. `since` is when what holds it
    began, `until` is the time that is waited for. `limit` is set where the owner's holds it back.
    """

    reason: Reason
    why: str
    repair: str | None
    queue: str
    place: int | None
    at_least: bool
    workers: list[str]
    processes: int
    running: dict[str, int]
    since: datetime | None
    until: datetime | None
    paused: Pause | None
    limit: Limit | None
    typical: Typical | None
    estimate: Estimate | None

    @classmethod
    def of(cls, seen: Outlook, words: Said) -> Self:
        """Return an outlook, with what pages say of it."""
        typical, pause, turns = seen.typical, seen.pause, seen.turns
        return cls(
            reason=seen.reason,
            why=words.why.striptags(),
            repair=words.repair.striptags() or None,
            queue=seen.queue,
            place=seen.place,
            at_least=seen.more,
            workers=sorted(one.name for one in seen.listening),
            processes=seen.processes,
            running=dict(seen.busy),
            since=seen.since,
            until=seen.until,
            paused=pause and Pause(by=pause.by, at=pause.at, why=pause.why),
            limit=turns
            and Limit(owner=turns.owner, jobs=turns.limit, taken=turns.taken, before=turns.before),
            typical=typical
            and Typical(
                median=typical.median,
                p90=typical.p90,
                runs=typical.runs,
                similar_size=typical.alike,
            ),
            estimate=_estimate(seen),
        )


def _estimate(seen: Outlook) -> Estimate | None:
    found = seen.estimate
    if found is None:
        return None
    done = found.done_in
    return Estimate(
        starts_at=seen.at + timedelta(seconds=found.starts_in),
        done_by=None if done is None else seen.at + timedelta(seconds=done),
        within=found.margin,
        checked=found.checked,
    )


class JobInFull(Job):
    """A job as it stands, and where it waits, why."""

    waiting: Waiting | None

    @classmethod
    def with_outlook(
        cls, job: record.Job, kind: kinds.Kind | None, waiting: Waiting | None
    ) -> Self:
        """Return a job of the ledger, of that kind, with why it waits."""
        return cls(waiting=waiting, **dict(Job.of(job, kind)))
