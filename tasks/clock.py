"""The clock, a thread in every worker: it beats, sends what is due, and puts right what broke."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from queue import Empty
from typing import Any

from ledger import Ledger
from ledger.errors import AlreadySettled, LedgerUnavailable, NoSuchJob, StorageError
from ledger.jobs import Unsent
from ledger.record import Delivery, Ending
from ledger.recovery import Freed
from tasks import dead_letters
from tasks.children import STOP_GRACE, Children, kill
from tasks.kind import Kind
from tasks.publisher import NotSent, Publisher
from tasks.queue import send
from tasks.reports import Cancel, Death, Overrun, Report, Reports, Timeout

logger = logging.getLogger(__name__)

TICK = 0.5  # seconds
FORK_WAITS = 0.1  # seconds that a new child waits for the clock, at most
BATCH = 200  # jobs sent in one tick, so that the heart goes on beating
FORGET, FORGET_EVERY = 50, 60.0  # old jobs removed in one tick; seconds from the last of them
LEASE = 10.0  # seconds for which one clock does what needs to be done only once


class Clock(threading.Thread):
    """One worker's clock. It may wait for the database; the worker's main thread never does.

    Args:
        ledger: the main process's own.
        publisher: sends on a connection of its own.
        kinds: by name; a job of any other kind is left alone.
        worker: the id of the worker's row.
        reports: what the main process saw, to be written however long that takes.
        dead_queue: the name of the queue of dead letters.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - each is a thing of its own
        self,
        ledger: Ledger,
        publisher: Publisher,
        kinds: Mapping[str, Kind],
        worker: str,
        reports: Reports,
        dead_queue: str,
    ) -> None:
        super().__init__(name="clock", daemon=True)
        self._ledger = ledger
        self._publisher = publisher
        self._kinds = kinds
        self._worker = worker
        self._reports = reports
        self._dead_queue = dead_queue
        self._unwritten: list[Report] = []
        self._stopped = threading.Event()
        self._worker_stops = threading.Event()
        self._recorded_stop = False
        self._last_beat = 0.0
        self._forget_at = 0.0
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
        self._guarded(self._beat)
        self._guarded(self._free_what_the_pool_lost)
        self._guarded(self._kill_what_shall_not_run)
        self._guarded(self._for_all)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            with _not_across_a_fork():
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
                _log(self._ledger.recovery.report_death(delivery, ending, note))

    def _cancel(self, job: str) -> None:
        try:
            self._ledger.jobs.request_cancel(job)
        except (AlreadySettled, NoSuchJob) as error:
            logger.info("Job %s can't be cancelled: %s", job, error)
        else:
            logger.warning("Job %s is cancelled by Celery's control.", job)

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
        held = self._ledger.recovery.held_by(self._worker)
        missing = held - self._children.taken()
        for delivery in missing & self._missing:
            note = "Its worker no longer had it."
            _log(self._ledger.recovery.report_death(delivery, Ending.LOST, note))
        self._missing = missing

    def _kill_what_shall_not_run(self) -> None:
        """Kill a process whose job is another's by now, or was asked to stop long enough ago."""
        self._children.kill_the_unheeding()
        running = self._children.running()
        if running:
            unheeding = self._ledger.recovery.unheeding(
                self._worker, running, STOP_GRACE, self._ledger.settings.cancel_grace
            )
            for delivery in unheeding:
                kill(running[delivery], f"job {delivery.job} shall not run in it any more")

    def _for_all(self) -> None:
        """Do what one clock does for every worker."""
        if not self._ledger.recovery.take_lease("clock", self._worker, LEASE):
            return
        settings = self._ledger.settings
        # After an outage every heart seems to have stopped; wait until others had time to beat.
        if time.monotonic() - self._beating_since > settings.heart_timeout:
            for freed in self._ledger.recovery.free_from_stopped_hearts(settings.heart_timeout):
                _log(freed)
        self._send_all(self._ledger.jobs.unsent(settings.send_grace, BATCH))
        dead_letters.read(self._ledger, self._publisher, self._dead_queue, BATCH)
        for queue in {kind.queue for kind in self._kinds.values()}:
            self._send_what_is_gone(queue, settings.resend_after)
        if settings.keep_for and time.monotonic() >= self._forget_at:
            self._forget(settings.keep_for)

    def _send_what_is_gone(self, queue: str, seconds: float) -> None:
        """Send the jobs again that were sent to a queue which holds nothing any more."""
        jobs = self._ledger.jobs
        # In this order: of a long queue the first question is answered by a glance at the index.
        if jobs.any_overdue(queue, seconds) and self._publisher.waiting(queue) == 0:
            gone = jobs.overdue(queue, seconds, BATCH)
            logger.warning("%d jobs are gone from queue %s; sent again.", len(gone), queue)
            self._send_all(gone)

    def _forget(self, seconds: float) -> None:
        """Remove a batch of what is old; the next one follows at once, or when there may be one."""
        retention = self._ledger.retention
        jobs = retention.forget_jobs(seconds, FORGET)
        uploads = retention.forget_uploads(seconds, FORGET)
        retention.forget_dead_letters(seconds)
        self._ledger.workers.forget(seconds)
        if jobs or uploads:
            logger.info("%d old jobs and %d old uploads are forgotten.", jobs, uploads)
        if max(jobs, uploads) < FORGET:
            self._forget_at = time.monotonic() + FORGET_EVERY

    def _send_all(self, jobs: list[Unsent]) -> None:
        for job in jobs:
            kind = self._kinds.get(job.kind)
            if kind is None:
                continue  # A newer worker may know it; it waits for that one.
            if not send(self._ledger, self._publisher, kind, job):
                return


def _log(freed: Freed | None) -> None:
    if freed is None:
        return
    if freed.ended is None:
        logger.warning("Attempt %d of job %s died; it runs again.", freed.attempt, freed.job)
    else:
        logger.error("Job %s is stopped for good: %s.", freed.job, freed.ended)


_forking = threading.Lock()


@contextmanager
def _not_across_a_fork() -> Iterator[None]:
    """Hold back a fork for the length of a step.

    SQLite and libpq have locks inside that a child forked in the midst of a call would inherit,
    locked for ever.
    """
    with _forking:
        yield


def _hold() -> None:
    # Bounded, for the main process never waits for the database: a step that hangs longer waits
    # in the network or for a file lock, not inside one of those locks.
    _held.append(_forking.acquire(timeout=FORK_WAITS))


def _release() -> None:
    if _held.pop():
        _forking.release()


_held: list[bool] = []
os.register_at_fork(before=_hold, after_in_parent=_release, after_in_child=_release)
