"""Deliveries: what can't be read is kept, and a lost connection is sought again at once."""

import time
from functools import partial
from typing import Any

from celery.worker import state
from celery.worker.consumer import Consumer as CeleryConsumer
from kombu.exceptions import DecodeError

from tasks.acknowledgement import bitten
from tasks.line import declare

RECONNECT_EVERY = 2  # seconds; by itself the pause grows to 30, long after the broker is back
TELL_EVERY = 0.1  # seconds; by itself each turn of the loop sends what Flower is to hear


class Consumer(CeleryConsumer):
    """Takes deliveries; a message that can't be read goes to the dead letters."""

    class Blueprint(CeleryConsumer.Blueprint):
        """Celery's steps, without the one that would declare 28 queues for delays."""

        default_steps = [  # noqa: RUF012 - as Celery declares it
            step
            for step in CeleryConsumer.Blueprint.default_steps
            if "DelayedDelivery" not in str(step)
        ]

    _tell_at = 0.0

    def on_send_event_buffered(self) -> None:
        """Send events many at a time: a message of one costs as much as one of many."""
        # A lost connection takes its timers along, so no flag says whether one is set.
        if self.hub and (now := time.monotonic()) >= self._tell_at:
            self._tell_at = now + TELL_EVERY
            self.hub.call_later(TELL_EVERY, self._flush_events)

    def connect(self) -> Any:
        """Connect, and make the queues that are missing, the dead letters' before the others."""
        connection = super().connect()
        declare(self.app, connection)
        return connection

    def ensure_connected(self, connection: Any) -> Any:
        """Try until RabbitMQ answers, at a steady pace."""
        connection.ensure_connection = partial(
            connection.ensure_connection, interval_start=RECONNECT_EVERY, interval_step=0
        )
        return super().ensure_connected(connection)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Report the jobs that outran RabbitMQ's limit, before all that run are stopped."""
        limit = bitten(exc)
        if limit is not None:
            for request in tuple(state.active_requests):
                request.took_too_long_for(limit)
        super().on_connection_error_after_connected(exc)

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Keep what can't be decoded; Celery would acknowledge it, and it would be gone."""
        self.on_invalid_task(None, message, exc)

    def create_task_handler(self, *args: Any, **kwargs: Any) -> Any:
        """Return Celery's handler, with every surprise of a message's form kept to that message.

        By itself a body like `[1, 2]` ends the main process, and then that of the next worker.
        """
        handle = super().create_task_handler(*args, **kwargs)
        passing = (*self.connection_errors, *self.channel_errors)

        def guarded(message: Any) -> Any:
            self.app.acks.held.add(message)
            try:
                return handle(message)
            except passing:
                raise
            except Exception as error:
                job = (message.headers or {}).get("id")
                if isinstance(job, str) and job in state.requests:
                    raise  # It holds a place in the pool already, so it is more than its form.
                return self.on_invalid_task(None, message, DecodeError(repr(error)))

        return guarded
