"""Messages that are gone: a queue is empty while the ledger has jobs that were sent to it."""

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final

from ledger import Ledger
from tasks.kind import Kind
from tasks.publisher import Publisher
from tasks.queue import send_all

logger = logging.getLogger(__name__)

BATCH: Final = 2_000  # jobs that are looked up at once
SEND_FOR: Final = 0.15  # seconds for which they are sent in one look: less than a fork waits for
STAYS: Final = 2.0  # seconds


class Missing:
    """Sends again what a queue has lost, in whatever way.

    At the end of a long line the last jobs are with workers that have fetched them, and in no queue
    either. They are claimed within a moment, so a queue must stay as it is for longer than that.

    Args:
        ledger: the clock's own.
        publisher: sends, and knows how much waits in a queue.
        kinds: by name; a job of any other kind is left for a worker that knows it.
        clock: tells seconds that only grow.
    """

    def __init__(
        self,
        ledger: Ledger,
        publisher: Publisher,
        kinds: Mapping[str, Kind],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._publisher = publisher
        self._kinds = kinds
        self._clock = clock
        self._since: dict[str, float] = {}

    def look(self) -> None:
        """Look at every queue, and send again what is gone.

        Raises:
            LedgerUnavailable: the rest is left for the next look.
            NotSent: as above; RabbitMQ did not answer.
        """
        for queue in {kind.queue for kind in self._kinds.values()}:
            if not self._has_lost_some(queue):
                self._since.pop(queue, None)
            elif self._clock() - self._since.setdefault(queue, self._clock()) >= STAYS:
                self._send_again(queue)

    def _has_lost_some(self, queue: str) -> bool:
        # In this order: of a long queue the first question is answered by a glance at the index.
        patience = self._ledger.settings.resend_after
        overdue = self._ledger.outbox.any_overdue(queue, patience)
        return overdue and self._publisher.waiting(queue) == 0

    def _send_again(self, queue: str) -> None:
        overdue = self._ledger.outbox.overdue(queue, self._ledger.settings.resend_after, BATCH)
        gone = [job for job in overdue if job.kind in self._kinds]
        if gone:
            logger.warning("%d jobs are gone from queue %s; sent again.", len(gone), queue)
            deadline = self._clock() + SEND_FOR
            send_all(self._ledger, self._publisher, self._kinds, gone, deadline)
