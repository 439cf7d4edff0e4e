"""A ledger on a real database of each sort, in a time that the test owns."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger import Ledger, Settings
from ledger.jobs import Submission
from ledger.record import Claim, Delivery
from ledger.workers import NewWorker


class OwnTime:
    """A clock that stands still until a test lets time pass."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> OwnTime:
    return OwnTime()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, time: OwnTime) -> Iterator[Ledger]:
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("fresh_pg_url")
    else:
        shutil.copy(request.getfixturevalue("fresh_database"), tmp_path)
    opened = Ledger(Settings(postroom_var=tmp_path, database_url=url), clock=time)
    opened.workers.register(worker("one"))
    opened.workers.register(worker("two"))
    yield opened
    opened.close()


def worker(name: str) -> NewWorker:
    return NewWorker(name, f"worker-{name}@here", "here", 1, ["default"], 2, "1")


def submit(ledger: Ledger, kind: str = "hello", **more: object) -> str:
    job, _new = ledger.jobs.submit(
        Submission(kind=kind, queue="default", inputs={"name": "Ada"}, owner="ada", **more)  # type: ignore[arg-type]  # a test's own words
    )
    return job


def delivery(job: str, message: str = "m1", count: int = 0) -> Delivery:
    return Delivery(job, message, count)


def claimed(ledger: Ledger, job: str, message: str = "m1", count: int = 0) -> Claim:
    claim = ledger.claims.claim(delivery(job, message, count), "one", 100)
    assert isinstance(claim, Claim), claim
    return claim
