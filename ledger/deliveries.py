"""The deliveries that a worker holds, as the ledger knows them."""

from collections.abc import Collection

from sqlalchemy import and_, or_, select

from ledger.database import Database
from ledger.record import Delivery, State
from ledger.schema import attempts, jobs


class Deliveries:
    """What a worker's main process compares with what its processes do."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held_by(self, worker: str) -> set[Delivery]:
        """Return the deliveries of the attempts that this worker's row says it runs."""
        query = select(attempts.c.job, attempts.c.message, attempts.c.delivery_count).join(
            jobs, and_(jobs.c.id == attempts.c.job, jobs.c.attempt == attempts.c.number)
        )
        query = query.where(
            jobs.c.state == State.STARTED, jobs.c.finished_at.is_(None), jobs.c.worker == worker
        )
        with self._database.read() as connection:
            return {Delivery(*row) for row in connection.execute(query)}

    def unheeding(
        self, worker: str, running: Collection[Delivery], closed_for: float, asked_for: float
    ) -> list[Delivery]:
        """Return which deliveries a worker's processes should have left by now.

        Args:
            worker: whose.
            running: those that its processes work on.
            closed_for: seconds since their attempt was closed, by somebody else or by themselves.
            asked_for: seconds since somebody asked the job to stop.
        """
        ago = self._database.ago
        late = or_(
            attempts.c.ended_at <= ago(closed_for),
            and_(attempts.c.ended_at.is_(None), jobs.c.cancel_requested_at <= ago(asked_for)),
        )
        query = (
            select(attempts.c.job, attempts.c.message, attempts.c.delivery_count)
            .join(jobs, jobs.c.id == attempts.c.job)
            .where(jobs.c.id.in_([one.job for one in running]), attempts.c.worker == worker, late)
        )
        with self._database.read() as connection:
            found = {Delivery(*row) for row in connection.execute(query)}
        return [one for one in running if one in found]
