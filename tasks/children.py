"""The worker's children as its main process sees them, and an end to those that heed no word."""

import logging
import os
import signal
import time
from collections.abc import Mapping
from typing import Any

from celery.worker import state

from ledger.record import Delivery
from tasks.guard import look

logger = logging.getLogger(__name__)

STOP_GRACE = 3.0  # seconds that a process has to leave a job which another one runs by now


class Children:
    """The processes that run this worker's jobs."""

    def __init__(self) -> None:
        self._told: dict[int, float] = {}

    @staticmethod
    def running() -> Mapping[Delivery, int]:
        """Return which deliveries have been given to which processes, by pid."""
        return {one.delivery: one.worker_pid for one in _requests() if one.worker_pid is not None}

    @staticmethod
    def taken() -> set[Delivery]:
        """Return every delivery that the main process has and has not finished with."""
        return {one.delivery for one in _requests()}

    def told_to_end(self, pid: int) -> None:
        """Remember that a process was told to end just now."""
        self._told[pid] = time.monotonic()

    def kill_the_unheeding(self) -> None:
        """Kill those that were told to end and have not, STOP_GRACE later."""
        for pid, told_at in tuple(self._told.items()):
            if not _is_ours(pid):
                del self._told[pid]
            elif time.monotonic() - told_at > STOP_GRACE:
                del self._told[pid]
                kill(pid, "it was told to end and goes on")


def _requests() -> list[Any]:
    # Not `state.requests`, which is keyed by the job: a second message of a job that runs here
    # takes the place of the first, and takes the key along when it is dropped.
    while True:
        try:
            return list(state.reserved_requests)
        except RuntimeError:
            continue  # The main thread changed it meanwhile.


def kill(pid: int, why: str) -> None:
    """Kill a process of this worker; no error if it is gone."""
    if _is_ours(pid):
        logger.warning("Process %d is killed: %s.", pid, why)
        os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int) -> bool:
    seen = look(pid)
    return seen is not None and seen.parent == os.getpid() and not seen.dead
