"""Whether a RabbitMQ answers: what is asked of it, and what is made of the answer."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from launch import ports
from launch.amqp import Address, RefusedError, SilentError, greet
from tests.services import RabbitMQ


@contextmanager
def somebody_who_says(answer: bytes) -> Iterator[Address]:
    """A server that is no broker: it gives one answer and hangs up, or none and waits."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            wire, _ = listener.accept()
            with wire:
                wire.recv(8)
                if answer:
                    wire.sendall(answer)
                else:
                    wire.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        yield Address("127.0.0.1", listener.getsockname()[1])
        thread.join(10)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("amqp://", Address()),
        ("amqp://localhost//", Address()),
        (
            "amqp://ada:b%40d@mq.example:5673/a%2Fb",
            Address("mq.example", 5673, "ada", "b@d", "a/b"),
        ),
        ("pyamqp://localhost/jobs", Address(vhost="jobs")),
        ("amqps://mq.example", Address("mq.example", 5671, tls=True)),
    ],
)
def test_a_broker_url_is_read_as_celery_reads_it(url: str, address: Address) -> None:
    assert Address.parse(url) == address


@pytest.mark.parametrize("url", ["redis://localhost", "localhost:5672", "amqp://localhost:many"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"amqp|[Pp]ort"):
        Address.parse(url)


@pytest.mark.broker
def test_a_broker_says_who_it_is(rabbitmq: RabbitMQ) -> None:
    greeting = greet(rabbitmq.address)

    assert greeting.cluster == "tests"
    assert greeting.version


@pytest.mark.broker
@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"vhost": "nowhere"}])
def test_a_broker_that_does_not_let_us_in_says_why(
    rabbitmq: RabbitMQ, wrong: dict[str, str]
) -> None:
    with pytest.raises(RefusedError, match=r"403 ACCESS_REFUSED|530 NOT_ALLOWED"):
        greet(replace(rabbitmq.address, **wrong))  # type: ignore[arg-type]  # All are texts.


def test_nobody_there_is_silence() -> None:
    [free] = ports.free()

    with pytest.raises(SilentError, match="refused"):
        greet(Address("127.0.0.1", free))


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"AMQP\x00\x00\x09\x01", b"\x01\x00\x00"]
)
def test_another_program_on_the_port_is_silence(answer: bytes) -> None:
    with somebody_who_says(answer) as address, pytest.raises(SilentError):
        greet(address)


def test_a_port_that_is_open_and_mute_is_silence_soon() -> None:
    with somebody_who_says(b"") as address, pytest.raises(SilentError, match="timed out"):
        greet(address, seconds=0.2)
