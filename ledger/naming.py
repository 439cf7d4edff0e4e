"""The clock names each failure a moment after it happened, so that settling it costs nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Row, case, delete, literal_column, select, update

from ledger.causes import Reason, reason_of
from ledger.database import Database
from ledger.failure_tables import HOUR, failure_groups, failure_hours
from ledger.record import Cause, Ending, Error
from ledger.schema import attempts, jobs

KEPT_HOURS: Final = 30 * 24  # for which it is known who was affected, and when
_DIED: Final = (Ending.CRASHED, Ending.LOST)
# As the index has it: with the state as a bound value SQLite would not know that it fits.
UNNAMED: Final = (jobs.c.state == literal_column("'FAILURE'"), jobs.c.failure.is_(None))


class Naming:
    """Puts failures into groups, by short transactions, one for each group."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def any(self) -> bool:
        """Return whether a failure has no group yet: a glance at an index that is mostly empty."""
        query = select(jobs.c.id).where(*UNNAMED).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).one_or_none() is not None

    def name(self, versions: Mapping[str, str], limit: int) -> int:
        """Put failures that have no group yet into one; return how many, at most `limit`.

        Two clocks may do so at once: each job is counted by whoever names it first.

        Args:
            versions: what stands for the code of each kind, by the kind's name.
            limit: how many are read at a time, with their tracebacks.
        """
        found = self._unnamed(limit)
        for reason, ids in found.items():
            # Each in a transaction of its own, so that nobody who writes waits for all of them;
            # what a power cut forgets is named again.
            with self._database.write_soon() as connection:
                self._put(connection, reason, ids, versions.get(reason.kind, ""))
        return sum(map(len, found.values()))

    def _unnamed(self, limit: int) -> dict[Reason, list[str]]:
        columns = (jobs.c.id, jobs.c.kind, jobs.c.cause, jobs.c.error_type)
        query = (
            select(*columns, jobs.c.error_message, jobs.c.error_traceback, jobs.c.inputs)
            .where(*UNNAMED)
            .order_by(jobs.c.id)
            .limit(limit)
        )
        found: dict[Reason, list[str]] = defaultdict(list)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
            crashed = [row.id for row in rows if row.cause is Cause.CRASHED]
            notes = _notes(connection, crashed) if crashed else {}
        for row in rows:
            error = Error(row.error_type or "", row.error_message or "", row.error_traceback)
            reason = reason_of(row.kind, row.cause, error, notes.get(row.id, ""), row.inputs)
            found[reason].append(row.id)
        return found

    def _put(
        self, connection: Connection, reason: Reason, ids: Collection[str], version: str
    ) -> None:
        named = connection.execute(
            update(jobs)
            .where(jobs.c.id.in_(ids), jobs.c.failure.is_(None))
            .values(failure=reason.id)
            .returning(jobs.c.id, jobs.c.owner, jobs.c.finished_at)
        ).all()
        if not named:
            return
        last = max(named, key=lambda row: (row.finished_at, row.id))
        first_at = min(row.finished_at for row in named)
        upsert = self._database.upsert(failure_groups).values(
            id=reason.id,
            kind=reason.kind,
            cause=reason.cause,
            error_type=reason.error_type,
            message=reason.message,
            place=reason.place,
            jobs=len(named),
            first_at=first_at,
            last_at=last.finished_at,
            newest=last.id,
            version=version,
        )
        old, new = failure_groups.c, upsert.excluded
        later = new.last_at >= old.last_at
        connection.execute(
            upsert.on_conflict_do_update(
                index_elements=[old.id],
                set_={
                    "jobs": old.jobs + new.jobs,
                    "first_at": case(
                        (new.first_at < old.first_at, new.first_at), else_=old.first_at
                    ),
                    "last_at": case((later, new.last_at), else_=old.last_at),
                    "newest": case((later, new.newest), else_=old.newest),
                    "version": case((later, new.version), else_=old.version),
                },
            )
        )
        self._tally(connection, reason.id, named)

    def _tally(self, connection: Connection, group: str, named: Iterable[Row[Any]]) -> None:
        count: dict[tuple[int, str], int] = defaultdict(int)
        for row in named:
            count[int(row.finished_at.timestamp() // HOUR), row.owner] += 1
        upsert = self._database.upsert(failure_hours)
        more = upsert.on_conflict_do_update(
            index_elements=[failure_hours.c.failure, failure_hours.c.hour, failure_hours.c.owner],
            set_={"jobs": failure_hours.c.jobs + upsert.excluded.jobs},
        )
        connection.execute(
            more,
            [
                {"failure": group, "hour": hour, "owner": owner, "jobs": number}
                for (hour, owner), number in count.items()
            ],
        )

    def forget(self, seconds: float) -> int:
        """Remove the groups in which nothing has failed for that long; return how many.

        Of the others, what is older than KEPT_HOURS is no longer told by hour and person.
        """
        old = delete(failure_groups).where(failure_groups.c.last_at <= self._database.ago(seconds))
        now = int(self._database.read_clock().timestamp() // HOUR)
        with self._database.write() as connection:
            connection.execute(delete(failure_hours).where(failure_hours.c.hour < now - KEPT_HOURS))
            return connection.execute(old).rowcount


def _notes(connection: Connection, crashed: Collection[str]) -> dict[str, str]:
    """Return how the last attempt died of each of these jobs."""
    query = (
        select(attempts.c.job, attempts.c.note)
        .where(attempts.c.job.in_(crashed), attempts.c.ending.in_(_DIED))
        .order_by(attempts.c.number)
    )
    return dict(iter(connection.execute(query)))
