"""Ways to stop a running kind from outside: its time limit, a cancel, a lost claim."""

import logging
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from celery.exceptions import SoftTimeLimitExceeded

from ledger.errors import ClaimLost, LedgerUnavailable
from tasks.context import Cancelled, Running, current

logger = logging.getLogger(__name__)

PULSE = 0.5  # seconds between a running job's reports

# A time limit's signal that comes this soon, in seconds, was meant for the job before.
STALE = 0.5

# Celery's main process sends this signal at a soft time limit; our pulse sends it too.
SOFT = signal.SIGUSR1


class Interrupts:
    """Lets signals interrupt a kind's own code, and nothing of what surrounds it."""

    def __init__(self) -> None:
        self._pulse: threading.Thread | None = None
        # What a signal interrupts now, and since when; None while nothing is to be interrupted.
        self._armed: tuple[Running, float] | None = None

    def hold(self) -> None:
        """Heed no soft signal from here on; so none can break into a claim or a settling."""
        self._armed = None
        # Celery sets a handler of its own when the process begins, and a kind may have done so. To
        # ask is cheaper than to set it for each job.
        if signal.getsignal(SOFT) != self._soft:
            signal.signal(SOFT, self._soft)

    @contextmanager
    def armed(self, running: Running) -> Iterator[None]:
        """While the block runs, raise in it what a soft signal means.

        Raises:
            SoftTimeLimitExceeded: the kind's time limit has come.
            Cancelled: somebody asked the job to stop, or another attempt runs it.
        """
        self._start_pulse()
        self._armed = (running, time.monotonic())
        try:
            yield
        finally:
            self._armed = None

    def _soft(self, _signal: int, _frame: FrameType | None) -> None:
        if self._armed is None:
            return
        running, began = self._armed
        if running.cancelled or running.lost:
            raise Cancelled
        if time.monotonic() - began > STALE:
            raise SoftTimeLimitExceeded

    def _start_pulse(self) -> None:
        # One thread for the life of the process: to start one for each job costs more than a
        # short job does.
        if self._pulse is None:
            self._pulse = threading.Thread(target=_beat, name="pulse", daemon=True)
            self._pulse.start()


def _beat() -> None:
    pause = threading.Event()
    told: Running | None = None
    while not pause.wait(PULSE):
        running = current()
        if running is None or running.lost:
            continue
        try:
            running.pulse()
        except ClaimLost as lost:
            logger.warning("%s The process stops working on it.", lost)
            running.lost = True
        except LedgerUnavailable as error:
            job = running.claim.job
            logger.warning("Job %s can't report yet, nothing is lost: %s", job, error)
        if (running.cancelled or running.lost) and told is not running and running is current():
            told = running
            signal.pthread_kill(threading.main_thread().ident or 0, SOFT)
