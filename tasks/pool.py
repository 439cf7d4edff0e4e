"""The pool of a worker's processes: Celery's, but for time limits and for whom it gives a job."""

import logging
import pickle
import select
import struct
import tempfile
import time
from multiprocessing import process
from pathlib import Path
from typing import Any, NamedTuple

from billiard.compat import mem_rss
from celery.concurrency import asynpool
from celery.concurrency.prefork import TaskPool

from tasks import pipes
from tasks.given import Given
from tasks.pipes import Inbox
from tasks.replies import Replies, ReplyHandler
from tasks.spared import Ended
from tasks.upcoming import upcoming

logger = logging.getLogger(__name__)

LOOK_AGAIN = 1.0  # seconds until a process that was spared is looked at again


class _Limits(NamedTuple):
    """When a job's time is up, by `time.monotonic`; None where it is not, or has been told."""

    soft: float | None
    hard: float | None


class Process(asynpool.Worker):
    """One process, whose next job can be taken back until it looks at it."""

    outq: Any  # Celery's

    def _make_recv_method(self, conn: Any) -> Any:
        self._inbox = Inbox(conn, self._goes_on)
        upcoming.comes_by(self._inbox)
        return self._inbox.receive

    def workloop(self, *args: Any, **kwargs: Any) -> Any:
        """Run jobs until there is a reason to end."""
        self.outq = Replies(self.outq, lambda: self._inbox.holds_a_job)
        return super().workloop(*args, **kwargs)

    def _ensure_messages_consumed(self, *args: Any, **kwargs: Any) -> Any:
        self.outq.flush()  # It ends, though its next job may be at hand.
        return super()._ensure_messages_consumed(*args, **kwargs)

    def _goes_on(self, received: int) -> bool:
        leaks = 0 < (self.max_memory_per_child or 0) < mem_rss()
        return not leaks and (not self.maxtasks or received < self.maxtasks)


class OurPool(asynpool.AsynPool):
    """Looks after the time limits of what runs, and can give a process more than one job.

    Celery's pool leaves a timer behind for each job, which stays until the job's limit would have
    come: thousands of short jobs under a long limit fill the main process with them.

    It kills a process at its job's limit, unless the job has ended and waits for the ledger.
    """

    Worker = Process
    ResultHandler = ReplyHandler
    scratch: Path

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.given = self._busy_workers = Given(self._all_inqueues)
        self._mark_worker_as_available = self.given.end

    @property
    def jobs(self) -> int:
        """How many jobs it has that have not ended."""
        return len(self._cache)

    @property
    def places(self) -> int:
        """How many it may have."""
        return self.given.depth * int(self._processes)

    def hold(self, depth: int) -> list[Any]:
        """Give each process so many jobs at the most, and let go of those that wait beyond that.

        Returns:
            the jobs that it has no longer, which nobody has begun. Some can be missing: a process
            may be about to begin one, and is asked the next time.
        """
        self.given.depth = depth
        let_go: list[Any] = []
        while self.jobs > self.places and self.outbound_buffer:
            let_go.append(self.outbound_buffer.pop())
            let_go[-1].discard()
        for one in self._pool:
            let_go += self._taken_back_from(one, depth)
        return let_go

    def _taken_back_from(self, one: Any, depth: int) -> list[Any]:
        """Return what waits behind the jobs which a process may have, as far as it can be had."""
        had: list[Any] = []
        while self.given.to(one.inqW_fd) > depth and one.inqW_fd not in self._active_writes:
            message = pipes.take_back(one.inq)
            if message is None:
                break
            self.given.end(one.inqW_fd)
            job = self._cache.get(message[1][0])  # By its number, which comes first.
            if job is None:
                continue  # Its connection was lost.
            if job._terminated is not None:  # noqa: SLF001 - the pool's own
                self._put_back(job)  # It ends it as what was stopped before it began.
                continue
            job.discard()
            had.append(job)
        return had

    def flush(self) -> None:
        """Forget what has not begun: its connection is lost, and its message comes again."""
        self.hold(1)
        super().flush()

    def _create_write_handlers(self, hub: Any, *args: Any, **kwargs: Any) -> None:
        super()._create_write_handlers(hub, *args, **kwargs)
        # By itself it has the loop tell it of pipes that have room, which they nearly always have.
        self._write_to = hub.consolidate_callback
        self._quick_put = self._put
        self.on_poll_start = self._write_what_waits

    def _put(self, message: tuple[int, tuple[Any, ...]]) -> None:
        """Have a job written to a process, at the loop's next turn."""
        body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
        head = struct.pack(">I", len(body))
        if len(head) + len(body) <= select.PIPE_BUF:  # Such a write is whole, or is none.
            head, body = head + body, b""
        job = self._cache[message[1][0]]
        job._payload = memoryview(head), memoryview(body), len(body)  # noqa: SLF001 - the pool's own
        self.outbound_buffer.append(job)

    def _write_what_waits(self) -> None:
        for _job in range(len(self.outbound_buffer)):
            ready = [
                end for end in self._all_inqueues - self._active_writes if end not in self.given
            ]
            if not ready:
                break
            self._write_to(ready)

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

    Pool = OurPool

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
