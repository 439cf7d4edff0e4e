"""Sends messages with confirms and mandatory routing, every wait bounded."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar
from uuid import uuid4

from amqp.exceptions import NotFound
from celery import Celery
from kombu import Connection, Producer

from ledger.jobs import Unsent

Answer = TypeVar("Answer")

WAIT = 0.8  # seconds for each single answer of RabbitMQ
MESSAGE_HEADER = "postroom-message"  # A message's own id; a job can have several messages.


class NotSent(Exception):
    """RabbitMQ did not confirm. The message may have arrived all the same: send it again."""


class Publisher:
    """Sends on a connection of its own, with confirms and mandatory routing, every wait bounded.

    It may be shared by threads; after a fork the child's first message opens another connection.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._pid = os.getpid()

    def send(self, job: Unsent, summary: str) -> None:
        """Send one message that names the job.

        Args:
            job: the job as it stands in the ledger.
            summary: its inputs without secrets, for Flower.

        Raises:
            NotSent: RabbitMQ did not confirm in time, or nobody took the message.
        """
        message = self._app.amqp.as_task_v2(
            job.id, job.kind, argsrepr=summary, kwargsrepr="{}", ignore_result=True
        )
        headers = message.headers | {MESSAGE_HEADER: str(uuid4())}

        def publish(connection: Connection) -> None:
            Producer(connection.default_channel, auto_declare=False).publish(
                message.body,
                exchange=self._app.conf.task_default_exchange,
                routing_key=job.queue,
                headers=headers,
                serializer="json",
                delivery_mode="persistent",
                priority=job.priority,
                mandatory=True,
                confirm_timeout=WAIT,
                **message.properties,
            )

        self._bounded(publish)

    def waiting(self, queue: str) -> int:
        """Return how many messages a queue holds that no worker has; 0 if it does not exist.

        Raises:
            NotSent: RabbitMQ did not answer in time.
        """

        def look(connection: Connection) -> int:
            channel = connection.default_channel
            try:
                return int(channel.queue_declare(queue, passive=True).message_count)
            except NotFound:
                self._forget(connection)  # The answer closed the channel; the next use declares.
                return 0

        return self._bounded(look)

    def take(self, queue: str, keep: Callable[[Any], None], limit: int) -> None:
        """Take messages from a queue and acknowledge each once it is kept.

        Args:
            queue: its name.
            keep: is given py-amqp's message; what it raises leaves the message in the queue.
            limit: how many at the most.

        Raises:
            NotSent: RabbitMQ did not answer in time.
        """

        def take_each(connection: Connection) -> None:
            channel = connection.default_channel
            for _ in range(limit):
                message = channel.basic_get(queue)
                if message is None:
                    return
                try:
                    keep(message)
                except BaseException:
                    self._forget(connection)  # So RabbitMQ puts the message back.
                    raise
                channel.basic_ack(message.delivery_tag)

        self._bounded(take_each)

    def _bounded(self, action: Callable[[Connection], Answer]) -> Answer:
        """Run an action on the connection; once more on a new one where the old was stale."""
        if not self._lock.acquire(timeout=2 * WAIT):
            raise NotSent("RabbitMQ is slow, and others wait for it already")
        try:
            fresh = self._connection is None or self._pid != os.getpid()
            try:
                return action(self._connected())
            except self._errors() as error:
                self._forget(self._connection)
                if fresh:
                    raise NotSent(_words(error)) from error
            try:
                return action(self._connected())
            except self._errors() as error:
                self._forget(self._connection)
                raise NotSent(_words(error)) from error
        finally:
            self._lock.release()

    def _connected(self) -> Connection:
        if self._pid != os.getpid():
            self._connection, self._pid = None, os.getpid()
        if self._connection is None:
            connection = self._app.connection_for_write(connect_timeout=WAIT, heartbeat=0).clone(
                transport_options={"confirm_publish": True}
            )
            # Kept before it is tried, so that a failure on the way is forgotten like any other.
            self._connection = connection
            # Not `connect`, which tries twice and sleeps for two seconds in between.
            connection.ensure_connection(max_retries=0, reraise_as_library_errors=False)
            # py-amqp bounds the handshake alone; this bounds every later answer.
            connection.connection.transport.sock.settimeout(WAIT)
            declare(self._app, connection)
        return self._connection

    def _errors(self) -> tuple[type[BaseException], ...]:
        transport = self._app.connection_for_write()
        return (*transport.connection_errors, *transport.channel_errors, OSError)

    def _forget(self, connection: Connection | None) -> None:
        # `collect` drops the socket; a polite close would wait without limit for an answer.
        if connection is not None:
            with suppress(OSError):
                connection.collect()
        self._connection = None

    def close(self) -> None:
        """Drop the connection."""
        with self._lock:
            self._forget(self._connection)


def declare(app: Celery, connection: Connection) -> None:
    """Make the queues where they are missing, the dead letters' first: a target never lacks.

    Raises:
        amqp.exceptions.PreconditionFailed: a queue exists with other arguments.
    """
    channel = connection.default_channel
    app.conf["DEAD_QUEUE"].bind(channel).declare()
    for queue in app.conf.task_queues:
        queue.bind(channel).declare()


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
