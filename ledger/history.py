"""The past by the hour: how many jobs ended how, how long they waited and how long they ran."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Select, bindparam, delete, select

from ledger.database import Database
from ledger.durations import Durations
from ledger.history_tables import hours
from ledger.record import State
from ledger.schema import jobs
from ledger.tally import (
    ALL,
    HOUR,
    Hour,
    ended_in,
    hour_of,
    kinds,
    more_than,
    oldest,
    tally,
    together,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LATE: Final = timedelta(minutes=10)  # an end is recorded at most so long after its time
LOOKS_BACK: Final = timedelta(days=31)  # for hours that nobody has counted
KEPT: Final = timedelta(days=400)
FRESH: Final = 5_000  # jobs of the hour under way that a page counts by itself


@dataclass(frozen=True, slots=True)
class Ended:
    """A job that ran and has ended, as far as a chart shows it."""

    id: str
    state: State
    started_at: datetime
    finished_at: datetime

    @property
    def ran_for(self) -> timedelta:
        """How long its last attempt ran."""
        return self.finished_at - self.started_at


class History:
    """The rows of hours. The clock keeps them, so that no page looks at a million jobs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, most: int) -> int:
        """Count the hour under way, and those before it that may have changed since their count.

        An hour is counted for the last time when nothing late can come any more. Hours that
        nobody has counted, because no worker ran or the ledger is older than this table, follow
        from the newest on.

        Args:
            most: how many hours are counted at the most.

        Returns:
            How many were counted.
        """
        now = self._database.read_clock()
        due = self._due(now)[:most]
        for begins_at in due:
            with self._database.read() as connection:
                counted = tally(connection, kinds(connection), begins_at)
            self._keep(begins_at, counted)
        with self._database.write_soon() as connection:
            connection.execute(delete(hours).where(hours.c.begins_at < now - KEPT))
        return len(due)

    def _due(self, now: datetime) -> list[datetime]:
        last = hour_of(now)
        with self._database.read() as connection:
            first = max(oldest(connection, now), last - LOOKS_BACK)
        query = select(hours.c.begins_at, hours.c.counted_at).where(
            hours.c.kind == ALL, hours.c.begins_at >= first
        )
        with self._database.read() as connection:
            counted: dict[datetime, datetime] = dict(iter(connection.execute(query)))
        recent = (last - number * HOUR for number in range((last - first) // HOUR + 1))
        return [
            begins
            for begins in recent
            if begins not in counted or counted[begins] < begins + HOUR + LATE
        ]

    def _keep(self, begins_at: datetime, counted: list[Hour]) -> None:
        rows = [
            {
                "kind": one.kind,
                "begins_at": begins_at,
                "succeeded": one.succeeded,
                "failed": one.failed,
                "cancelled": one.cancelled,
                "waits": one.waits.row(),
                "runs": one.runs.row(),
            }
            for one in (*counted, together(begins_at, counted))
        ]
        new = self._database.upsert(hours).values(counted_at=self._database.now)
        with self._database.write_soon() as connection:
            connection.execute(delete(hours).where(hours.c.begins_at == begins_at))
            # Two clocks may do it at once for a moment, and say the same.
            connection.execute(new.on_conflict_do_nothing(), rows)

    def of(
        self, kind: str, since: datetime, most: int = FRESH, step: timedelta = HOUR
    ) -> list[Hour]:
        """Return the hours of a kind, or of ALL, in which any job ended; the first one first.

        The hour under way is counted now, unless more than `most` jobs ended in it: then it is as
        the clock counted it, within the last minute or so.

        Args:
            kind: whose.
            since: the first hour is the one of this moment.
            most: see above.
            step: whole hours, so many of which are told as one, the hour under way apart; steps
                follow each other from 1970 on.
        """
        columns = [hours.c[name] for name in Hour.__dataclass_fields__]
        query = select(*columns).where(hours.c.kind == kind, hours.c.begins_at >= hour_of(since))
        query = query.order_by(hours.c.begins_at)
        under_way = hour_of(self._database.read_clock())
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            of = kinds(connection) if kind == ALL else [kind]
            fresh = []
            if not more_than(connection, of, under_way, most):
                rows = [row for row in rows if row.begins_at < under_way]
                fresh = [together(under_way, tally(connection, of, under_way), kind)]
        steps = groupby(rows, lambda row: (row.begins_at - EPOCH) // step)
        found = [_as_one(list(several)) for _step, several in steps] + fresh
        return [one for one in found if one.ended]

    def runs(self, kind: str, since: datetime, until: datetime) -> Durations:
        """Return how long the jobs ran that succeeded in the hours from one to before another."""
        query = select(hours.c.runs).where(
            hours.c.kind == kind, hours.c.begins_at >= since, hours.c.begins_at < until
        )
        with self._database.read() as connection:
            return Durations.kept_in_all(connection.execute(query).scalars())

    def newest(
        self, kind: str, since: datetime, limit: int, until: datetime | None = None
    ) -> list[Ended]:
        """Return the jobs of a kind that ran and ended in that time, the newest first."""
        query = _newest(kind, since, limit, until)
        with self._database.read() as connection:
            return [Ended(*row) for row in connection.execute(query)]

    def newest_of_each(
        self, kind: str, pieces: Iterable[tuple[datetime, datetime]], limit: int
    ) -> list[Ended]:
        """Return the same of each of several times, one after the other."""
        # Made once: to write it takes longer than to run it.
        query = _newest(kind, bindparam("since"), limit, bindparam("until"))
        with self._database.read() as connection:
            return [
                Ended(*row)
                for since, until in pieces
                for row in connection.execute(query, {"since": since, "until": until})
            ]


def _newest(kind: str, since: Any, limit: int, until: Any) -> Select[Any]:
    return (
        select(jobs.c.id, jobs.c.state, jobs.c.started_at, jobs.c.finished_at)
        .where(ended_in([kind], since, until))
        .where(jobs.c.started_at.is_not(None), jobs.c.deleted_at.is_(None))
        .order_by(jobs.c.finished_at.desc())
        .limit(limit)
    )


def _as_one(rows: Sequence[Any]) -> Hour:
    """Return rows of one kind as the hour that they are together."""
    return Hour(
        kind=rows[0].kind,
        begins_at=rows[0].begins_at,
        succeeded=sum(row.succeeded for row in rows),
        failed=sum(row.failed for row in rows),
        cancelled=sum(row.cancelled for row in rows),
        waits=Durations.kept_in_all(row.waits for row in rows),
        runs=Durations.kept_in_all(row.runs for row in rows),
    )
