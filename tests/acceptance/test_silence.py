"""A worker that falls silent loses its job within 30 s, and its late word is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tests.acceptance.conftest import Site, lines
from tests.acceptance.workers import WorkerProcess, alive
from tests.proxy import Proxy
from tests.services import PostgreSQL, RabbitMQ
from tests.waiting import until

pytestmark = pytest.mark.broker


def said_by(site: Site, job: str, pid: int) -> set[int]:
    """Return the attempts in whose log the process `pid` has written."""
    return {line.attempt for line in site.ledger.logs.whole(job) if f"{pid}" in line.text}


def ends_by_the_second_alone(site: Site, job: str, gate: Path, silent: WorkerProcess) -> None:
    """Let the job end, and check that nothing of the silent worker's is in row, log or files."""
    first, second = site.attempts(job)
    # Its main process may hear of the lost connection before the job's own process is refused.
    until(
        "the silent one has left the job",
        lambda: "Its work is dropped" in silent.text() or not alive(first.pid),
    )
    assert said_by(site, job, first.pid) == {1}
    assert site.job(job).progress.text in {f"by {second.pid}", ""}
    gate.touch()
    ended = site.settled(job)
    assert (ended.state, ended.result) == (State.SUCCESS, f"by {second.pid}")
    assert [file.name for file in site.ledger.files.outputs_of(job)] == [f"by-{second.pid}.txt"]
    assert site.stored_outputs(job) == 1
    assert site.endings(job)[0] in {Ending.LOST, Ending.INTERRUPTED}
    assert site.endings(job)[1:] == [Ending.SUCCEEDED]


def test_a_frozen_workers_job_runs_elsewhere_and_the_thawed_one_is_refused(
    site: Site, gate: Path, trace: Path
) -> None:
    site.worker().ready()
    site.worker().ready()
    job = site.submit("works_on", trace=trace, gate=gate)
    frozen = site.holder(job)
    pid = site.started(job).pid
    until("its log is kept", lambda: said_by(site, job, pid) == {1})

    frozen.freeze()
    until("it runs elsewhere", lambda: len(lines(trace, "began")) == 2, within=30)
    assert site.attempts(job)[0].note == "Its worker vanished: no beat for 15 s."
    frozen.thaw()

    ends_by_the_second_alone(site, job, gate, frozen)


@pytest.mark.long
def test_a_job_runs_elsewhere_when_its_worker_hears_nothing_of_the_broker(
    site: Site, rabbitmq: RabbitMQ, gate: Path, trace: Path
) -> None:
    with Proxy(rabbitmq.address.port) as proxy:
        direct = site.environment["CELERY_BROKER_URL"]
        cut_off = site.worker(CELERY_BROKER_URL=proxy.url(direct)).ready()
        job = site.submit("works_on", trace=trace, gate=gate)
        site.started(job)
        site.worker().ready()

        proxy.silence()
        until("it runs elsewhere", lambda: len(lines(trace, "began")) == 2, within=30)
        first = site.attempts(job)[0]

        until("the old process is gone", lambda: not alive(first.pid), within=5)
        proxy.speak()
        gate.touch()
        assert site.settled(job).state is State.SUCCESS
        until(
            "the timeline tells",
            lambda: site.endings(job) == [Ending.INTERRUPTED, Ending.SUCCEEDED],
        )
        assert cut_off.running()


@pytest.fixture
def proxies(rabbitmq: RabbitMQ, postgresql: PostgreSQL) -> Iterator[tuple[Proxy, Proxy]]:
    """One before the broker, one before the ledger."""
    with Proxy(rabbitmq.address.port) as broker, Proxy(postgresql.port) as ledger:
        yield broker, ledger


@pytest.mark.postgres
@pytest.mark.parametrize("silent", ["the ledger", "both"])
def test_a_job_runs_elsewhere_when_its_worker_is_cut_from(
    pg_site: Site, proxies: tuple[Proxy, Proxy], gate: Path, trace: Path, silent: str
) -> None:
    site, (broker, ledger) = pg_site, proxies
    hurried = {"HEART_TIMEOUT": "4", "BEAT_EVERY": "0.5"}
    direct = site.environment
    cut_off = site.worker(
        CELERY_BROKER_URL=broker.url(direct["CELERY_BROKER_URL"]),
        DATABASE_URL=ledger.url(direct["DATABASE_URL"]),
        **hurried,
    ).ready()
    job = site.submit("works_on", trace=trace, gate=gate)
    pid = site.started(job).pid
    site.worker(**hurried).ready()
    until("its log is kept", lambda: said_by(site, job, pid) == {1})

    ledger.silence()
    if silent == "both":
        broker.silence()
    until("it runs elsewhere", lambda: len(lines(trace, "began")) == 2, within=15)
    ledger.speak()
    broker.speak()

    ends_by_the_second_alone(site, job, gate, cut_off)
