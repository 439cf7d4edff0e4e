"""The job that a process has been given next, claimed along with the end of the one before.

So a short job costs one transaction instead of two. If the process dies before it can say that it
began the next job, whoever is given that then sees that it was claimed by a dead process, and
records that attempt as lost (`Runner`).
"""

import os
from contextlib import suppress
from typing import Any

from ledger.next_job import NextJob
from ledger.record import Claim, Delivery
from tasks.pipes import Inbox
from tasks.publisher import MESSAGE_HEADER


class Upcoming:
    """What comes next in this process; nothing, where it gets its jobs by no pipe."""

    def __init__(self) -> None:
        self._inbox: Inbox | None = None
        self._claimed: tuple[Delivery, Claim] | None = None

    def comes_by(self, inbox: Inbox) -> None:
        """Look into this one."""
        self._inbox = inbox

    def next_job(self, worker: str) -> NextJob | None:
        """Return what to claim along with an end, if it is there already."""
        message = None if self._inbox is None else self._inbox.peek()
        if message is None:
            return None
        _task, (_number, _place, _run, (_name, job, headers, *_body), _options) = message
        # Whatever somebody wrote into a message, the end of another job is recorded.
        with suppress(TypeError, ValueError):
            delivery = delivery_of(job, headers)
            if isinstance(delivery.job, str) and isinstance(delivery.message, str):
                return NextJob(delivery, worker, os.getpid())
        return None

    def keep(self, next_job: NextJob, claim: Claim | None) -> None:
        """Remember whether the next job was claimed."""
        self._claimed = None if claim is None else (next_job.delivery, claim)

    def take(self, delivery: Delivery) -> Claim | None:
        """Return the claim that was made of a delivery along with the end of the one before."""
        claimed, self._claimed = self._claimed, None
        return claimed[1] if claimed is not None and claimed[0] == delivery else None


#: This process's own.
upcoming = Upcoming()


def delivery_of(job: str, headers: Any) -> Delivery:
    """Return which message it is that names a job, and which time it is delivered."""
    return Delivery(job, headers.get(MESSAGE_HEADER) or job, delivery_count(headers))


def delivery_count(headers: Any) -> int:
    """Return how often RabbitMQ has handed a message out before, as a quorum queue counts."""
    return int(headers.get("x-delivery-count") or 0)
