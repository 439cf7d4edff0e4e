"""Many jobs are handed to RabbitMQ in one go: in order, each confirmed, and none taken for sent."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from ledger.jobs import Submission
from ledger.outbox import Unsent
from tasks.line import NotSent
from tasks.publisher import Message, Publisher
from tasks.queue import send_all
from tests.acceptance.conftest import Site, celery_at
from tests.waiting import until

pytestmark = pytest.mark.broker


def messages(number: int, queue: str = "default") -> list[Message]:
    return [
        Message(Unsent(f"{queue}-{one}", "hello", queue, 0, 0, {}), f"number {one}")
        for one in range(number)
    ]


def taken(site: Site, limit: int = 1_000) -> list[str]:
    """Take what the queue holds, and return the jobs in their order."""
    found: list[str] = []

    def keep(message: Any) -> None:
        found.append(message.properties["correlation_id"])

    site.publisher.take("default", keep, limit)
    return found


def test_many_messages_arrive_in_their_order(site: Site) -> None:
    sent = site.publisher.send_all(many := messages(700))
    assert (sent.jobs, sent.error) == ([one.job for one in many], None)
    assert taken(site) == [one.job.id for one in many]


@pytest.mark.parametrize("fresh", [True, False])
def test_of_many_messages_only_those_that_a_queue_took_count_as_sent(
    site: Site, *, fresh: bool
) -> None:
    if not fresh:
        site.publisher.send_all(messages(1))
        assert taken(site) == ["default-0"]
    good, bad = messages(4), messages(2, "nowhere")
    sent = site.publisher.send_all([good[0], bad[0], *good[1:], bad[1]])
    assert [job.id for job in sent.jobs] == [one.job.id for one in good]
    assert isinstance(sent.error, NotSent)
    assert taken(site) == [one.job.id for one in good]
    # The next one is none the worse for it.
    assert site.publisher.send_all(messages(1)).error is None


def test_what_many_threads_send_at_once_arrives_whole(site: Site) -> None:
    many = messages(200)
    with ThreadPoolExecutor(16) as pool:
        for sent in pool.map(lambda one: site.publisher.send(one.job, one.summary), many):
            assert sent is None
        with pytest.raises(NotSent):
            site.publisher.send(messages(1, "nowhere")[0].job, "")
    assert sorted(taken(site)) == sorted(one.job.id for one in many)


def test_a_deleted_queue_is_made_again_for_what_is_to_go_there(site: Site) -> None:
    site.publisher.send_all(messages(1))
    with Connection(site.environment["CELERY_BROKER_URL"]) as connection:
        connection.default_channel.queue_delete("default")
    assert site.publisher.send_all(messages(3)).error is None
    assert taken(site) == ["default-0", "default-1", "default-2"]


def test_nothing_counts_as_sent_that_a_broker_which_is_away_was_to_get(site: Site) -> None:
    away = Publisher(celery_at("amqp://guest:guest@127.0.0.1:9//"))
    ids = [site.ledger.jobs.submit(hello(number))[0] for number in range(3)]
    unsent = site.ledger.outbox.unsent(0, 9)
    kinds = {"hello": site.kind("hello")}
    assert send_all(site.ledger, away, kinds, unsent) == 0
    assert [one.id for one in site.ledger.outbox.unsent(0, 9)] == ids
    assert send_all(site.ledger, site.publisher, kinds, unsent) == 3
    assert site.ledger.outbox.unsent(0, 9) == []


def hello(number: int) -> Submission:
    return Submission("hello", "default", {"name": f"{number}", "seconds": 0}, "ada")


def test_a_long_outbox_is_sent_within_a_few_ticks_and_in_order(
    site: Site, gate: Path, trace: Path
) -> None:
    worker = site.worker(1, SEND_GRACE="0", BEAT_EVERY="0.1").ready()
    busy = site.submit("stays", trace=trace, gate=gate)
    site.started(busy)
    arrived = site.ledger.arrivals.add_all([hello(number) for number in range(10_000)])
    began = site.ledger.database.read_clock()
    # By two hundred in each half second it would take 25 s, on the quickest of machines.
    until("all are sent", lambda: site.ledger.outbox.unsent(0, 1) == [], within=20)
    assert site.beats_after(worker, began), "the heart stood still meanwhile"
    assert site.publisher.waiting("default") >= 10_000
    # Without grace, the clock may have sent the first one too.
    first = [job for job in taken(site, 500) if job != busy]
    assert first == [one.id for one in arrived[: len(first)] if one]
    gate.touch()
    site.settled(busy)
    assert "sent again" not in worker.text()
