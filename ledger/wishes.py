"""What operators ask of a worker: written in its row, read by its clock, and so never forgotten."""

from typing import Any

from sqlalchemy import func, select, update

from ledger.database import Database
from ledger.errors import NoSuchWorker
from ledger.record import Wishes, Worker
from ledger.schema import queues, workers
from ledger.workers import worker_from

MOST_PROCESSES = 64  # of one worker


class WorkerWishes:
    """The wishes in the rows of workers. Every method is one transaction.

    Those that change something return the worker as it stands then, and raise `NoSuchWorker` where
    there is none of this id, or where it is stopping already or has fallen silent.
    """

    def __init__(self, database: Database, heart_timeout: float) -> None:
        self._database = database
        self._heart_timeout = heart_timeout

    def drain(self, worker: str, by: str) -> Worker:
        """Have a worker finish what it runs and take no more; the first one to ask is named."""
        return self._ask(
            worker,
            draining_at=func.coalesce(workers.c.draining_at, self._database.now),
            draining_by=func.coalesce(workers.c.draining_by, by),
        )

    def resume(self, worker: str) -> Worker:
        """Have a draining worker take jobs again."""
        return self._ask(worker, draining_at=None, draining_by=None)

    def want(self, worker: str, processes: int) -> Worker:
        """Have a worker run so many jobs at a time, from 1 to `MOST_PROCESSES`."""
        return self._ask(worker, wanted=processes)

    def renew(self, worker: str) -> Worker:
        """Have a worker's processes make way for new ones, each after its job."""
        return self._ask(worker, renew_at=self._database.now)

    def stop(self, worker: str) -> Worker:
        """Have a worker stop after its jobs, as if its machine's operator had told it to."""
        return self._ask(worker, stop_at=self._database.now)

    def _ask(self, worker: str, **values: Any) -> Worker:
        lives = (
            workers.c.id == worker,
            workers.c.stopping_at.is_(None),
            workers.c.beat_at > self._database.ago(self._heart_timeout),
        )
        with self._database.write() as connection:
            asked = update(workers).where(*lives).values(values).returning(workers)
            row = connection.execute(asked).mappings().one_or_none()
        if row is None:
            raise NoSuchWorker(worker)
        return worker_from(row)

    def of(self, worker: str) -> Wishes:
        """Return what a worker's clock is to see to."""
        columns = (
            workers.c.draining_at,
            workers.c.wanted,
            workers.c.renew_at,
            workers.c.stop_at,
        )
        with self._database.read() as connection:
            paused = frozenset(connection.execute(select(queues.c.name)).scalars())
            row = connection.execute(select(*columns).where(workers.c.id == worker)).one_or_none()
        if row is None:
            return Wishes(paused=paused)
        return Wishes(
            draining=row.draining_at is not None,
            wanted=row.wanted,
            renew_at=row.renew_at,
            stop=row.stop_at is not None,
            paused=paused,
        )
