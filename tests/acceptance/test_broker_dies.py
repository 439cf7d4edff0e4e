"""RabbitMQ dies, comes back, comes back with nothing, or takes no messages: every job ends."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from ledger.record import Cause, Ending, State
from tasks.doctor import examine
from tasks.findings import Finding
from tasks.kind import kinds
from tasks.line import NotSent
from tests.acceptance.conftest import Site, celery_at, lines
from tests.proxy import Proxy
from tests.services import RabbitMQ
from tests.waiting import until

pytestmark = pytest.mark.broker

QUEUED = 200
ANSWER = 3  # seconds that a submit may take in any weather


@pytest.fixture(scope="module")
def rabbitmq() -> Iterator[RabbitMQ]:
    """A node that tests may kill."""
    with RabbitMQ() as own:
        yield own


def queued(site: Site) -> list[str]:
    return [site.submit("hello", name="Ada", seconds=0) for _ in range(QUEUED)]


def all_succeed(site: Site, jobs: list[str], within: float) -> None:
    def open_ones() -> int:
        counts = site.ledger.jobs.counts()
        return sum(number for state, number in counts.items() if not state.settled)

    until("every job has ended", lambda: open_ones() == 0, within)
    assert {site.job(job).state for job in jobs} == {State.SUCCESS}


def test_all_jobs_end_when_the_broker_is_killed_and_workers_are_back_within_five_seconds(
    site: Site, rabbitmq: RabbitMQ, gate: Path, trace: Path
) -> None:
    workers = [site.worker(2).ready(), site.worker(2).ready()]
    running = [site.submit("stays", trace=trace, gate=gate) for _ in range(4)]
    until("four run", lambda: len(lines(trace, "began")) == len(running))
    waiting = queued(site)

    rabbitmq.kill()
    until(
        "the workers try at a steady pace",
        lambda: all(one.text().count("Trying again in 2.00 seconds") == 3 for one in workers),
    )
    rabbitmq.start()
    until(
        "the workers are back",
        lambda: all(one.text().count("Connected to") == 2 for one in workers),
        within=5,
    )
    assert site.accept("hello", name="Ada", seconds=0).sent
    gate.touch()

    all_succeed(site, running + waiting, within=30)
    until(
        "every timeline tells",
        lambda: (
            {tuple(site.endings(job)) for job in running}
            == {(Ending.INTERRUPTED, Ending.SUCCEEDED)}
        ),
    )


def test_all_jobs_end_when_the_broker_comes_back_with_an_empty_disk(
    site: Site, rabbitmq: RabbitMQ, gate: Path, trace: Path
) -> None:
    site.worker(2).ready()
    running = site.submit("stays", trace=trace, gate=gate)
    site.started(running)
    waiting = queued(site)

    rabbitmq.kill()
    rabbitmq.wipe()
    rabbitmq.start()
    recreate(rabbitmq, site.environment["CELERY_BROKER_URL"])
    gate.touch()

    all_succeed(site, [running, *waiting], within=30)
    assert {len(site.attempts(job)) for job in waiting} == {1}


def recreate(rabbitmq: RabbitMQ, url: str) -> None:
    """Make the virtual host again: an operator's part, or that of the node's definitions."""
    vhost = url.rpartition("/")[2]
    rabbitmq.api("PUT", f"vhosts/{vhost}")
    rabbitmq.api(
        "PUT",
        f"permissions/{vhost}/guest",
        {"configure": ".*", "write": ".*", "read": ".*"},
    )


@pytest.mark.parametrize("weather", ["in memory alarm", "black-holed"])
def test_a_submit_answers_soon_and_its_job_is_sent_when_the_broker_takes_messages_again(
    site: Site, rabbitmq: RabbitMQ, weather: str
) -> None:
    with Proxy(rabbitmq.address.port) as proxy:
        there = site.environment["CELERY_BROKER_URL"]
        site.publish_to(proxy.url(there))
        site.submit("hello", name="Ada", seconds=0)
        if weather == "in memory alarm":
            rabbitmq.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
        else:
            proxy.silence()

        accepted, took = [], []
        for number in range(3):
            began = time.monotonic()
            accepted.append(site.accept("hello", name=f"{number}", seconds=0))
            took.append(time.monotonic() - began)
        rabbitmq.rabbitmqctl("set_vm_memory_high_watermark", "0.4")
        proxy.speak()

    assert [one.sent for one in accepted] == [False, False, False]
    assert max(took) < ANSWER
    site.worker().ready()
    # In what order is chance: a message that RabbitMQ did not confirm may arrive all the same.
    all_succeed(site, [one.job for one in accepted], within=8)


def test_a_broker_that_falls_silent_is_given_up_soon_by_whoever_asks_how_much_waits(
    site: Site, rabbitmq: RabbitMQ
) -> None:
    with Proxy(rabbitmq.address.port) as proxy:
        site.publish_to(proxy.url(site.environment["CELERY_BROKER_URL"]))
        assert site.publisher.waiting("default") == 0
        proxy.silence()
        began = time.monotonic()

        with pytest.raises(NotSent):
            site.publisher.waiting("default")

        assert time.monotonic() - began < ANSWER


@pytest.fixture
def impatient(rabbitmq: RabbitMQ) -> Iterator[float]:
    """An acknowledgement timeout of seconds, which the node looks at every second."""
    patience = "application:get_env(rabbit, consumer_timeout)."
    was = rabbitmq.rabbitmqctl("eval", patience).strip("{}ok, \n")

    def let(setting: str, milliseconds: str) -> None:
        rabbitmq.rabbitmqctl("eval", f"application:set_env(rabbit, {setting}, {milliseconds}).")

    let("channel_tick_interval", "1000")
    let("consumer_timeout", "4000")
    yield 4
    let("consumer_timeout", was)
    let("channel_tick_interval", "60000")


def test_a_queue_that_lost_its_leader_is_told_and_once_deleted_all_that_waits_runs(
    site: Site, rabbitmq: RabbitMQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.broker_checks.STUCK", 1.0)
    broker_url = site.environment["CELERY_BROKER_URL"]
    with Connection(broker_url) as connection:
        for queue in celery_at(broker_url).conf.task_queues:
            queue.bind(connection.default_channel).declare()
    rabbitmq.kill(registered=False)
    rabbitmq.start()
    worker = site.worker()
    accepted = site.accept("hello", name="Ada", seconds=0)
    if accepted.sent:
        pytest.skip("this RabbitMQ registers a queue before it says that it is there")

    def told() -> Finding | None:
        found = examine(site.ledger, celery_at(broker_url), kinds())
        return next((one for one in found if one.name == "outbox of default"), None)

    finding = until("the doctor tells of it", told)
    assert "rabbitmqctl delete_queue default" in finding.repair
    rabbitmq.rabbitmqctl("delete_queue", "--vhost", broker_url.rpartition("/")[2], "default")

    assert site.settled(accepted.job).state is State.SUCCESS
    assert worker.running()
    assert told() is None


def test_a_job_longer_than_the_brokers_own_limit_fails_with_the_reason_and_does_not_circle(
    site: Site, impatient: float, gate: Path, trace: Path
) -> None:
    site.worker().ready()
    site.worker().ready()
    job = site.submit("works_on", trace=trace, gate=gate)
    neighbour = site.submit("hello", name="Ada", seconds=0)

    ended = site.settled(job)

    assert (ended.state, ended.cause) == (State.FAILURE, Cause.TIMEOUT)
    assert ended.error is not None
    assert f"RabbitMQ waits {impatient:g} s" in ended.error.message
    assert site.endings(job)[0] is Ending.TIMED_OUT
    assert site.settled(neighbour).state is State.SUCCESS
    until("nobody works on it any more", lambda: site.stands_still(trace), within=5)
    assert len(lines(trace, "began")) <= 2
