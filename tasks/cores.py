"""How many CPUs one job may use: those of this process, shared with its worker's other jobs."""

import os
from pathlib import Path

from tasks.app import app

_QUOTA = Path("/sys/fs/cgroup/cpu.max")  # of the container, in control groups of version 2


def cores() -> int:
    """Return how many threads a job should compute in, at least one.

    That is the CPUs which this process may use, by its affinity and its container's quota, divided
    by the number of jobs that its worker runs at a time.
    """
    allowed = min(len(os.sched_getaffinity(0)), _quota())
    return max(1, allowed // app.concurrency)


def _quota() -> int:
    try:
        limit, period = _QUOTA.read_text(encoding="ascii").split()
    except FileNotFoundError:
        limit, period = "max", "1"
    if limit == "max":
        return os.cpu_count() or 1
    return max(1, round(int(limit) / int(period)))
