"""Has a worker's main process do what operators ask of it, and tell its clock how far it is."""

import logging
import os
import signal
import time
from dataclasses import replace
from functools import partial
from typing import Any

from celery import bootsteps
from celery.worker.consumer.tasks import Tasks
from kombu.common import ignore_errors

from tasks.ahead import Ahead
from tasks.crew import Crew
from tasks.intake import Intake
from tasks.orders import Standing
from tasks.remote import refuse_steering
from tasks.request import runs

logger = logging.getLogger(__name__)

EVERY = 0.2  # seconds between two looks at what is asked


class SteeringStep(bootsteps.StartStopStep):
    """Compares what is asked of the worker with what is so, for as long as there is a connection.

    Celery makes one for the worker, and starts it again with each connection.
    """

    requires = (Tasks,)

    def __init__(self, consumer: Any, **kwargs: Any) -> None:
        self._worker = consumer.controller
        self._orders = consumer.app.orders
        self._queues = dict(consumer.app.amqp.queues.consume_from)
        self._concurrency = self._worker.concurrency
        self._crew: Crew | None = None
        self._intake: Intake | None = None
        self._ahead = Ahead(self._worker)
        self._told_to_stop = False
        refuse_steering()
        super().__init__(consumer, **kwargs)

    def start(self, consumer: Any) -> None:
        """Keep Celery from listening to every queue: some may be paused."""
        self._intake = Intake(consumer, self._queues)
        self._crew = self._crew or Crew(self._worker.pool)

    def register_with_event_loop(self, _consumer: Any, hub: Any) -> None:
        """Begin to listen as soon as the loop runs, and look again from then on."""
        hub.call_soon(self.obey)
        hub.call_repeatedly(EVERY, self.obey)
        self._worker.app.pace.on_enough = partial(hub.call_soon, self.obey)

    def stop(self, consumer: Any) -> None:
        """Take no more jobs; Celery, which stops or reconnects, knows not of our consumers."""
        if self._intake is not None:
            ignore_errors(consumer, self._intake.close)
            self._intake = None
            self._orders.standing = replace(self._orders.standing, listening=frozenset())

    def obey(self) -> None:
        """Do what is asked and not done yet."""
        if self._intake is None or self._crew is None:
            return
        wishes = self._orders.wishes
        names = (
            frozenset() if wishes.draining or wishes.stop else self._queues.keys() - wishes.paused
        )
        size = wishes.wanted or self._concurrency
        self._crew.keep(size, wishes.renew_at)
        self._worker.app.concurrency = size
        # Celery sets the prefetch by it whenever it has a new connection.
        self._worker.consumer.initial_prefetch_count = size
        pace, now, running = self._worker.app.pace, time.time(), runs()
        depths = pace.look(names, running, now)
        self._ahead.keep(pace.at_hand(running))
        self._intake.keep(
            {name: size * depth for name, depth in depths.items()},
            calm=[name for name in names if pace.is_calm(name, now)],
        )
        self._orders.standing = Standing(
            self._intake.listening, self._crew.size, self._crew.outdated, self._crew.pids
        )
        if wishes.stop and not self._told_to_stop:
            self._told_to_stop = True
            logger.warning("The worker was asked to stop; it ends after its jobs.")
            os.kill(os.getpid(), signal.SIGTERM)
