"""The ledger's database goes away while jobs run and end: nothing is lost, nothing given up."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlparse

import pytest

from ledger.record import Cause, Ending, State
from tests.acceptance.conftest import Site, alive, lines
from tests.services import PostgreSQL
from tests.waiting import until

pytestmark = pytest.mark.broker

AWAY = 20  # seconds; longer than a heart may stand still, and than RabbitMQ's heartbeat takes


@contextmanager
def locked(site: Site) -> Iterator[None]:
    """Hold SQLite's one lock for writers."""
    path = urlparse(site.environment["DATABASE_URL"]).path.lstrip("/")
    holder = sqlite3.connect(f"/{path}", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield
    holder.execute("ROLLBACK")
    holder.close()


def test_a_job_that_ends_while_sqlite_is_locked_is_recorded_afterwards(
    site: Site, gate: Path, trace: Path
) -> None:
    worker = site.worker(2).ready()
    job = site.submit("stays", trace=trace, gate=gate)
    site.started(job)
    waiting = [site.submit("hello", name="Ada", seconds=0) for _ in range(3)]

    with locked(site):
        gate.touch()
        until("it has ended", lambda: lines(trace, "ended"))
        until("the job waits", lambda: f"Job {job} waits for the ledger" in worker.text())
        assert site.job(job).state is State.STARTED

    assert site.settled(job).state is State.SUCCESS
    assert {site.settled(one).state for one in waiting} == {State.SUCCESS}
    assert site.endings(job) == [Ending.SUCCEEDED]
    assert len(lines(trace, "began")) == 1


@pytest.fixture
def postgresql() -> Iterator[PostgreSQL]:
    """A server that a test may stop."""
    with PostgreSQL() as own:
        yield own


@pytest.mark.postgres
def test_jobs_run_and_end_while_postgresql_is_stopped(
    pg_site: Site, postgresql: PostgreSQL, gate: Path, trace: Path
) -> None:
    site = pg_site
    worker = site.worker(3).ready()
    stays = site.submit("stays", trace=trace, gate=gate)
    limited = site.submit("outstays", trace=trace, ignores="limit")
    site.started(stays)
    until_killed = site.started(limited).pid

    postgresql.stop()
    stopped = time.monotonic()
    gate.touch()
    until("it has ended", lambda: lines(trace, "ended"))
    until("the other is killed at its limit", lambda: not alive(until_killed), within=10)
    until(f"{AWAY} s are over", lambda: time.monotonic() - stopped > AWAY, 2 * AWAY)
    assert worker.running()
    postgresql.start()
    site.ledger.close()  # Its idle connections ended with the server.

    assert site.settled(stays).state is State.SUCCESS
    assert site.endings(stays) == [Ending.SUCCEEDED]
    assert site.settled(limited).cause is Cause.TIMEOUT
    assert len(lines(trace, "began")) == 2
    assert "Connection to broker lost" not in worker.text()
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
