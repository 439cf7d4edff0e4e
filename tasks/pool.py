"""The pool of a worker's processes: Celery's, but for time limits, which it keeps by itself."""

import logging
import tempfile
import time
from multiprocessing import process
from pathlib import Path
from typing import Any, NamedTuple

from celery.concurrency.asynpool import AsynPool
from celery.concurrency.prefork import TaskPool

from tasks.spared import Ended

logger = logging.getLogger(__name__)

LOOK_AGAIN = 1.0  # seconds until a process that was spared is looked at again


class _Limits(NamedTuple):
    """When a job's time is up, by `time.monotonic`; None where it is not, or has been told."""

    soft: float | None
    hard: float | None


class LimitingPool(AsynPool):
    """Looks after the time limits of what runs, and after nothing else of what has run.

    Celery's pool leaves a timer behind for each job, which stays until the job's limit would have
    come: thousands of short jobs under a long limit fill the main process with them.

    It kills a process at its job's limit, unless the job has ended and waits for the ledger.
    """

    scratch: Path

    def _create_timelimit_handlers(self, _hub: Any) -> None:
        # Kept when the pool comes to another loop after a lost connection: what runs runs on.
        self._limits: dict[int, _Limits] = getattr(self, "_limits", {})
        self.on_timeout_set = self._note_limits
        self.on_timeout_cancel = self._forget_limits

    def _note_limits(self, result: Any, soft: float | None, hard: float | None) -> None:
        now = time.monotonic()
        self._limits[result._job] = _Limits(soft and now + soft, hard and now + hard)  # noqa: SLF001 - the pool's own

    def _forget_limits(self, result: Any) -> None:
        self._limits.pop(result._job, None)  # noqa: SLF001 - as above

    def keep_limits(self) -> None:
        """Tell the processes whose job's time is up; call it again and again."""
        now = time.monotonic()
        for number, limits in tuple(self._limits.items()):
            result = self._cache.get(number)
            if result is None:
                del self._limits[number]
            elif limits.soft is not None and now >= limits.soft:
                self._limits[number] = limits._replace(soft=None)
                self.on_soft_timeout(result)
            elif limits.hard is not None and now >= limits.hard:
                self._end_or_spare(number, result, now)

    def _end_or_spare(self, number: int, result: Any, now: float) -> None:
        if Ended(self.scratch, result.correlation_id).said():
            self._limits[number] = _Limits(None, now + LOOK_AGAIN)
            logger.warning(
                "Job %s ended in time; its process waits for the ledger, and is spared.",
                result.correlation_id,
            )
        else:
            del self._limits[number]
            self.on_hard_timeout(result)


class Pool(TaskPool):
    """Celery's prefork pool, with limits of its own keeping."""

    Pool = LimitingPool

    def on_start(self) -> None:
        """Start the processes."""
        # The pool's shared memory is a file that is unlinked as soon as it is there. By itself it
        # gets a folder of its own for that, which a worker that is killed would leave behind.
        process.current_process()._config["tempdir"] = tempfile.gettempdir()  # type: ignore[attr-defined]  # noqa: SLF001 - where multiprocessing looks
        super().on_start()
        self._pool.scratch = self.app.settings.scratch

    def keep_limits(self) -> None:
        """End what has run for too long."""
        self._pool.keep_limits()
