"""Nothing of a paused queue is started, whatever is restarted meanwhile, and nothing is lost."""

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.jobs import Submission
from ledger.outbox import Unsent
from ledger.record import Ending, State
from tests.acceptance.conftest import Site, celery_at, lines
from tests.acceptance.workers import WorkerProcess
from tests.proxy import Proxy
from tests.services import RabbitMQ
from tests.waiting import until

pytestmark = pytest.mark.broker


@pytest.fixture
def proxy(rabbitmq: RabbitMQ) -> Iterator[Proxy]:
    with Proxy(rabbitmq.address.port) as made:
        yield made


def listens(site: Site, worker: WorkerProcess, *queues: str) -> bool:
    """Return whether a worker has said that it takes jobs of these queues, and of no other."""
    return any(
        one.pid == worker.pid and one.vitals and one.vitals.listening == queues
        for one in site.ledger.workers.alive(9)
    )


def test_nothing_of_a_paused_queue_is_started_though_its_worker_is_killed_and_comes_again(
    site: Site, trace: Path, gate: Path
) -> None:
    worker = site.worker(2).ready()
    running = site.submit("stays", trace=trace, gate=gate)
    pid = site.started(running).pid

    site.ledger.queues.pause("default", "ada", "the disk is full")
    until("the worker heeds it", lambda: listens(site, worker), within=3)
    waiting = [site.submit("stays", trace=trace, gate=gate) for _ in range(3)]
    gate.touch()
    assert site.settled(running).state is State.SUCCESS
    assert site.attempts(running)[0].pid == pid
    worker.signal(signal.SIGKILL)
    worker.wait()
    again = site.worker(2).ready()
    later = datetime.now(UTC) + timedelta(seconds=1)
    until("it is there for a while", lambda: site.beats_after(again, later))

    assert [site.job(job).state for job in waiting] == [State.PENDING] * 3
    assert [site.attempts(job) for job in waiting] == [[]] * 3
    resumed = time.monotonic()
    site.ledger.queues.resume("default")
    assert [site.settled(job).state for job in waiting] == [State.SUCCESS] * 3
    assert time.monotonic() - resumed < 3
    assert len(lines(trace, "began")) == 4


def test_a_job_that_waits_in_a_worker_for_a_free_process_goes_back_when_its_queue_is_paused(
    site: Site, trace: Path, gate: Path
) -> None:
    worker = site.worker(1, ANOTHER_QUEUE="second").ready()
    running = site.submit("stays", trace=trace, gate=gate)
    site.started(running)
    inputs = {"trace": str(trace), "gate": str(gate)}
    waiting, _new = site.ledger.jobs.submit(Submission("stays", "second", inputs, "ada"))
    site.publisher.send(Unsent(waiting, "stays", "second", 0, 0, inputs), "")
    site.ledger.outbox.mark_sent(waiting, 0)
    until("the worker holds it", lambda: site.publisher.waiting("second") == 0)

    site.ledger.queues.pause("second", "ada", "")
    until("it is given back", lambda: site.publisher.waiting("second") == 1, within=3)
    until("the worker says so", lambda: listens(site, worker, "default"), within=3)
    gate.touch()
    assert site.settled(running).state is State.SUCCESS
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    assert site.attempts(waiting) == []

    site.ledger.queues.resume("second")
    assert site.settled(waiting, within=3).state is State.SUCCESS


def test_a_paused_queue_stays_so_when_rabbitmq_cuts_its_worker_off(
    site: Site, proxy: Proxy, trace: Path, gate: Path
) -> None:
    proxy_url = proxy.url(site.environment["CELERY_BROKER_URL"])
    worker = site.worker(CELERY_BROKER_URL=proxy_url).ready()
    until("it listens", lambda: listens(site, worker, "default"))
    site.ledger.queues.pause("default", "ada", "")
    until("the worker heeds it", lambda: listens(site, worker), within=3)
    waiting = site.submit("stays", trace=trace, gate=gate)

    proxy.reset()
    until("it has connected again", lambda: worker.text().count("Connected to") == 2)
    later = datetime.now(UTC) + timedelta(seconds=1)
    until("it is there for a while", lambda: site.beats_after(worker, later))

    assert site.attempts(waiting) == []
    gate.touch()
    site.ledger.queues.resume("default")
    assert site.settled(waiting, within=3).state is State.SUCCESS


def test_a_job_goes_back_that_comes_before_rabbitmq_hears_that_its_queue_is_paused(
    site: Site, proxy: Proxy, trace: Path, gate: Path
) -> None:
    direct = site.environment["CELERY_BROKER_URL"]
    worker = site.worker(CELERY_BROKER_URL=proxy.url(direct)).ready()
    until("it listens", lambda: listens(site, worker, "default"))

    proxy.muffle()
    site.ledger.queues.pause("default", "ada", "")
    until("the worker heeds it", lambda: listens(site, worker), within=3)
    waiting = site.submit("stays", trace=trace, gate=gate)
    until("RabbitMQ gave it to the worker", lambda: site.publisher.waiting("default") == 0)
    proxy.speak()

    until("it is back", lambda: site.publisher.waiting("default") == 1, within=3)
    assert site.attempts(waiting) == []
    gate.touch()
    site.ledger.queues.resume("default")
    assert site.settled(waiting, within=3).state is State.SUCCESS


def test_a_draining_worker_finishes_and_takes_no_more_until_it_is_resumed(
    site: Site, trace: Path, gate: Path
) -> None:
    worker = site.worker(2).ready()
    running = site.submit("stays", trace=trace, gate=gate)
    (row,) = site.ledger.workers.alive(9)
    site.started(running)

    site.ledger.wishes.drain(row.id, "ada")
    until("it heeds it", lambda: listens(site, worker), within=3)
    waiting = site.submit("stays", trace=trace, gate=gate)
    control = celery_at(site.environment["CELERY_BROKER_URL"]).control
    ((answer,),) = [one.values() for one in control.add_consumer("default", reply=True, timeout=2)]
    assert "Postroom keeps in its ledger" in answer["error"]
    gate.touch()
    assert site.settled(running).state is State.SUCCESS
    assert site.attempts(waiting) == []
    site.ledger.wishes.resume(row.id)

    assert site.settled(waiting, within=3).state is State.SUCCESS


@pytest.mark.parametrize("asked", [True, False])
def test_a_worker_that_is_to_stop_takes_no_more_and_ends_after_its_jobs(
    site: Site, trace: Path, gate: Path, *, asked: bool
) -> None:
    worker = site.worker(2).ready()
    running = site.submit("stays", trace=trace, gate=gate)
    site.started(running)
    (row,) = site.ledger.workers.alive(9)

    if asked:
        site.ledger.wishes.stop(row.id)
    else:
        worker.signal(signal.SIGTERM)
    until("it is stopping", lambda: site.stopping(worker))
    until("it heeds it", lambda: listens(site, worker), within=3)
    waiting = site.submit("stays", trace=trace, gate=gate)
    until("the queue has it", lambda: site.publisher.waiting("default") == 1)
    gate.touch()

    assert worker.wait(15) == 0
    assert site.endings(running) == [Ending.SUCCEEDED]
    assert site.attempts(waiting) == []
