"""The broker may be away, forgetful or full of rubbish: no job is lost, none runs twice."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from kombu import Connection, Producer

import celeryconfig
from ledger.outbox import Unsent
from ledger.record import Ending, State
from tasks.publisher import MESSAGE_HEADER, Publisher
from tests.acceptance.conftest import Site, celery_at, lines
from tests.waiting import until

pytestmark = pytest.mark.broker

# So that a job whose message died is not sent again because its queue is empty.
ONLY_BY_LETTER = {"RESEND_AFTER": "3600"}


@contextmanager
def channel(site: Site) -> Iterator[Any]:
    with Connection(site.environment["CELERY_BROKER_URL"]) as connection:
        yield connection.default_channel


def publish(site: Site, body: bytes, headers: dict[str, Any], **properties: Any) -> None:
    with channel(site) as ch:
        Producer(ch).publish(
            body,
            exchange="postroom",
            routing_key="default",
            headers=headers,
            **({"content_type": "application/json", "content_encoding": "utf-8"} | properties),
        )


def depth(site: Site, queue: str) -> int:
    return site.publisher.waiting(queue)


def test_a_job_submitted_while_the_broker_is_away_is_accepted_and_sent_when_it_is_back(
    site: Site,
) -> None:
    away = Publisher(celery_at("amqp://guest:guest@127.0.0.1:9//"))
    there, site.publisher = site.publisher, away
    accepted = [site.accept("hello", name=f"{number}", seconds=0) for number in range(3)]
    site.publisher = there

    assert [one.sent for one in accepted] == [False, False, False]
    assert site.job(accepted[0].job).sent_at is None
    site.worker().ready()

    ended = [site.settled(one.job) for one in accepted]
    assert {job.state for job in ended} == {State.SUCCESS}
    assert [job.started_at for job in ended] == sorted(job.started_at for job in ended)  # type: ignore[type-var]  # all have started


@pytest.mark.parametrize("loss", ["purged", "deleted"])
def test_jobs_whose_messages_are_gone_are_sent_again(
    site: Site, gate: Path, trace: Path, loss: str
) -> None:
    site.worker(RESEND_AFTER="2").ready()
    first = site.submit("stays", trace=trace, gate=gate)
    site.started(first)
    waiting = [site.submit("hello", name="Ada", seconds=0) for _ in range(20)]
    until("they wait in the queue", lambda: depth(site, "default") == len(waiting))

    with channel(site) as ch:
        if loss == "purged":
            ch.queue_purge("default")
        else:
            ch.queue_delete("default")
    gate.touch()

    assert {site.settled(job, within=30).state for job in waiting} == {State.SUCCESS}
    assert {len(site.attempts(job)) for job in waiting} == {1}


def test_five_messages_of_one_job_make_one_run(site: Site, gate: Path, trace: Path) -> None:
    worker = site.worker(2).ready()
    job = site.submit("stays", trace=trace, gate=gate)
    again = Unsent(job, "stays", "default", 0, 0, {})
    for _ in range(2):
        site.publisher.send(again, "")
    site.started(job)
    site.publisher.send(again, "")
    gate.touch()
    site.settled(job)
    site.publisher.send(again, "")

    until("four are dropped", lambda: worker.text().count("is dropped") == 4)
    assert len(lines(trace, "began")) == 1
    assert site.endings(job) == [Ending.SUCCEEDED]


def test_a_second_message_in_the_same_worker_does_not_end_the_running_attempt(
    site: Site, gate: Path, trace: Path
) -> None:
    worker = site.worker(2, BEAT_EVERY="0.5").ready()
    job = site.submit("stays", trace=trace, gate=gate)
    site.started(job)

    site.publisher.send(Unsent(job, "stays", "default", 0, 0, {}), "")
    until("the second is dropped", lambda: "is dropped" in worker.text())
    (row,) = site.ledger.workers.alive(60)
    later = row.beat_at + timedelta(seconds=3)  # The clock looks at its pool twice a second.
    until("the clock has looked", lambda: site.ledger.workers.alive(60)[0].beat_at > later)
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.SUCCEEDED]


def headers(**more: Any) -> dict[str, Any]:
    whole = {"lang": "py", "task": "hello", "id": str(uuid4()), MESSAGE_HEADER: str(uuid4())}
    return whole | more


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in headers().items() if key != name}


GOOD_BODY = json.dumps([[], {}, {}]).encode()


@pytest.mark.parametrize(
    ("body", "head", "properties"),
    [
        pytest.param(GOOD_BODY, headers(), {}, id="no such job"),
        pytest.param(GOOD_BODY, headers(task="nothing"), {}, id="unknown kind"),
        pytest.param(GOOD_BODY, without("task"), {}, id="no task header"),
        pytest.param(GOOD_BODY, without("id"), {}, id="no id header"),
        pytest.param(GOOD_BODY, headers(task={"a": 1}), {}, id="task a mapping"),
        pytest.param(GOOD_BODY, headers(eta="tomorrow"), {}, id="bad eta"),
        pytest.param(GOOD_BODY, headers(expires="never"), {}, id="bad expires"),
        pytest.param(GOOD_BODY, headers(timelimit="long"), {}, id="time limit a string"),
        pytest.param(GOOD_BODY, headers(timelimit=["a", "b"]), {}, id="time limits strings"),
        pytest.param(b'[["more"], {"x": 1}, {}]', headers(), {}, id="surplus arguments"),
        pytest.param(b"{}", headers(), {}, id="body {}"),
        pytest.param(
            json.dumps({"task": "hello", "id": "7", "args": [], "kwargs": {}}).encode(),
            {"lang": "py"},
            {},
            id="Celery's older form",
        ),
        pytest.param(b"[1, 2]", headers(), {}, id="body [1, 2]"),
        pytest.param(b"null", headers(), {}, id="body null"),
        pytest.param(b"5", headers(), {}, id="body 5"),
        pytest.param(b"", headers(), {}, id="empty body"),
        pytest.param(b"not json", headers(), {}, id="not JSON"),
        pytest.param(b"\xff\xfe", headers(), {}, id="not UTF-8"),
        pytest.param(b'[[], "no mapping", {}]', headers(), {}, id="kwargs no mapping"),
        pytest.param(b'[{"a": 1}, {}, {}]', headers(), {}, id="args a mapping"),
        pytest.param(
            GOOD_BODY, headers(), {"content_type": "application/x-strange"}, id="strange type"
        ),
        pytest.param(
            GOOD_BODY, headers(), {"content_type": "application/x-python-serialize"}, id="pickle"
        ),
        pytest.param(GOOD_BODY, headers(compression="zip++"), {}, id="unknown compression"),
        pytest.param(GOOD_BODY, headers(id=7), {}, id="id a number"),
    ],
)
def test_a_message_that_is_no_job_of_ours_is_kept_and_the_worker_lives(
    site: Site, body: bytes, head: dict[str, Any], properties: dict[str, Any]
) -> None:
    worker = site.worker().ready()

    publish(site, body, head, **properties)
    shown = body.decode("utf-8", "backslashreplace")

    (letter,) = until(
        "it is kept for an operator", lambda: site.ledger.dead_letters.newest(9), within=10
    )
    assert (letter.queue, letter.reason) == ("default", "rejected")
    assert letter.body == shown
    assert letter.headers["lang"] == "py"
    assert depth(site, celeryconfig.DEAD_QUEUE.name) == 0
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    assert worker.running()


def test_a_job_whose_message_died_is_sent_again(site: Site, gate: Path, trace: Path) -> None:
    worker = site.worker(**ONLY_BY_LETTER).ready()
    first = site.submit("stays", trace=trace, gate=gate)
    site.started(first)
    waiting = [site.submit("hello", name="Ada", seconds=0) for _ in range(3)]
    with channel(site) as ch:
        for _ in waiting:
            ch.basic_reject(ch.basic_get("default").delivery_tag, requeue=False)

    until("they are sent again", lambda: worker.text().count("the job is not lost") == 3)
    gate.touch()

    assert {site.settled(job, within=10).state for job in (first, *waiting)} == {State.SUCCESS}
    assert site.ledger.dead_letters.newest(9) == []


def test_a_running_job_whose_message_died_runs_again_until_it_ends(
    site: Site, gate: Path, trace: Path
) -> None:
    site.limit_deliveries(2)
    site.worker(MAX_CRASHES="20", **ONLY_BY_LETTER).ready()
    job = site.submit("works_on", trace=trace, gate=gate)
    for number in range(1, 6):
        pid = site.started(job, attempt=number).pid
        os.kill(pid, signal.SIGKILL)
    site.started(job, attempt=6)
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert len(site.endings(job)) == 6


def test_a_dead_letter_of_any_size_is_kept(site: Site) -> None:
    site.worker().ready()

    publish(site, b"\0\xff" * 2_000_000, headers())

    (letter,) = until("it is kept", lambda: site.ledger.dead_letters.newest(9))
    assert letter.body.startswith("\\x00\\xff")
    assert letter.body.endswith("4,000,000 bytes in all")
