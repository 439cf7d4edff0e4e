"""The clock's part in estimates: it gathers run times, foresees starts and checks what came."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from random import Random
from typing import Final

from ledger import Ledger
from ledger.outlook import outlook
from tasks.line import NotSent

RECORD_EVERY: Final = 10.0  # seconds


class Learning:
    """What one clock does every few seconds, so that a page can say how long a job will wait.

    Args:
        ledger: the main process's own.
        kinds: the names of those whose run times are gathered.
        queues: those of which starts are foreseen.
    """

    def __init__(self, ledger: Ledger, kinds: Collection[str], queues: Collection[str]) -> None:
        self._ledger = ledger
        self._kinds = kinds
        self._queues = queues
        self._chances = Random()  # noqa: S311 - any job will do
        self._answers: bool | None = None
        self._recorded_at = 0.0

    def step(self) -> None:
        """Learn from what has ended and started since the last step, and foresee what comes next.

        Raises:
            LedgerUnavailable: the rest is left for the next time.
        """
        for kind in self._kinds:
            self._ledger.experience.learn_runs(kind)
        for queue in self._queues:
            self._ledger.experience.check(queue)
            self._foresee(queue)

    def _foresee(self, queue: str) -> None:
        """Keep an estimate of the job that comes next and of one that waits, whichever."""
        experience, waiting = self._ledger.experience, self._ledger.waiting
        # Of what kind the next job is makes no difference to its start.
        seen = outlook(waiting.at_the_end("", queue, kinds=self._kinds))
        if seen.held_up:
            # A pause or an outage ends when somebody ends it, which no arithmetic foresees.
            experience.drop_open(queue)
            return
        if seen.estimate is not None:
            experience.keep(queue, None, seen.estimate.starts_in)
        job = experience.any_waiting(queue, self._chances)
        if job is None:
            return
        estimate = outlook(waiting.before(job, self._kinds)).estimate
        if estimate is not None:
            experience.keep(queue, job, estimate.starts_in)

    @contextmanager
    def hearing_rabbitmq(self) -> Iterator[None]:
        """Record whether RabbitMQ answered what is asked inside, where that has changed.

        Raises:
            LedgerUnavailable: it is recorded the next time.
        """
        try:
            yield
        except NotSent:
            self._record(answers=False)
            raise
        self._record(answers=True)

    def _record(self, *, answers: bool) -> None:
        # Once in a while all the same: another clock may have found otherwise meanwhile.
        fresh = time.monotonic() - self._recorded_at < RECORD_EVERY
        if self._answers is answers and fresh:
            return
        if answers:
            self._ledger.experience.answers()
        else:
            self._ledger.experience.silent()
        self._answers, self._recorded_at = answers, time.monotonic()
