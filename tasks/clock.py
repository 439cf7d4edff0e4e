"""The clock, a thread in every worker: it beats, sends what is due, and puts right what broke."""

import logging
import os
import threading
import time
from collections.abc import Callable
from queue import Empty
from typing import Any

from ledger import Ledger
from ledger.errors import AlreadySettled, LedgerUnavailable, NoSuchJob, StorageError
from ledger.record import Delivery, Ending
from tasks.children import STOP_GRACE, Children, kill
from tasks.chores import Chores
from tasks.deaths import tell
from tasks.forks import not_across_a_fork
from tasks.line import NotSent
from tasks.orders import Orders, vitals
from tasks.reports import Cancel, Death, Overrun, Report, Reports, Timeout

logger = logging.getLogger(__name__)

TICK = 0.5  # seconds
VITALS_EVERY = 5.0  # seconds between two looks at the worker's memory and its machine's load
SEND_FOR = 1.0  # seconds of a tick in which jobs are sent, so that the heart goes on beating
BETWEEN_PIECES = 0.005  # seconds
STOP_PATIENCE = 5.0  # seconds that a worker which was told to stop and runs nothing may take


class Clock(threading.Thread):
    """One worker's clock. It may wait for the database; the worker's main thread never does.

    Args:
        ledger: the main process's own.
        worker: the id of the worker's row.
        reports: what the main process saw, to be written however long that takes.
        orders: what is asked of the main process, and how far it is.
        chores: what is done for every worker, if no other clock does it.
    """

    def __init__(
        self, ledger: Ledger, worker: str, reports: Reports, orders: Orders, chores: Chores
    ) -> None:
        super().__init__(name="clock", daemon=True)
        self._ledger = ledger
        self._worker = worker
        self._reports = reports
        self._orders = orders
        self._told = orders.standing
        self._told_at = 0.0
        self._chores = chores
        self._unwritten: list[Report] = []
        self._stopped = threading.Event()
        self._worker_stops = threading.Event()
        self._recorded_stop = False
        self._idle_since: float | None = None
        self._last_beat = 0.0
        self._beating_since = time.monotonic()
        self._missing: set[Delivery] = set()
        self._children = Children()

    def stop(self, **_signal: Any) -> None:
        """Write what is still to be written and end, within a few seconds."""
        self._stopped.set()
        self.join(timeout=5)

    def worker_stops(self, **_signal: Any) -> None:
        """Learn that the worker was told to stop; called in a signal handler, so only a mark."""
        self._worker_stops.set()

    def run(self) -> None:
        """Tick until stopped; a ledger or a broker that is away is waited for."""
        while not self._stopped.is_set():
            self._wait()
            self._tick()
        self._collect()
        self._guarded(self._write_reports)

    def _wait(self) -> None:
        """Wait for a tick, or for the next report."""
        try:
            self._unwritten.append(self._reports.get(timeout=TICK))
        except Empty:
            return
        self._collect()

    def _collect(self) -> None:
        while not self._reports.empty():
            self._unwritten.append(self._reports.get())

    def _tick(self) -> None:
        self._guarded(self._write_reports)
        self._guarded(self._hand_on_wishes)
        self._guarded(self._beat)
        self._guarded(self._free_what_the_pool_lost)
        self._guarded(self._kill_what_shall_not_run)
        self._guarded(self._end_a_stop_that_hangs)
        self._guarded(self._chores.name_failures)
        self._guarded(lambda: self._chores.do(time.monotonic() - self._beating_since))
        self._send_the_rest()
        self._guarded(self._chores.learn)
        self._guarded(self._chores.do_actions)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            with not_across_a_fork():
                step()
        except LedgerUnavailable as error:
            self._beating_since = time.monotonic()
            logger.warning("The clock waits for the ledger: %s", error)
        except NotSent as error:
            logger.warning("The clock waits for RabbitMQ: %s", error)
        except StorageError as error:
            logger.warning("The clock waits for the file storage: %s", error)
        except Exception:
            # A fault in one step, of ours or of a message's making, must not stop the heart.
            logger.exception("A step of the clock failed; the others go on.")

    def _send_the_rest(self) -> None:
        """Go on with a long outbox for a while, in pieces between which a fork finds its moment."""
        end = time.monotonic() + SEND_FOR
        while self._chores.sends_more and time.monotonic() < end:
            self._stopped.wait(BETWEEN_PIECES)
            self._guarded(self._chores.send)

    def _write_reports(self) -> None:
        if self._worker_stops.is_set() and not self._recorded_stop:
            self._ledger.workers.stopping(self._worker)
            self._recorded_stop = True
        while self._unwritten:
            self._write(self._unwritten[0])
            del self._unwritten[0]

    def _write(self, report: Report) -> None:
        match report:
            case Cancel(job):
                self._cancel(job)
            case Timeout(delivery, limit):
                if self._ledger.recovery.report_timeout(delivery, limit):
                    logger.error("Job %s was killed at its limit of %g s.", delivery.job, limit)
            case Overrun(delivery, limit):
                if self._ledger.recovery.report_overrun(delivery, limit):
                    logger.error("Job %s outran RabbitMQ's limit of %g s.", delivery.job, limit)
            case Death(delivery, ending, note, told_to_end):
                if told_to_end is not None:
                    self._children.told_to_end(told_to_end)
                tell(self._ledger.recovery.report_death(delivery, ending, note))

    def _cancel(self, job: str) -> None:
        try:
            self._ledger.jobs.request_cancel(job)
        except (AlreadySettled, NoSuchJob) as error:
            logger.info("Job %s can't be cancelled: %s", job, error)
        else:
            logger.warning("Job %s is cancelled by Celery's control.", job)

    def _hand_on_wishes(self) -> None:
        """Tell the main process what is asked of it, and the ledger what has come of it."""
        self._orders.wishes = self._ledger.wishes.of(self._worker)
        standing, now = self._orders.standing, time.monotonic()
        if standing != self._told or now - self._told_at > VITALS_EVERY:
            self._ledger.workers.beat(self._worker, vitals(standing))
            self._told, self._told_at = standing, now

    def _beat(self) -> None:
        settings, now = self._ledger.settings, time.monotonic()
        if now - self._last_beat < settings.beat_every:
            return
        if now - self._last_beat > settings.heart_timeout / 2:
            # This process itself stood still; others' beats that it missed prove nothing.
            self._beating_since = now
        self._ledger.workers.beat(self._worker)
        self._last_beat = time.monotonic()

    def _free_what_the_pool_lost(self) -> None:
        """Free a job that the ledger gives to this worker and that its pool has not, seen twice."""
        held = self._ledger.deliveries.held_by(self._worker)
        missing = held - self._children.taken()
        for delivery in missing & self._missing:
            note = "Its worker no longer had it."
            tell(self._ledger.recovery.report_death(delivery, Ending.LOST, note))
        self._missing = missing

    def _kill_what_shall_not_run(self) -> None:
        """Kill a process whose job is another's by now, or was asked to stop long enough ago."""
        self._children.kill_the_unheeding()
        running = self._children.running()
        if running:
            unheeding = self._ledger.deliveries.unheeding(
                self._worker, running, STOP_GRACE, self._ledger.settings.cancel_grace
            )
            for delivery in unheeding:
                kill(running[delivery], f"job {delivery.job} shall not run in it any more")

    def _end_a_stop_that_hangs(self) -> None:
        """End a worker that was told to stop, runs nothing any more, and is here all the same.

        A connection that fell silent keeps Celery's main process waiting for ever. By now every
        job that ran here is recorded, and what RabbitMQ gives to another worker is a duplicate.
        """
        if not self._worker_stops.is_set():
            return
        if self._children.taken() and self._ledger.deliveries.held_by(self._worker):
            self._idle_since = None
            return
        self._idle_since = self._idle_since or time.monotonic()
        if time.monotonic() - self._idle_since > STOP_PATIENCE:
            logger.warning(
                "The worker runs nothing any more and can't stop by itself; it is ended."
            )
            os._exit(os.EX_OK)
