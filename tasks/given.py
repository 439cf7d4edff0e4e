"""How many jobs each process of a worker has been given and has not ended yet."""

from collections.abc import Collection


class Given:
    """Takes the place of the set of busy processes by which Celery's pool chooses one for a job.

    Its names are therefore a set's. A process is named by the pool's end of the pipe by which it
    gets its jobs. An idle one comes first, whatever the depth.

    Args:
        processes: those that are there, kept up to date by the pool.
    """

    def __init__(self, processes: Collection[int]) -> None:
        #: How many jobs a process may have, the one that it runs included.
        self.depth = 1
        self._processes = processes
        self._jobs: dict[int, int] = {}
        self._closed: set[int] = set()

    def add(self, process: int) -> None:
        """Note that a process is given a job."""
        self._jobs[process] = self.to(process) + 1

    def end(self, process: int) -> None:
        """Note that a process has one job less."""
        if (left := self.to(process) - 1) > 0:
            self._jobs[process] = left
        else:
            self._jobs.pop(process, None)

    def to(self, process: int) -> int:
        """Return how many jobs a process has."""
        return self._jobs.get(process, 0)

    def close(self, process: int) -> None:
        """Give a process no more jobs, for it is about to end."""
        self._closed.add(process)

    def discard(self, process: int) -> None:
        """Forget a process that is gone; another one may get its pipe."""
        self._jobs.pop(process, None)
        self._closed.discard(process)

    def intersection_update(self, processes: Collection[int]) -> None:
        """Forget all jobs but the one that runs in each of these processes."""
        self._jobs = {one: 1 for one in self._jobs if one in processes}

    def __contains__(self, process: int) -> bool:
        """Return whether a process is to be given no job for now."""
        if process in self._closed:
            return True
        somebody_idles = len(self._jobs.keys() | self._closed) < len(self._processes)
        return self.to(process) >= (1 if somebody_idles else self.depth)

    def __len__(self) -> int:
        """Return how many processes are to be given no job for now."""
        return sum(process in self for process in self._jobs.keys() | self._closed)
