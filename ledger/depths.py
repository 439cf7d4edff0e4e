"""How many jobs waited in each queue: a sample a minute, and fewer of them as they grow old."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, Connection, case, delete, func, select, type_coerce

from ledger.database import Database
from ledger.history_tables import queue_samples
from ledger.record import WAITING, Turn
from ledger.schema import jobs

MINUTE: Final = 60_000_000  # microseconds
# Of samples older than this, those on every so many minutes are kept; of the last, none.
THINNED: Final = ((timedelta(days=1), 10), (timedelta(days=7), 60))
KEPT: Final = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class Sample:
    """How many jobs of a queue waited and ran, at a full minute."""

    queue: str
    at: datetime
    waiting: int
    running: int


class Depths:
    """The rows of samples."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sample(self, queues: Collection[str]) -> None:
        """Keep how many jobs wait and run now.

        Args:
            queues: those that get a sample even while nothing waits or runs in them.
        """
        now = self._database.read_clock()
        minute = now.replace(second=0, microsecond=0)
        waits = case((jobs.c.state.in_(WAITING), 1), else_=0)
        query = (
            select(jobs.c.queue, func.sum(waits), func.count())
            # Those that their owners' limits hold back are in no queue yet.
            .where(jobs.c.finished_at.is_(None), jobs.c.turn.is_distinct_from(Turn.HELD))
            .group_by(jobs.c.queue)
        )
        with self._database.read() as connection:
            found = {
                queue: (int(waiting), number)
                for queue, waiting, number in connection.execute(query)
            }
        rows = []
        for queue in sorted({*queues, *found}):
            waiting, number = found.get(queue, (0, 0))
            rows.append(
                {"queue": queue, "at": minute, "waiting": waiting, "running": number - waiting}
            )
        new = self._database.upsert(queue_samples).on_conflict_do_nothing()
        with self._database.write_soon() as connection:
            if rows:
                connection.execute(new, rows)
            self._thin(connection, now)

    def _thin(self, connection: Connection, now: datetime) -> None:
        microseconds = type_coerce(queue_samples.c.at, BigInteger)
        for age, every in THINNED:
            between = queue_samples.c.at < now - age, microseconds % (every * MINUTE) != 0
            connection.execute(delete(queue_samples).where(*between))
        connection.execute(delete(queue_samples).where(queue_samples.c.at < now - KEPT))

    def since(self, at: datetime) -> list[Sample]:
        """Return the samples since then, the first ones first."""
        columns = [queue_samples.c[name] for name in Sample.__dataclass_fields__]
        query = select(*columns).where(queue_samples.c.at >= at)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(queue_samples.c.at, queue_samples.c.queue))
            return [Sample(*row) for row in rows]
