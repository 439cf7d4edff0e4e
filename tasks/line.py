"""The one connection by which a process speaks to RabbitMQ itself, every wait bounded."""

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Final, TypeVar

from amqp.exceptions import MessageNacked
from celery import Celery
from kombu import Connection

from tasks.confirms import Confirms

Answer = TypeVar("Answer")

WAIT: Final = 0.8  # seconds for each single answer of RabbitMQ
PATIENCE: Final = 1.2  # seconds that one may wait for others, and still get an answer in time


class NotSent(Exception):
    """RabbitMQ did not confirm. The message may have arrived all the same: send it again."""


class Line:
    """A connection that is opened when it is used, dropped on any error, and shared by threads.

    After a fork the child opens another one.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._confirms: Confirms | None = None
        self._pid = os.getpid()

    @property
    def confirms(self) -> Confirms:
        """By which an action publishes.

        Raises:
            RuntimeError: it is asked for outside of an action.
        """
        if self._confirms is None:
            raise RuntimeError("There is no connection but for who uses it.")
        return self._confirms

    def use(self, action: Callable[[Connection], Answer], since: float = inf) -> Answer:
        """Run an action on the connection; once more on a new one where the old was stale.

        Whoever has waited `since` then for too long already has no time for that.
        """
        if not self._lock.acquire(timeout=2 * WAIT):
            raise NotSent("RabbitMQ is slow, and others wait for it already")
        try:
            fresh = self._connection is None or self._pid != os.getpid()
            try:
                return action(self._connected())
            except self._errors() as error:
                self.drop()
                if fresh or time.monotonic() > since + PATIENCE:
                    raise NotSent(_words(error)) from error
            try:
                return action(self._connected())
            except self._errors() as error:
                self.drop()
                raise NotSent(_words(error)) from error
        finally:
            self._lock.release()

    def _connected(self) -> Connection:
        if self._pid != os.getpid():
            self._connection, self._confirms, self._pid = None, None, os.getpid()
        if self._connection is None:
            connection = self._app.connection_for_write(connect_timeout=WAIT, heartbeat=0).clone(
                transport_options={
                    "confirm_publish": False
                }  # `Confirms` does it, for many at once.
            )
            # Kept before it is tried, so that a failure on the way is forgotten like any other.
            self._connection = connection
            # Not `connect`, which tries twice and sleeps for two seconds in between.
            connection.ensure_connection(max_retries=0, reraise_as_library_errors=False)
            # py-amqp bounds the handshake alone; this bounds every later answer.
            connection.connection.transport.sock.settimeout(WAIT)
            declare(self._app, connection)
            self._confirms = Confirms(connection.default_channel)
        return self._connection

    def _errors(self) -> tuple[type[BaseException], ...]:
        transport = self._app.connection_for_write()
        return (
            *(*transport.connection_errors, *transport.channel_errors),
            *(MessageNacked, OSError),
        )

    def drop(self) -> None:
        """Close the connection for an action that can't go on with it."""
        # `collect` drops the socket; a polite close would wait without limit for an answer.
        if self._connection is not None:
            with suppress(OSError):
                self._connection.collect()
        self._connection = self._confirms = None

    def close(self) -> None:
        """Drop the connection once nobody uses it."""
        with self._lock:
            self.drop()


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
