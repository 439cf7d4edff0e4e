"""What is wrong with RabbitMQ, or with what a deployment has there."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from celery import Celery
from kombu import Connection, Producer, Queue

from ledger import Ledger
from tasks import acknowledgement
from tasks.findings import Finding, Verdict
from tasks.kind import Kind
from tasks.line import WAIT

OLDEST_BROKER = (3, 10)
STUCK = 20.0  # seconds; longer than a clock takes to send again what got no answer
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def rabbitmqctl(ledger: Ledger) -> str:
    """Return what an operator types to speak to RabbitMQ: the private node has its own program."""
    address = urlsplit(ledger.settings.celery_broker_url.get_secret_value())
    node = ledger.settings.postroom_var / "rabbitmq"
    with suppress(OSError):
        said = node.joinpath("rabbitmq.conf").read_text(encoding="utf-8").splitlines()
        listens = f"listeners.tcp.default = 127.0.0.1:{address.port or 5672}"
        if address.hostname in LOOPBACK and listens in said:
            return str(node / "rabbitmqctl")
    return "rabbitmqctl"


def broker(app: Celery, ctl: str) -> Iterator[Finding]:
    """Tell whether RabbitMQ answers, takes messages, and has our queues.

    Args:
        app: for its connection and its queues.
        ctl: what an operator types to speak to RabbitMQ.
    """
    connection = app.connection_for_write(connect_timeout=WAIT, heartbeat=0).clone(
        transport_options={"confirm_publish": True}
    )
    refusals = (*connection.connection_errors, *connection.channel_errors, OSError)
    try:
        # The transport itself, for kombu's own connect would try again and again.
        connection.transport.establish_connection().close()
        connection.connect()
        connection.connection.transport.sock.settimeout(WAIT)
        yield _version(connection)
        yield _confirms(connection, ctl)
        for queue in (app.conf["DEAD_QUEUE"], *app.conf.task_queues):
            yield _queue(connection, queue, ctl)
    except refusals as error:
        yield Finding(
            "broker",
            Verdict.WRONG,
            f"RabbitMQ does not answer at {connection.as_uri()}: {error}",
            "Start it, or set CELERY_BROKER_URL to where it is. Jobs are accepted meanwhile.",
        )
    finally:
        connection.collect()


def _version(connection: Connection) -> Finding:
    version = str(connection.connection.server_properties.get("version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_BROKER:
        words = f"RabbitMQ is {version}; quorum queues do what we need from 3.10 on."
        return Finding("broker", Verdict.WRONG, words, "Install a newer RabbitMQ.")
    return Finding("broker", Verdict.GOOD, f"RabbitMQ {version} answers.")


def _confirms(connection: Connection, ctl: str) -> Finding:
    """Send a message to a queue of our own: an alarm holds it back."""
    channel = connection.default_channel
    name = f"postroom.doctor.{uuid4()}"
    channel.queue_declare(name, exclusive=True, auto_delete=True)
    try:
        # With a body: in an alarm RabbitMQ reads a new connection's first message up to there.
        Producer(channel, auto_declare=False).publish(
            b"any", routing_key=name, mandatory=True, confirm_timeout=WAIT
        )
    except (*connection.connection_errors, OSError) as error:
        return Finding(
            "confirms",
            Verdict.WRONG,
            f"RabbitMQ takes no messages: {error}. A memory or disk alarm does that.",
            f"{ctl} status names the alarm; free memory or disk. Jobs wait meanwhile.",
        )
    return Finding("confirms", Verdict.GOOD, "RabbitMQ takes messages and confirms them.")


def _queue(connection: Connection, queue: Queue, ctl: str) -> Finding:
    name = f"queue {queue.name}"
    with connection.channel() as channel:
        try:
            queue.bind(channel).queue_declare(passive=True)
            queue.bind(channel).declare()
        except connection.channel_errors as error:
            code = getattr(error, "reply_code", None)
            if code == 404:  # noqa: PLR2004 - AMQP's NOT_FOUND
                words = "It is not there yet; the first worker or job makes it."
                return Finding(name, Verdict.DOUBTFUL, words, "celery -A tasks worker")
            return Finding(
                name,
                Verdict.WRONG,
                f"It exists with other arguments than ours: {error}",
                f"When it is empty: {ctl} delete_queue {queue.name}",
            )
    return Finding(name, Verdict.GOOD, "It is there, with our arguments.")


def outbox(ledger: Ledger, kinds: Mapping[str, Kind], ctl: str) -> Iterator[Finding]:
    """Tell of queues that take nothing though RabbitMQ does: one may have lost its leader."""
    if not ledger.workers.alive(ledger.settings.heart_timeout):
        return  # Nobody is there to send.
    stuck = ledger.outbox.stuck(STUCK, list(kinds))
    for queue, number in stuck.items():
        what = "1 job has" if number == 1 else f"{number:,} jobs have"
        yield Finding(
            f"outbox of {queue}",
            # After an outage many are sent, one after the other.
            Verdict.DOUBTFUL,
            f"RabbitMQ takes other messages, but {what} waited for {STUCK:g} s to be sent to"
            f" {queue}. A queue that has lost its leader takes none, for good.",
            f"If it is still so in a minute: {ctl} delete_queue {queue}. Workers make it anew, and"
            " all that waits is sent.",
        )
    if not stuck:
        yield Finding("outbox", Verdict.GOOD, "All that is accepted and due has been sent.")


def acknowledged_in_time(seconds: float, kinds: Mapping[str, Kind]) -> Finding:
    """Compare the kinds with what we were told: over the network RabbitMQ can't be asked."""
    name = "acknowledgement timeout"
    try:
        acknowledgement.check(kinds.values(), seconds)
    except acknowledgement.AckTimeoutTooShort as error:
        words = " ".join(error.words.splitlines())
        return Finding(name, Verdict.WRONG, f"{words} No worker starts.", error.repair)
    words = f"RabbitMQ waits for the longest kind, if it waits {seconds:g} s (ACK_TIMEOUT)."
    return Finding(name, Verdict.GOOD, words)


def password(app: Celery) -> Finding:
    """Tell whether RabbitMQ's default user is used over the network."""
    address: Any = urlsplit(app.conf.broker_url)
    if address.hostname not in LOOPBACK and (address.username or "guest") == "guest":
        return Finding(
            "password",
            Verdict.WRONG,
            "The broker is on another machine, with RabbitMQ's default user.",
            "rabbitmqctl add_user postroom …, and set CELERY_BROKER_URL to it.",
        )
    return Finding("password", Verdict.GOOD, "No default password is used over the network.")
