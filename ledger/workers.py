"""The workers' main processes: who lives, who stops, who fell silent."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from ledger.database import Database
from ledger.record import Worker
from ledger.schema import jobs, workers


@dataclass(frozen=True, slots=True)
class NewWorker:
    """What a worker says of itself when it starts; `id` is new at every start."""

    id: str
    name: str
    host: str
    pid: int
    queues: Sequence[str]
    concurrency: int
    version: str


class Workers:
    """The rows of workers. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, worker: NewWorker) -> None:
        """Record that a worker has started."""
        values = {name: getattr(worker, name) for name in NewWorker.__slots__}
        values["queues"] = list(worker.queues)
        with self._database.write() as connection:
            connection.execute(
                insert(workers).values(
                    started_at=self._database.now, beat_at=self._database.now, **values
                )
            )

    def beat(self, worker: str) -> None:
        """Record that the worker lives."""
        with self._database.write_soon() as connection:
            connection.execute(
                update(workers).where(workers.c.id == worker).values(beat_at=self._database.now)
            )

    def stopping(self, worker: str) -> None:
        """Record that the worker was told to stop: its attempts that end now are interrupted."""
        with self._database.write() as connection:
            connection.execute(
                update(workers)
                .where(workers.c.id == worker, workers.c.stopping_at.is_(None))
                .values(stopping_at=self._database.now)
            )

    def alive(self, seconds: float) -> list[Worker]:
        """Return the workers whose last beat is not older than that, the oldest worker first."""
        query = (
            select(workers)
            .where(workers.c.beat_at > self._database.ago(seconds))
            .order_by(workers.c.started_at)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).mappings()
            return [Worker(**{**row, "queues": tuple(row["queues"])}) for row in rows]

    def forget(self, seconds: float) -> int:
        """Delete the rows of workers that fell silent longer ago than that and hold no job."""
        held = select(jobs.c.worker).where(jobs.c.finished_at.is_(None), jobs.c.worker.is_not(None))
        with self._database.write() as connection:
            gone = delete(workers).where(
                workers.c.beat_at < self._database.ago(seconds), workers.c.id.not_in(held)
            )
            return connection.execute(gone).rowcount
