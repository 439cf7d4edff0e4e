"""The workers' main processes: who lives, who stops, who fell silent."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update

from ledger.database import Database
from ledger.record import Vitals, Worker
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

    def beat(self, worker: str, vitals: Vitals | None = None) -> None:
        """Record that the worker lives, and how it is, where that has been looked at."""
        values: dict[str, Any] = {"beat_at": self._database.now}
        if vitals is not None:
            values |= {"vitals": asdict(vitals), "concurrency": vitals.processes}
        with self._database.write_soon() as connection:
            connection.execute(update(workers).where(workers.c.id == worker).values(values))

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
        return self._read(workers.c.beat_at > self._database.ago(seconds), workers.c.started_at)

    def silent(self, seconds: float, limit: int) -> list[Worker]:
        """Return workers whose last beat is older than that, the last to fall silent first."""
        late = workers.c.beat_at <= self._database.ago(seconds)
        return self._read(late, workers.c.beat_at.desc(), limit)

    def _read(
        self, which: ColumnElement[bool], order: ColumnElement[Any], limit: int | None = None
    ) -> list[Worker]:
        query = select(workers).where(which).order_by(order, workers.c.id).limit(limit)
        with self._database.read() as connection:
            return [worker_from(row) for row in connection.execute(query).mappings()]

    def forget(self, seconds: float) -> int:
        """Delete the rows of workers that fell silent longer ago than that and hold no job."""
        held = select(jobs.c.worker).where(jobs.c.finished_at.is_(None), jobs.c.worker.is_not(None))
        with self._database.write() as connection:
            gone = delete(workers).where(
                workers.c.beat_at < self._database.ago(seconds), workers.c.id.not_in(held)
            )
            return connection.execute(gone).rowcount


def worker_from(row: Mapping[Any, Any]) -> Worker:
    """Turn a whole row of `workers` into a value."""
    told = row["vitals"]
    vitals = told and Vitals(**{**told, "listening": tuple(told["listening"])})
    return Worker(**{**row, "queues": tuple(row["queues"]), "vitals": vitals})
