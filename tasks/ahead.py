"""Gives processes jobs ahead while jobs are short, and takes them back where one is long.

A process that gets its next job only once it has reported the last one waits for the main process
meanwhile, for about as long as a job that does nothing takes. And with its next job at hand it
claims that along with the end of the last one.
"""

from typing import Any

from celery.worker import state


class Ahead:
    """How many jobs a worker's pool has at a time; the others wait at its door.

    Args:
        worker: Celery's, with its pool started.
    """

    def __init__(self, worker: Any) -> None:
        self._worker = worker

    def keep(self, depth: int) -> None:
        """Let each process have so many jobs, the one that it runs included; call it often."""
        pool = self._worker.pool._pool  # noqa: SLF001 - Celery's pool has no other way in
        door = self._worker.semaphore
        for request in reversed(self._requests(pool.hold(depth))):
            door._waiting.appendleft((self._worker._process_task, (request,), {}))  # noqa: SLF001 - as above
        # By what is there and not by what was counted: a process that dies loses count.
        door.initial_value, door.value = pool.places, 0
        for _place in range(pool.places - pool.jobs):
            door.release()

    @staticmethod
    def _requests(jobs: list[Any]) -> list[Any]:
        """Return the deliveries to which these jobs of the pool belong."""
        found = {}
        for request in tuple(state.reserved_requests):
            result = request._apply_result and request._apply_result()  # noqa: SLF001 - as above
            if result is not None:
                found[result] = request
        return [found[job] for job in jobs if job in found]
