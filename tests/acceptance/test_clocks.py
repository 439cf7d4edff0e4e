"""Many clocks over one ledger: nothing is sent twice, nobody waits long, old jobs go."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from ledger import Ledger
from ledger.workers import NewWorker
from tasks.clock import Clock
from tasks.kind import kinds
from tasks.publisher import Publisher
from tasks.reports import Reports
from tests.acceptance.conftest import Site, celery_at
from tests.waiting import until

pytestmark = pytest.mark.broker

JOBS = 400


@contextmanager
def clock(site: Site, name: str) -> Iterator[Clock]:
    """A clock as another worker would have it, with a ledger and a connection of its own."""
    ledger = Ledger(site.ledger.settings)
    ledger.workers.register(NewWorker(name, name, "here", 1, ["default"], 1, "1"))
    publisher = Publisher(celery_at(site.environment["CELERY_BROKER_URL"]))
    running = Clock(ledger, publisher, kinds(), name, Reports(), "postroom.dead")
    yield running
    running.stop()
    publisher.close()
    ledger.close()


@pytest.mark.parametrize("many", [2, 5, 10])
def test_many_clocks_send_each_job_once_and_hold_nobody_up(
    site: Site, caplog: pytest.LogCaptureFixture, many: int
) -> None:
    site.publish_to("amqp://guest:guest@127.0.0.1:9//")
    for _ in range(JOBS):
        site.submit("hello", name="Ada", seconds=0)
    site.publish_to(site.environment["CELERY_BROKER_URL"])

    with ExitStack() as stack:
        clocks = [stack.enter_context(clock(site, f"w{number}")) for number in range(many)]
        for one in clocks:  # In one moment, so that they would send side by side.
            one.start()
        until("all are sent", lambda: site.ledger.jobs.unsent(0, 1) == [], within=20)
        until("the others had a turn", lambda: len(beating(site)) == many)

    assert site.publisher.waiting("default") == JOBS
    assert "waits for the ledger" not in caplog.text


def beating(site: Site) -> list[str]:
    """Return who has beaten since it was registered."""
    alive = site.ledger.workers.alive(60)
    return [one.name for one in alive if one.beat_at > one.started_at]


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
