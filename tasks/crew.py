"""A worker's processes, made more or fewer or replaced by new ones, and none of them in its job."""

import logging
import time
from datetime import datetime
from typing import Any

from tasks.worn import Worn

logger = logging.getLogger(__name__)

COUNT_EVERY = 5.0  # seconds


class Crew:
    """The processes of a prefork pool.

    Celery's own ways end a process to which a job was written a moment ago: it looks busy only
    once it has said that it began.

    Args:
        pool: Celery's task pool, started.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._asked = self.size
        self._outdated: set[int] = set()
        self._renewed_at: datetime | None = None
        self._counted_at = 0.0
        self._worn = Worn()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are there."""
        return tuple(one.pid for one in self._processes.values())

    @property
    def size(self) -> int:
        """How many processes there are, or will be within a moment."""
        return int(self._pool.num_processes)

    @property
    def outdated(self) -> int:
        """How many processes are still to be replaced."""
        return len(self._outdated)

    def keep(self, size: int, renew_at: datetime | None) -> None:
        """Come nearer to so many processes, as far as jobs allow; call it again and again.

        Args:
            size: at least 1.
            renew_at: when it rises, each process that lives now makes way for a new one.
        """
        if size != self._asked:
            self._asked = size
            logger.warning("The worker is to have %d processes; it has %d.", size, self.size)
        if size > self.size:
            self._pool.grow(size - self.size)
        if renew_at is not None and renew_at != self._renewed_at:
            self._renewed_at, self._outdated = renew_at, set(self.pids)
        if time.monotonic() - self._counted_at > COUNT_EVERY:
            self._counted_at = time.monotonic()
            self._replace_the_worn()
        self._outdated &= set(self.pids)
        if self._outdated or size < self.size:
            self._end_idle(size)

    def _replace_the_worn(self) -> None:
        for pid, why in self._worn.among(set(self.pids) - self._outdated):
            logger.warning("Process %d %s; a new one takes its place.", pid, why)
            self._outdated.add(pid)

    @property
    def _processes(self) -> dict[int, Any]:
        return {one.pid: one for one in self._pool._pool._pool}  # noqa: SLF001 - as below

    def _end_idle(self, size: int) -> None:
        pool = self._pool._pool  # noqa: SLF001 - Celery's pool has no other way in
        busy = {process.pid for process in pool._waiting_to_start}  # noqa: SLF001 - as above
        for job in pool._cache.values():  # noqa: SLF001 - as above
            busy.update(job.worker_pids())
            given = (job._write_to, job._scheduled_for)  # noqa: SLF001 - as above
            busy.update(process.pid for process in given if process is not None)
        for pid, process in self._processes.items():
            shrinks = size < self.size
            if pid in busy or not (shrinks or pid in self._outdated):
                continue
            if getattr(process, "_controlled_termination", False):
                continue  # It has been told and is not gone yet.
            if shrinks:
                pool._processes -= 1  # noqa: SLF001 - as above
                pool._putlock.shrink()  # noqa: SLF001 - as above
            # By itself it could get a job while it ends.
            pool.given.close(process.inqW_fd)
            process.terminate_controlled()
            logger.info("Process %d ends; it has no job.", pid)
