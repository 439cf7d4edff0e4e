"""What is wrong with a deployment, and for each thing the line that repairs it."""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from celery import Celery
from kombu import Connection, Producer, Queue

from ledger import Ledger
from ledger.errors import LedgerError, LedgerOutdated, LedgerUnavailable, StorageError
from tasks import acknowledgement
from tasks.kind import Kind
from tasks.kinds.commands import DECLARED_BY, catalogue
from tasks.line import WAIT

OLDEST_BROKER = (3, 10)
STUCK = 20.0  # seconds; longer than a clock takes to send again what got no answer
CLOCKS_MAY_DIFFER = timedelta(seconds=5)
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Verdict(StrEnum):
    """How a check came out."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's answer; `repair` says what to do where it is not good."""

    name: str
    verdict: Verdict
    words: str
    repair: str = ""


def examine(
    ledger: Ledger,
    app: Celery,
    kinds: Mapping[str, Kind],
    now: Callable[[], datetime] | None = None,
) -> Iterator[Finding]:
    """Yield what is found, one check after another; it takes a few seconds in any weather.

    Args:
        ledger: the deployment's.
        app: the Celery app, for its broker and its queues.
        kinds: what can be submitted, by name.
        now: this machine's clock.
    """
    database = _database(ledger)
    yield database
    if database.verdict is Verdict.GOOD:
        yield _clocks(ledger, now or (lambda: datetime.now(UTC)))
        yield from _workers(ledger, kinds)
    yield from _commands(ledger, app, kinds)
    yield _storage(ledger)
    takes_messages, ctl = True, _rabbitmqctl(ledger)
    for found in _broker(app, ctl):
        takes_messages &= found.verdict is not Verdict.WRONG
        yield found
    if takes_messages and database.verdict is Verdict.GOOD:
        yield from _outbox(ledger, kinds, ctl)
    yield _acknowledgement(ledger.settings.ack_timeout, kinds)
    yield _password(app)


def _database(ledger: Ledger) -> Finding:
    try:
        ledger.require_current()
    except LedgerOutdated as error:
        return Finding("ledger", Verdict.WRONG, str(error), "python -m ledger upgrade")
    except LedgerUnavailable as error:
        return Finding(
            "ledger",
            Verdict.WRONG,
            f"The database does not answer: {error}",
            "Start the database, or set DATABASE_URL to where it is.",
        )
    return Finding("ledger", Verdict.GOOD, "The database answers, its tables are current.")


def _clocks(ledger: Ledger, now: Callable[[], datetime]) -> Finding:
    apart = abs(ledger.database.read_clock() - now())
    if apart > CLOCKS_MAY_DIFFER:
        return Finding(
            "clocks",
            Verdict.DOUBTFUL,
            f"This machine's clock and the database's are {apart.total_seconds():.0f} s apart."
            " Jobs run right all the same, but times on pages look odd.",
            "Let both machines follow the same time server, for instance: apt install chrony",
        )
    return Finding("clocks", Verdict.GOOD, "This machine's clock and the database's agree.")


def _workers(ledger: Ledger, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    alive = ledger.workers.alive(ledger.settings.heart_timeout)
    paused = ledger.queues.paused()
    for queue in sorted({kind.queue for kind in kinds.values()}):
        listening = [one for one in alive if queue in one.queues and one.draining_at is None]
        if pause := paused.get(queue):
            words = f"{pause.by} has paused {queue}: {pause.why}"
            repair = f"flask --app webapp queue resume {queue}"
            yield Finding(f"workers of {queue}", Verdict.DOUBTFUL, words, repair)
        elif listening:
            places = sum(worker.concurrency for worker in listening)
            words = f"{len(listening)} workers listen, {places} jobs can run at a time."
            yield Finding(f"workers of {queue}", Verdict.GOOD, words)
        else:
            repair = f"celery -A tasks worker -Q {queue}"
            words = f"No worker listens to {queue}, so its jobs wait."
            yield Finding(f"workers of {queue}", Verdict.WRONG, words, repair)
    hosts = {worker.host for worker in alive}
    folder = "://" not in ledger.settings.storage_url
    if folder and hosts - {socket.gethostname()}:
        yield Finding(
            "shared storage",
            Verdict.DOUBTFUL,
            f"Workers run on {', '.join(sorted(hosts))}, and files are kept in the folder"
            f" {ledger.settings.storage_url}: is it the same one on all of them?",
            "Mount a shared folder there, or set STORAGE_URL to a server that all reach.",
        )


def _commands(ledger: Ledger, app: Celery, kinds: Mapping[str, Kind]) -> Iterator[Finding]:
    file = ledger.settings.commands
    taken = {kind.name for kind in kinds.values() if kind.function.__module__ != DECLARED_BY}
    found = catalogue.read(file, app.conf["QUEUES"], taken)
    for problem in found.problems:
        verdict, repair = (
            (Verdict.WRONG, f"Correct {file}, then start the workers and the console again.")
            if problem.fatal
            else (Verdict.DOUBTFUL, "Install it where workers run; here it need not be.")
        )
        yield Finding("commands", verdict, str(problem), repair)
    if not found.problems:
        words = f"{len(found.entries)} entries of {file.name} are right."
        yield Finding("commands", Verdict.GOOD, words)


def _storage(ledger: Ledger) -> Finding:
    try:
        ledger.files.require()
    except StorageError as error:
        repair = "pip install it beside the others, or set STORAGE_URL to another place."
        return Finding("storage", Verdict.WRONG, str(error), repair)
    try:
        ledger.files.probe()
    except LedgerError as error:
        return Finding(
            "storage",
            Verdict.WRONG,
            str(error),
            f"Make room in {ledger.settings.storage_url} and let this user write to it,"
            " or set STORAGE_URL to another place.",
        )
    return Finding("storage", Verdict.GOOD, "Files can be written, read and deleted.")


def _rabbitmqctl(ledger: Ledger) -> str:
    """Return what an operator types to speak to RabbitMQ: the private node has its own program."""
    broker = urlsplit(ledger.settings.celery_broker_url.get_secret_value())
    node = ledger.settings.postroom_var / "rabbitmq"
    with suppress(OSError):
        said = node.joinpath("rabbitmq.conf").read_text(encoding="utf-8").splitlines()
        listens = f"listeners.tcp.default = 127.0.0.1:{broker.port or 5672}"
        if broker.hostname in LOOPBACK and listens in said:
            return str(node / "rabbitmqctl")
    return "rabbitmqctl"


def _broker(app: Celery, ctl: str) -> Iterator[Finding]:
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


def _outbox(ledger: Ledger, kinds: Mapping[str, Kind], ctl: str) -> Iterator[Finding]:
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


def _acknowledgement(seconds: float, kinds: Mapping[str, Kind]) -> Finding:
    """Compare the kinds with what we were told: over the network RabbitMQ can't be asked."""
    name = "acknowledgement timeout"
    try:
        acknowledgement.check(kinds.values(), seconds)
    except acknowledgement.AckTimeoutTooShort as error:
        words = " ".join(error.words.splitlines())
        return Finding(name, Verdict.WRONG, f"{words} No worker starts.", error.repair)
    words = f"RabbitMQ waits for the longest kind, if it waits {seconds:g} s (ACK_TIMEOUT)."
    return Finding(name, Verdict.GOOD, words)


def _password(app: Celery) -> Finding:
    broker: Any = urlsplit(app.conf.broker_url)
    if broker.hostname not in LOOPBACK and (broker.username or "guest") == "guest":
        return Finding(
            "password",
            Verdict.WRONG,
            "The broker is on another machine, with RabbitMQ's default user.",
            "rabbitmqctl add_user postroom …, and set CELERY_BROKER_URL to it.",
        )
    return Finding("password", Verdict.GOOD, "No default password is used over the network.")
