"""Where our worker differs from Celery's own: few lines, each with its reason."""

import logging
import os
import platform
import re
import time
from typing import Any

from billiard.exceptions import WorkerLostError
from celery import bootsteps, signals
from celery.exceptions import InvalidTaskError
from celery.worker import state
from celery.worker.components import Pool
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.request import Request
from kombu.exceptions import DecodeError
from uuid_utils import uuid7

from ledger.errors import LedgerUnavailable
from ledger.record import Delivery, Ending
from ledger.workers import NewWorker
from tasks.clock import Clock
from tasks.kind import kinds
from tasks.programs import Guard
from tasks.publisher import MESSAGE_HEADER, declare
from tasks.reports import Death, Report, Timeout
from tasks.task import delivery_count

logger = logging.getLogger(__name__)

_HOW_IT_DIED = re.compile(r"prematurely: (.+?)\.? Job: ")

REAP_EVERY = 0.2  # seconds; by itself a killed child can go unnoticed for five
VERSION = "0.1.0"


class JobRequest(Request):
    """A delivery as the main process sees it: it hands over to the clock what only it can see."""

    def __init__(self, message: Any, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        limits = self.time_limits
        well_formed = (
            isinstance(self.id, str)
            and isinstance(self.args, list)
            and isinstance(self.kwargs, dict)
            and isinstance(limits, list | tuple)
            and all(isinstance(limit, int | float | None) for limit in limits)
        )
        if not well_formed:
            # Celery would find out later: in the child, which acknowledges, or not at all.
            raise InvalidTaskError("The message has not the form of a task.")

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        """Report a child that died with its job."""
        error = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(error, WorkerLostError):
            how = _HOW_IT_DIED.search(str(error))
            note = f"Its process died: {how[1] if how else error}."
            self._hand_over(Death(self._delivery(), Ending.CRASHED, note))
            kwargs["return_ok"] = (
                True  # The clock's line tells it; a traceback of ours adds nothing.
            )
        return super().on_failure(exc_info, *args, **kwargs)

    def on_timeout(self, soft: bool, timeout: float) -> Any:  # noqa: FBT001 - Celery's signature
        """Report a child that was killed at its time limit."""
        if not soft:
            self._hand_over(Timeout(self._delivery(), timeout))
        return super().on_timeout(soft, timeout)

    def cancel(self, *args: Any, **kwargs: Any) -> Any:
        """Report a job that is stopped because the connection under its delivery was lost."""
        note = "The connection to RabbitMQ was lost, so the message went to another worker."
        self._hand_over(Death(self._delivery(), Ending.INTERRUPTED, note))
        return super().cancel(*args, **kwargs)

    def _delivery(self) -> Delivery:
        headers = self._request_dict
        return Delivery(self.id, headers.get(MESSAGE_HEADER) or self.id, delivery_count(headers))

    def _hand_over(self, report: Report) -> None:
        self._app.reports.put(report)


class Consumer(CeleryConsumer):
    """Takes deliveries; a message that can't be read goes to the dead letters."""

    class Blueprint(CeleryConsumer.Blueprint):
        """Celery's steps, without the one that would declare 28 queues for delays."""

        default_steps = [  # noqa: RUF012 - as Celery declares it
            step
            for step in CeleryConsumer.Blueprint.default_steps
            if "DelayedDelivery" not in str(step)
        ]

    def connect(self) -> Any:
        """Connect, and make the queues that are missing, the dead letters' before the others."""
        connection = super().connect()
        declare(self.app, connection)
        return connection

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


class ReapStep(bootsteps.StartStopStep):
    """Looks often for children that died, so that their jobs run again within a second."""

    requires = (Pool,)

    def register_with_event_loop(self, worker: Any, hub: Any) -> None:
        """Add the look to the main process's loop."""
        hub.call_repeatedly(REAP_EVERY, worker.pool.maintain_pool)


class ClockStep(bootsteps.StartStopStep):
    """Gives the worker its row and its clock, before the first delivery can arrive."""

    requires = (Pool,)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        # Before the children are forked: they inherit it.
        worker.app.worker_id = str(uuid7())
        guard = Guard()
        signals.worker_process_init.connect(lambda **_signal: guard.enlist(), weak=False)
        super().__init__(worker, **kwargs)

    def start(self, worker: Any) -> None:
        """Register the worker, however long the ledger is away, and start its clock."""
        app = worker.app
        row = NewWorker(
            id=app.worker_id,
            name=worker.hostname,
            host=platform.node(),
            pid=os.getpid(),
            queues=sorted(app.amqp.queues.consume_from),
            concurrency=worker.concurrency,
            version=VERSION,
        )
        while True:
            try:
                app.ledger.require_current().workers.register(row)
                break
            except LedgerUnavailable as error:
                logger.warning("The worker starts when the ledger answers: %s", error)
                time.sleep(1)
        clock = Clock(app.ledger, app.publisher, kinds(), row.id, app.reports)
        signals.worker_shutting_down.connect(clock.worker_stops, weak=False)
        # Not in `stop`: jobs still finish then, and the heart must go on beating for them.
        signals.worker_shutdown.connect(clock.stop, weak=False)
        clock.start()
