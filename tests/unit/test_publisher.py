"""In any weather a submit answers within 3 seconds; here the weather is made of plain sockets."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from celery import Celery

from ledger.outbox import Unsent
from tasks.line import NotSent
from tasks.publisher import PIECE, Message, Publisher

JOB = Unsent("job", "hello", "default", 0, 0, {})
BOUND = 3  # seconds


def publisher(port: int) -> Publisher:
    client = Celery("tests", config_source="celeryconfig", set_as_current=False)
    client.conf.broker_url = f"amqp://guest:guest@127.0.0.1:{port}//"
    return Publisher(client)


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that accepts connections and says nothing, as a frozen broker does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_broker_that_is_not_there_is_told_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    began = time.monotonic()

    with pytest.raises(NotSent):
        publisher(port).send(JOB, "")

    assert time.monotonic() - began < 1


def test_a_broker_that_says_nothing_is_given_up_in_time(silent: int) -> None:
    began = time.monotonic()

    with pytest.raises(NotSent):
        publisher(silent).send(JOB, "")

    assert time.monotonic() - began < BOUND


def test_ten_who_wait_for_a_silent_broker_all_get_their_answer_in_time(silent: int) -> None:
    shared = publisher(silent)
    took: list[float] = []

    def send() -> None:
        began = time.monotonic()
        with pytest.raises(NotSent):
            shared.send(JOB, "")
        took.append(time.monotonic() - began)

    threads = [threading.Thread(target=send) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(took) == 10
    assert max(took) < BOUND


def test_many_messages_for_a_silent_broker_take_no_longer_than_one(silent: int) -> None:
    began = time.monotonic()
    sent = publisher(silent).send_all([Message(JOB, "")] * PIECE)

    assert (sent.jobs, type(sent.error)) == ([], NotSent)
    assert time.monotonic() - began < BOUND
