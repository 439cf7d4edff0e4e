"""Many clocks over one ledger: nothing is sent twice, nobody waits long, old jobs go."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.record import State
from tests.acceptance.conftest import Site
from tests.waiting import until

pytestmark = pytest.mark.broker

JOBS = 200
WORKERS = 5


def test_many_clocks_send_each_job_once_and_hold_nobody_up(site: Site) -> None:
    workers = [site.worker() for _ in range(WORKERS)]
    for worker in workers:
        worker.ready()
    site.publish_to("amqp://guest:guest@127.0.0.1:9//")
    jobs = [site.submit("hello", name="Ada", seconds=0) for _ in range(JOBS)]

    # When a submit had its time to send by itself, all of them are due for every clock.
    until("all have ended", lambda: site.ledger.jobs.counts() == {State.SUCCESS: JOBS}, within=40)

    logs = "".join(worker.text() for worker in workers)
    assert "is dropped" not in logs
    assert "waits for the ledger" not in logs
    assert {len(site.attempts(job)) for job in jobs} == {1}


def test_old_jobs_are_forgotten_by_the_clock_where_the_operator_says_so(site: Site) -> None:
    first = site.worker().ready()
    job = site.submit("hello", name="Ada", seconds=0)
    settled = site.settled(job).finished_at
    first.end()
    assert settled is not None
    until("it is old", lambda: datetime.now(UTC) - settled > timedelta(seconds=1))

    site.worker(KEEP_FOR="1").ready()

    # The dead worker's lease has to lapse first.
    until("it is forgotten", lambda: not site.ledger.jobs.counts(), within=15)
    assert site.attempts(job) == []
