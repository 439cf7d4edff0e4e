"""The pool of a worker's processes: Celery's, but for jobs that ended before their time limit."""

import logging
from pathlib import Path

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool
from kombu.asynchronous import get_event_loop

from tasks.spared import Ended

logger = logging.getLogger(__name__)

LOOK_AGAIN = 1.0  # seconds


class SparingPool(AsynPool):
    """Kills a process at its job's limit, unless the job has ended and waits for the ledger."""

    scratch: Path

    def _on_hard_timeout(self, number: int) -> None:
        result = self._cache.get(number)
        if result is None or not Ended(self.scratch, result.correlation_id).said():
            super()._on_hard_timeout(number)
            return
        logger.warning(
            "Job %s ended in time; its process waits for the ledger, and is spared.",
            result.correlation_id,
        )
        get_event_loop().call_later(LOOK_AGAIN, self._on_hard_timeout, number)


class Pool(TaskPool):
    """Celery's prefork pool, with processes that are spared."""

    Pool = SparingPool

    def on_start(self) -> None:
        """Start the processes."""
        super().on_start()
        self._pool.scratch = self.app.settings.scratch
