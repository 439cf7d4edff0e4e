"""What a worker does at its start that Celery's own does not: its row, its guard, its clock."""

import gc
import importlib
import logging
import os
import platform
import sys
import time
from collections.abc import Collection
from typing import Any

from celery import bootsteps, signals
from celery.worker import state
from celery.worker.components import Pool
from uuid_utils import uuid7

from ledger.errors import LedgerUnavailable, StorageError
from ledger.reach import reach
from ledger.workers import NewWorker
from tasks import acknowledgement, control
from tasks.chores import Chores
from tasks.clock import Clock
from tasks.kind import Kind, kinds
from tasks.programs import Guard, limit_memory

logger = logging.getLogger(__name__)

LOOK_EVERY = 0.2  # seconds; by itself a killed child can go unnoticed for five
# Seconds that the clock's thread may go on while the main one wants to: each delivery would wait
# as long, and by itself that is ten times more than most take.
TURN = 0.0005
VERSION = "0.1.0"


class ReapStep(bootsteps.StartStopStep):
    """Looks often for children that died or whose job's time is up.

    So a dead one's job runs again within a second, and a limit is kept within a fifth of one.
    """

    requires = (Pool,)

    def register_with_event_loop(self, worker: Any, hub: Any) -> None:
        """Add the looks to the main process's loop."""
        hub.call_repeatedly(LOOK_EVERY, worker.pool.maintain_pool)
        hub.call_repeatedly(LOOK_EVERY, worker.pool.keep_limits)


class ClockStep(bootsteps.StartStopStep):
    """Gives the worker its row and its clock, before the first delivery can arrive."""

    requires = (Pool,)

    def __init__(self, worker: Any, **kwargs: Any) -> None:
        # Before the children are forked: they inherit it.
        worker.app.worker_id = str(uuid7())
        worker.app.concurrency = worker.concurrency
        taken = worker.app.amqp.queues.consume_from
        runs = [kind for kind in kinds().values() if kind.queue in taken]
        try:
            acknowledgement.check(runs, worker.app.settings.ack_timeout)
            reach(worker.app.settings.storage_url)
        except (acknowledgement.AckTimeoutTooShort, StorageError) as error:
            raise SystemExit(f"The worker does not start.\n{error}") from error
        control.answer_revokes()
        guard = Guard()
        max_memory = worker.app.settings.max_memory

        def prepare_child(**_signal: Any) -> None:
            guard.enlist()
            if max_memory:
                limit_memory(max_memory)

        signals.worker_process_init.connect(prepare_child, weak=False)
        # To be made is enough for it to load its database's driver. It connects when it is asked.
        _ = worker.app.ledger
        load_what_is_shared(runs)
        super().__init__(worker, **kwargs)

    def start(self, worker: Any) -> None:
        """Register the worker, however long the ledger is away, and start its clock.

        Raises:
            SystemExit: it was told to stop meanwhile.
        """
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
                # Before the first delivery: nothing of a paused queue is started.
                app.orders.wishes = app.ledger.wishes.of(row.id)
                break
            except LedgerUnavailable as error:
                logger.warning("The worker starts when the ledger answers: %s", error)
                time.sleep(1)
                state.maybe_shutdown()
        dead_queue = app.conf["DEAD_QUEUE"].name
        chores = Chores(app.ledger, app.publisher, kinds(), row.id, dead_queue)
        clock = Clock(app.ledger, row.id, app.reports, app.orders, chores)
        signals.worker_shutting_down.connect(clock.worker_stops, weak=False)
        # Not in `stop`: jobs still finish then, and the heart must go on beating for them.
        signals.worker_shutdown.connect(clock.stop, weak=False)
        sys.setswitchinterval(TURN)
        clock.start()


def load_what_is_shared(runs: Collection[Kind]) -> None:
    """Load what the processes of these kinds can share, and keep it shared.

    A collector that looks through objects writes to every page of them, and a process that writes
    to a page gets a copy of its own: so it leaves alone, here and in all processes that are forked
    from this one, what is there by now.
    """
    for one in runs:
        for module in one.preload:
            try:
                importlib.import_module(module)
            except ImportError:
                logger.exception("Jobs of the kind %s are going to fail: %s.", one.name, module)
    gc.collect()
    gc.freeze()
