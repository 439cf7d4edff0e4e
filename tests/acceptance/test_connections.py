"""A connection that breaks under a running job: the old run stops, one new run follows."""

import time
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tests.acceptance.conftest import Site, lines
from tests.acceptance.workers import WorkerProcess, alive
from tests.proxy import Proxy
from tests.services import RabbitMQ
from tests.waiting import until

pytestmark = pytest.mark.broker

TOGETHER = 5  # seconds for which two processes may work on one job


def worker_behind(site: Site, proxy: Proxy, **settings: str) -> WorkerProcess:
    url = proxy.url(site.environment["CELERY_BROKER_URL"])
    return site.worker(CELERY_BROKER_URL=url, **settings).ready()


@pytest.mark.parametrize("kind", ["works_on", "hears_nothing"])
def test_a_reset_stops_the_old_run_and_one_new_run_follows(
    site: Site, rabbitmq: RabbitMQ, gate: Path, trace: Path, kind: str
) -> None:
    with Proxy(rabbitmq.address.port) as proxy:
        worker_behind(site, proxy)
        job = site.submit(kind, trace=trace, gate=gate)
        first = site.started(job)
        until("it works", lambda: lines(trace, "works"))
        site.worker().ready()

        proxy.reset()

        until("it runs again", lambda: len(lines(trace, "began")) == 2, within=5)
        again = time.monotonic()
        until("the old process is gone", lambda: not alive(first.pid), within=TOGETHER)
        assert time.monotonic() - again < TOGETHER
        gate.touch()
        assert site.settled(job).state is State.SUCCESS
        until(
            "the timeline tells",
            lambda: site.endings(job) == [Ending.INTERRUPTED, Ending.SUCCEEDED],
        )
        assert len(lines(trace, "began")) == 2


def test_ten_flaps_do_not_quarantine_a_job(
    site: Site, rabbitmq: RabbitMQ, gate: Path, trace: Path
) -> None:
    with Proxy(rabbitmq.address.port) as proxy:
        worker_behind(site, proxy, MAX_CRASHES="2", MAX_LOSSES="3")
        job = site.submit("works_on", trace=trace, gate=gate)
        for flap in range(1, 11):
            site.started(job, attempt=flap)
            until("it works", lambda: len(lines(trace, "began")) == flap)  # noqa: B023 - at once
            proxy.reset()
        site.started(job, attempt=11)
        gate.touch()

        assert site.settled(job).state is State.SUCCESS
        assert site.endings(job) == [Ending.INTERRUPTED] * 10 + [Ending.SUCCEEDED]
