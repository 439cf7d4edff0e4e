"""A worker that was told to stop lets its jobs finish, and then it ends, whatever holds it up."""

import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tests.acceptance.conftest import Site
from tests.acceptance.workers import alive, children
from tests.proxy import Proxy
from tests.services import RabbitMQ
from tests.waiting import until

pytestmark = pytest.mark.broker

SOON = 12  # seconds; the clock gives an idle worker five of them


@pytest.fixture
def proxy(rabbitmq: RabbitMQ) -> Iterator[Proxy]:
    with Proxy(rabbitmq.address.port) as made:
        yield made


def test_a_job_that_ends_while_its_worker_stops_is_acknowledged(
    site: Site, gate: Path, trace: Path
) -> None:
    worker = site.worker().ready()
    job = site.submit("stays", trace=trace, gate=gate)
    site.started(job)
    worker.signal(signal.SIGTERM)
    until("it is stopping", lambda: site.stopping(worker))
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert worker.wait(SOON) == 0
    assert not site.comes_back(job)


def test_a_worker_that_stops_on_a_dead_connection_ends_once_its_job_has_finished(
    site: Site, proxy: Proxy, gate: Path, trace: Path
) -> None:
    worker = site.worker(CELERY_BROKER_URL=proxy.url(site.environment["CELERY_BROKER_URL"])).ready()
    job = site.submit("stays", trace=trace, gate=gate)
    attempt = site.started(job)
    family = children(worker.pid)

    proxy.silence()
    worker.signal(signal.SIGTERM)
    until("it is stopping", lambda: site.stopping(worker))
    # Longer than an idle worker is given.
    later = attempt.started_at + timedelta(seconds=8)
    until("it beats on", lambda: site.beats_after(worker, later))
    assert alive(attempt.pid)
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert worker.wait(SOON) == 0
    assert site.endings(job) == [Ending.SUCCEEDED]
    until("its children are gone", lambda: not any(alive(pid) for pid in family), within=3)
    assert "it is ended" in worker.text()


def test_a_worker_that_stops_with_a_job_in_a_process_that_never_takes_it_ends_and_the_job_runs(
    site: Site,
) -> None:
    worker = site.worker().ready()
    (child,) = set(children(worker.pid)) - set(worker.guards())
    os.kill(child, signal.SIGSTOP)
    job = site.submit("hello", name="Ada", seconds=0)
    until("the worker has it", lambda: site.publisher.waiting("default") == 0)

    worker.signal(signal.SIGTERM)

    assert worker.wait(SOON) == 0
    until("its process is gone", lambda: not alive(child), within=3)
    site.worker().ready()
    assert site.settled(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.SUCCEEDED]


def test_a_worker_that_waits_for_the_ledger_to_start_stops_when_it_is_told_to(site: Site) -> None:
    worker = site.worker(DATABASE_URL="postgresql+psycopg://postroom@127.0.0.1:9/away")
    until("it waits", lambda: "starts when the ledger answers" in worker.text())
    family = children(worker.pid)

    worker.signal(signal.SIGTERM)

    assert worker.wait(SOON) == 0
    until("its children are gone", lambda: not any(alive(pid) for pid in family), within=3)
