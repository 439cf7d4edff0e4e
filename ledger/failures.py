"""Groups of failures as people read and mark them; the clock makes them (`ledger/naming.py`)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, and_, func, or_, select, update

from ledger.causes import Reason
from ledger.database import Database
from ledger.errors import NoSuchFailure
from ledger.failure_tables import HOUR, failure_groups, failure_hours
from ledger.naming import UNNAMED
from ledger.record import Cause
from ledger.schema import jobs

TREND: Final = 24  # hours
MOST_UNNAMED: Final = 1_000  # that are counted


@dataclass(frozen=True, slots=True)
class Known:
    """Who has said that a group is known, when, why, and of which code of its kind."""

    at: datetime
    by: str
    note: str
    version: str


@dataclass(frozen=True, slots=True)
class Group:
    """Failures of one cause.

    `jobs` counts those that are deleted since, too; `newest` is the id of the last one. `version`
    stands for the code of the kind when that was named, and is "" where nobody knows it.
    """

    id: str
    reason: Reason
    jobs: int
    first_at: datetime
    last_at: datetime
    newest: str
    version: str
    known: Known | None

    @property
    def quiet(self) -> bool:
        """Whether somebody knows of it, and its kind has not failed so with other code since."""
        return self.known is not None and self.known.version == self.version


@dataclass(frozen=True, slots=True)
class Tally:
    """How many of a group failed in each of the last TREND hours, the oldest first, and whose."""

    by_hour: Sequence[int]
    by_owner: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Sum:
    """How many groups there are, with how many jobs, and when the first of them failed."""

    groups: int = 0
    jobs: int = 0
    since: datetime | None = None


class Failures:
    """The groups of failures. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        *,
        limit: int,
        before: tuple[datetime, str] | None = None,
        kind: str | None = None,
        cause: Cause | None = None,
        quiet: bool | None = None,
    ) -> list[Group]:
        """Return groups, the one that failed last first.

        Args:
            limit: how many at the most.
            before: `last_at` and `id` of a group; only those that follow it.
            kind: only groups of this kind.
            cause: only groups of this sort of failure.
            quiet: only known ones, or only those that want to be seen.
        """
        group = failure_groups.c
        query = select(failure_groups).order_by(group.last_at.desc(), group.id.desc()).limit(limit)
        if before is not None:
            at, last = before
            same = and_(group.last_at == at, group.id < last)
            query = query.where(or_(group.last_at < at, same))
        if kind is not None:
            query = query.where(group.kind == kind)
        if cause is not None:
            query = query.where(group.cause == cause)
        if quiet is not None:
            query = query.where(_quiet() if quiet else ~_quiet())
        with self._database.read() as connection:
            return [_group_from(row) for row in connection.execute(query)]

    def sums(self, kind: str | None = None, cause: Cause | None = None) -> dict[bool, Sum]:
        """Return how much is quiet, by True, and how much is not; of one kind or sort, if given."""
        group = failure_groups.c
        numbers = (func.count(), func.sum(group.jobs), func.min(group.first_at))
        query = select(_quiet().label("quiet"), *numbers).group_by("quiet")
        if kind is not None:
            query = query.where(group.kind == kind)
        if cause is not None:
            query = query.where(group.cause == cause)
        with self._database.read() as connection:
            found = {
                bool(quiet): Sum(groups, int(jobs_), since)
                for quiet, groups, jobs_, since in connection.execute(query)
            }
        return {True: Sum(), False: Sum()} | found

    def errors(self, limit: int) -> list[str]:
        """Return the classes of exceptions with which jobs have ended, at most `limit`."""
        of = failure_groups.c.error_type
        query = select(of).where(of != "").distinct().order_by(of).limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def kinds(self, limit: int) -> list[str]:
        """Return the names of kinds of which jobs have failed, at most `limit`."""
        of = failure_groups.c.kind
        query = select(of).distinct().order_by(of).limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def unnamed(self) -> int:
        """Return how many failures the clock has still to name, up to MOST_UNNAMED."""
        some = select(jobs.c.id).where(*UNNAMED).limit(MOST_UNNAMED)
        with self._database.read() as connection:
            return connection.execute(
                select(func.count()).select_from(some.subquery())
            ).scalar_one()

    def get(self, group_id: str) -> Group:
        """Return a group.

        Raises:
            NoSuchFailure: nothing has failed so.
        """
        query = select(failure_groups).where(failure_groups.c.id == group_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NoSuchFailure(group_id)
        return _group_from(row)

    def tallies(self, ids: Collection[str], now: datetime) -> dict[str, Tally]:
        """Return the tally of each of these groups.

        Args:
            ids: of groups.
            now: whose hour is the last of the trend, not over yet.
        """
        hour = failure_hours.c
        last = int(now.timestamp() // HOUR)
        first = last - TREND + 1
        recent = (
            select(hour.failure, hour.hour, func.sum(hour.jobs))
            .where(hour.failure.in_(ids), hour.hour.between(first, last))
            .group_by(hour.failure, hour.hour)
        )
        owners = (
            select(hour.failure, hour.owner, func.sum(hour.jobs).label("jobs"))
            .where(hour.failure.in_(ids))
            .group_by(hour.failure, hour.owner)
            .order_by(func.sum(hour.jobs).desc(), hour.owner)
        )
        by_hour: dict[str, list[int]] = defaultdict(lambda: [0] * TREND)
        by_owner: dict[str, dict[str, int]] = defaultdict(dict)
        with self._database.read() as connection:
            for group, at, number in connection.execute(recent):
                by_hour[group][at - first] = int(number)
            for group, owner, number in connection.execute(owners):
                by_owner[group][owner] = int(number)
        return {group: Tally(by_hour[group], by_owner[group]) for group in ids}

    def mark(self, group_id: str, by: str, note: str) -> None:
        """Say that a group is known, so that it is quiet until its kind's code is another.

        Raises:
            NoSuchFailure: nothing has failed so.
        """
        values = {"known_at": self._database.now, "known_by": by, "known_note": note[:1000]}
        self._change(group_id, values | {"known_version": failure_groups.c.version})

    def unmark(self, group_id: str) -> None:
        """Say that a group wants to be seen again.

        Raises:
            NoSuchFailure: nothing has failed so.
        """
        names = ("known_at", "known_by", "known_note", "known_version")
        self._change(group_id, dict.fromkeys(names))

    def _change(self, group_id: str, values: Mapping[str, Any]) -> None:
        change = update(failure_groups).where(failure_groups.c.id == group_id).values(values)
        with self._database.write() as connection:
            if connection.execute(change).rowcount == 0:
                raise NoSuchFailure(group_id)


def _quiet() -> ColumnElement[bool]:
    return func.coalesce(failure_groups.c.known_version == failure_groups.c.version, False)


def _group_from(row: Row[Any]) -> Group:
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    known = None
    if row.known_at is not None:
        known = Known(row.known_at, row.known_by, row.known_note, row.known_version)
    reason = Reason(row.kind, row.cause, row.error_type, row.message, row.place)
    names = ("id", "jobs", "first_at", "last_at", "newest", "version")
    return Group(reason=reason, known=known, **{name: values[name] for name in names})
