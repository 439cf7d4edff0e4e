"""Counting the jobs that ended in one hour: how they ended, how long they waited and ran."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    String,
    cast,
    func,
    select,
    type_coerce,
)

from ledger.durations import DIGITS, NONE, Durations, total
from ledger.record import SETTLED, State
from ledger.schema import jobs

ALL: Final = ""  # stands for all kinds together
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """What ended in one hour of a kind, or of all; `runs` are those of jobs that succeeded.

    `waits` are of jobs that ran once: from their submission to their start.
    """

    kind: str
    begins_at: datetime
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    waits: Durations = NONE
    runs: Durations = NONE

    @property
    def ended(self) -> int:
        """How many jobs came to any end."""
        return self.succeeded + self.failed + self.cancelled


def hour_of(at: datetime) -> datetime:
    """Return the beginning of an hour, which is the same hour in UTC for everybody."""
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def kinds(connection: Connection) -> list[str]:
    """Return the kinds that any job ended of, by a step through the index for each of them."""
    ended = jobs.c.finished_at.is_not(None)
    found: list[str] = []
    after = select(func.min(jobs.c.kind)).where(ended)
    while kind := connection.scalar(after.where(jobs.c.kind > found[-1]) if found else after):
        found.append(kind)
    return found


def oldest(connection: Connection, now: datetime) -> datetime:
    """Return the hour of the first end that is still known, or the hour under way."""
    first = select(func.min(jobs.c.finished_at)).where(jobs.c.finished_at.is_not(None))
    ends = [connection.scalar(first.where(jobs.c.kind == kind)) for kind in kinds(connection)]
    return hour_of(min((end for end in ends if end is not None), default=now))


def ended_in(
    kinds: Collection[str], since: datetime, until: datetime | None
) -> ColumnElement[bool]:
    """Return the condition of jobs that ended in a time, in the words of their index."""
    ended = jobs.c.finished_at.is_not(None) & jobs.c.kind.in_(kinds)
    ended &= jobs.c.finished_at >= since
    return ended if until is None else ended & (jobs.c.finished_at < until)


def more_than(
    connection: Connection, kinds: Collection[str], begins_at: datetime, most: int
) -> bool:
    """Return whether more jobs than that ended since then, without a look at them all."""
    some = select(jobs.c.kind).where(ended_in(kinds, begins_at, None)).limit(most + 1).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) > most


def tally(connection: Connection, kinds: Collection[str], begins_at: datetime) -> list[Hour]:
    """Count one hour of each of these kinds that any job ended of in it."""
    within = ended_in(kinds, begins_at, begins_at + HOUR)
    ran = _by_length(within, jobs.c.finished_at, jobs.c.started_at)
    once = within & (jobs.c.attempt == 1)
    waited = list(connection.execute(_by_length(once, jobs.c.started_at, jobs.c.submitted_at)))
    found = list(connection.execute(ran))
    ends = {
        (kind, state): sum(row.number for row in found if row[:2] == (kind, state))
        for kind, state in {row[:2] for row in found}
    }
    return [
        Hour(
            kind,
            begins_at,
            succeeded=ends.get((kind, State.SUCCESS), 0),
            failed=ends.get((kind, State.FAILURE), 0),
            cancelled=ends.get((kind, State.REVOKED), 0),
            waits=Durations.cut(_lengths(waited, kind, SETTLED)),
            runs=Durations.cut(_lengths(found, kind, {State.SUCCESS})),
        )
        for kind in sorted({row.kind for row in found})
    ]


def _lengths(
    rows: list[Any], kind: str, states: Collection[State]
) -> Iterator[tuple[int, str, int]]:
    for row in rows:
        if row.kind == kind and row.state in states and row.digits is not None:
            yield row.digits, row.leading, row.number


def _by_length(
    condition: ColumnElement[bool], end: ColumnElement[datetime], start: ColumnElement[datetime]
) -> Select[Any]:
    """Return the numbers of jobs by kind, state and the leading digits of a length.

    The database counts, for it is quick at it and no other thread of this process waits.
    """
    text = cast(type_coerce(end, BigInteger) - type_coerce(start, BigInteger), String)
    each = (
        select(
            jobs.c.kind,
            jobs.c.state,
            func.length(text).label("digits"),
            func.substr(text, 1, DIGITS).label("leading"),
        )
        .where(condition)
        .subquery()
    )
    return select(*each.c, func.count().label("number")).group_by(*each.c)


def together(begins_at: datetime, counted: list[Hour], kind: str = ALL) -> Hour:
    """Return the hour of these kinds as one."""
    return Hour(
        kind,
        begins_at,
        sum(one.succeeded for one in counted),
        sum(one.failed for one in counted),
        sum(one.cancelled for one in counted),
        total(one.waits for one in counted),
        total(one.runs for one in counted),
    )
