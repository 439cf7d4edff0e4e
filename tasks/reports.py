"""What a worker's main process sees and hands to its clock, for it must not wait to write it."""

from dataclasses import dataclass
from queue import SimpleQueue

from ledger.record import Delivery, Ending


@dataclass(frozen=True, slots=True)
class Death:
    """A delivery whose process died or was stopped, with the reason in words.

    `told_to_end` is the pid of a process that may not have died yet: it is killed if it does not.
    """

    delivery: Delivery
    ending: Ending
    note: str
    told_to_end: int | None = None


@dataclass(frozen=True, slots=True)
class Timeout:
    """A delivery whose process was killed at its time limit, in seconds."""

    delivery: Delivery
    limit: float


@dataclass(frozen=True, slots=True)
class Overrun:
    """A delivery that RabbitMQ took back from a running job, after its own limit, in seconds."""

    delivery: Delivery
    limit: float


@dataclass(frozen=True, slots=True)
class Cancel:
    """A job that somebody asked to stop, by Celery's own means."""

    job: str


Report = Death | Timeout | Overrun | Cancel
Reports = SimpleQueue[Report]
