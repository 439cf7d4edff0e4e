"""The app that acceptance tests start workers of: the real one, with kinds that misbehave."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from kombu import Queue

from ledger.next_job import NextJob
from ledger.record import Claim
from tasks import app, worn
from tasks.pace import Pace
from tasks.upcoming import Upcoming

app.conf.imports = (*app.conf.imports, "tests.acceptance.kinds", "tests.acceptance.greedy")

# For a test that is about a worker of several queues.
if another := os.environ.get("ANOTHER_QUEUE"):
    exchange, arguments = app.conf["EXCHANGE"], app.conf["QUEUE_ARGUMENTS"]
    queue = Queue(another, exchange, routing_key=another, queue_arguments=arguments)
    app.conf.task_queues = [*app.conf.task_queues, queue]

# For a test that is about jobs fetched ahead, however slow the machine is by then.
if seconds := os.environ.get("AHEAD_FOR"):
    app.pace = Pace(float(seconds), enough=1)

# For a test of processes that make way for new ones while they have jobs.
if jobs := os.environ.get("JOBS_EACH"):
    app.conf.worker_max_tasks_per_child = int(jobs)

# For a test of processes that rest, and keep what their jobs left in memory.
if rest := os.environ.get("RESTS_FOR"):
    worn.REST = float(rest)  # type: ignore[misc]

# For a test of a process that dies when it has claimed its next job, before it can say so.
if died := os.environ.get("DIES_ONCE"):
    keep, mark = Upcoming.keep, Path(died)

    def keep_or_die(self: Upcoming, next_job: NextJob, claim: Claim | None) -> None:
        """Die the first time that there is a claim to keep."""
        if claim is not None:
            # Whoever makes the file dies; another process may be here in the same moment.
            with suppress(FileExistsError), mark.open("x", encoding="utf-8") as file:
                file.write(claim.job)
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        keep(self, next_job, claim)

    Upcoming.keep = keep_or_die  # type: ignore[method-assign]

__all__ = ["app"]
