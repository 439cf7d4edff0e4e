"""What a worker's main process sees and hands to its clock, for it must not wait to write it."""

from dataclasses import dataclass
from queue import SimpleQueue

from ledger.record import Delivery, Ending


@dataclass(frozen=True, slots=True)
class Death:
    """A delivery whose process died or was stopped, with the reason in words."""

    delivery: Delivery
    ending: Ending
    note: str


@dataclass(frozen=True, slots=True)
class Timeout:
    """A delivery whose process was killed at its time limit, in seconds."""

    delivery: Delivery
    limit: float


Report = Death | Timeout
Reports = SimpleQueue[Report]
