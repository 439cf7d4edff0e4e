"""A whole Postroom without its web: a ledger, a broker, and workers started as users start them."""

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from ledger import Ledger, Settings
from ledger.record import Attempt, Ending, Job, State
from tasks.kind import Kind, kinds
from tasks.publisher import Publisher
from tasks.queue import Accepted, submit
from tests.acceptance.app import app as _workers_app  # noqa: F401 - it makes the test's kinds known
from tests.acceptance.workers import WorkerProcess
from tests.services import RabbitMQ
from tests.waiting import until


class Site:
    """What a test does to a Postroom, and what it sees of it."""

    def __init__(
        self,
        folder: Path,
        rabbitmq: RabbitMQ,
        broker_url: str,
        database_url: str,
        jobs_per_person: int = 0,
    ) -> None:
        self.folder = folder
        self.rabbitmq = rabbitmq
        self.environment = {
            "POSTROOM_VAR": str(folder / "var"),
            "CELERY_BROKER_URL": broker_url,
            "DATABASE_URL": database_url,
            "JOBS_PER_PERSON": str(jobs_per_person),
        }
        self.ledger = Ledger(
            Settings(
                postroom_var=folder / "var",
                celery_broker_url=broker_url,
                database_url=database_url,
                jobs_per_person=jobs_per_person,
            )
        )
        self.ledger.upgrade()
        self.publisher = Publisher(celery_at(broker_url))
        self._workers: list[WorkerProcess] = []

    def kind(self, name: str) -> Kind:
        return kinds()[name]

    def submit(self, kind: str, /, **inputs: Any) -> str:
        return self.accept(kind, **inputs).job

    def accept(self, kind_name: str, key: str | None = None, /, **inputs: Any) -> Accepted:
        kind = self.kind(kind_name)
        values = {
            field: str(value) if isinstance(value, Path) else value
            for field, value in inputs.items()
        }
        return submit(
            self.ledger,
            self.publisher,
            kind,
            kind.parse(values),
            owner="ada",
            idempotency_key=key,
        )

    def limit_deliveries(self, times: int) -> None:
        """Have RabbitMQ give a message up after so many returns, by an operator's means."""
        vhost = self.environment["CELERY_BROKER_URL"].rpartition("/")[2]
        self.rabbitmq.api(
            "PUT",
            f"policies/{vhost}/limit",
            {"pattern": "^default$", "definition": {"delivery-limit": times}},
        )

    def publish_to(self, broker_url: str) -> None:
        """Submit by that way from here on."""
        self.publisher.close()
        self.publisher = Publisher(celery_at(broker_url))

    def worker(self, concurrency: int = 1, /, **settings: str) -> WorkerProcess:
        environment = self.environment | settings
        name = f"w{len(self._workers)}"
        started = WorkerProcess(self.folder, name, concurrency, environment)
        self._workers.append(started)
        return started

    def job(self, job: str) -> Job:
        return self.ledger.jobs.get(job)

    def attempts(self, job: str) -> list[Attempt]:
        return self.ledger.jobs.attempts(job)

    def endings(self, job: str) -> list[Ending | None]:
        return [attempt.ending for attempt in self.attempts(job)]

    def settled(self, job: str, within: float = 20) -> Job:
        def look() -> Job | None:
            found = self.job(job)
            return found if found.state.settled else None

        try:
            return until(f"job {job} is settled", look, within)
        except AssertionError as error:
            logs = "\n".join(worker.text()[-3000:] for worker in self._workers)
            raise AssertionError(f"{error}: {self.job(job)}\n{logs}") from None

    def started(self, job: str, attempt: int = 1, within: float = 20) -> Attempt:
        def look() -> Attempt | None:
            found = self.job(job)
            running = found.state is State.STARTED and found.attempt >= attempt
            return self.attempts(job)[-1] if running else None

        return until(f"attempt {attempt} of job {job} runs", look, within)

    def holder(self, job: str, attempt: int = 1) -> WorkerProcess:
        """Wait until that attempt of a job runs, and return the worker that runs it."""
        name = self.started(job, attempt).worker_name
        return next(worker for worker in self._workers if worker.name == name)

    def comes_back(self, job: str) -> bool:
        """Return whether a message of this job, of which nobody runs any, reaches a next worker."""
        for worker in self._workers:
            worker.end()
        following = self.worker().ready()
        self.settled(self.submit("hello", name="Ada", seconds=0))
        dropped = f"A delivery of job {job} is dropped"
        return any(dropped in worker.text() for worker in (*self._workers, following))

    def stopping(self, worker: WorkerProcess) -> bool:
        """Return whether the ledger knows that a worker was told to stop."""
        return any(
            one.pid == worker.pid and one.stopping_at for one in self.ledger.workers.alive(60)
        )

    def beats_after(self, worker: WorkerProcess, moment: datetime) -> bool:
        """Return whether a worker has told the ledger that it lives, later than that."""
        return any(
            one.pid == worker.pid and one.beat_at > moment for one in self.ledger.workers.alive(60)
        )

    def stands_still(self, trace: Path) -> bool:
        """Return whether nothing has been written to a trace for a second."""
        return time.time() - trace.stat().st_mtime > 1

    def stored_outputs(self, job: str) -> int:
        """Return how many files the storage holds for the job, of whatever attempt."""
        folder = Path(self.ledger.settings.storage_url) / "outputs" / job
        return sum(path.is_file() for path in folder.rglob("*"))

    def close(self) -> None:
        for worker in self._workers:
            worker.end()
        self.publisher.close()
        self.ledger.close()


def celery_at(broker_url: str) -> Celery:
    """Return an app that publishes as the real one does, to another broker."""
    client = Celery("tests", config_source="celeryconfig", set_as_current=False)
    client.conf.broker_url = broker_url
    return client


@contextmanager
def locked(database: Path) -> Iterator[None]:
    """Hold SQLite's one lock for writers."""
    holder = sqlite3.connect(database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


@pytest.fixture
def site(
    tmp_path: Path, rabbitmq: RabbitMQ, broker_url: str, fresh_database: Path
) -> Iterator[Site]:
    (tmp_path / "var").mkdir()
    shutil.copy(fresh_database, tmp_path / "var")
    made = Site(tmp_path, rabbitmq, broker_url, f"sqlite:///{tmp_path / 'var' / 'ledger.sqlite3'}")
    yield made
    made.close()


@pytest.fixture
def pg_site(
    tmp_path: Path, rabbitmq: RabbitMQ, broker_url: str, fresh_pg_url: str
) -> Iterator[Site]:
    made = Site(tmp_path, rabbitmq, broker_url, fresh_pg_url)
    yield made
    made.close()


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    return tmp_path / "gate"


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


def lines(trace: Path, word: str) -> list[str]:
    """Return the lines of a trace that begin with a word."""
    if not trace.exists():
        return []
    return [
        line for line in trace.read_text(encoding="utf-8").splitlines() if line.startswith(word)
    ]
