"""What a job, an attempt and their neighbours are, as values; nothing here reads or writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

JSON = None | bool | int | float | str | list["JSON"] | dict[str, "JSON"]


class State(StrEnum):
    """Where a job stands, in Celery's words, so that Flower and `AsyncResult` agree with us."""

    PENDING = "PENDING"
    STARTED = "STARTED"
    RETRY = "RETRY"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    REVOKED = "REVOKED"

    @property
    def settled(self) -> bool:
        """Whether this is an end."""
        return self in SETTLED


WAITING = frozenset({State.PENDING, State.RETRY})
SETTLED = frozenset({State.SUCCESS, State.FAILURE, State.REVOKED})


class Turn(StrEnum):
    """Whether a job may go to RabbitMQ, where each person may have so many there or running."""

    HELD = "held"  # Not yet: it is sent when an earlier one of its owner's has settled.
    TAKEN = "taken"  # Until it settles.


class Cause(StrEnum):
    """What kind of failure ended a job."""

    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"


class Ending(StrEnum):
    """How one attempt ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    RETRIED = "retried"
    TIMED_OUT = "timed out"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"  # Its worker was told to stop or was cut off; counts for nothing.
    CRASHED = "crashed"  # Its own process died: this job is a suspect.
    LOST = "lost"  # Its whole worker vanished, and its neighbours with it.


@dataclass(frozen=True, slots=True)
class Error:
    """Why a job failed: the exception's class, its words, and the traceback, if it helps."""

    type: str
    message: str
    traceback: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is; `total` is None where nobody knows, `begun` what earlier attempts did."""

    done: float = 0
    total: float | None = None
    text: str = ""
    begun: float = 0

    @property
    def percent(self) -> float | None:
        """From 0 to 100, or None where the total is unknown."""
        return min(100.0, 100 * self.done / self.total) if self.total else None

    @property
    def own_percent(self) -> float | None:
        """What this attempt did of all that is to be done, or None where the total is unknown."""
        return max(0.0, 100 * (self.done - self.begun) / self.total) if self.total else None


def stopped_in_words(at: Progress, seconds: float) -> str:
    """Say how far an attempt was, and how long it had run, when it was cancelled."""
    how_far = "" if at.percent is None else f" at {at.percent:.0f} %"
    return f"Stopped{how_far} after {seconds:.0f} s."


@dataclass(frozen=True, slots=True)
class Job:
    """What a person asked for: one row of the ledger. All times are aware, in UTC."""

    id: str
    kind: str
    inputs: Mapping[str, Any]
    owner: str
    queue: str
    priority: int
    batch: str | None
    state: State
    cause: Cause | None
    attempt: int
    revision: int
    due_at: datetime | None
    submitted_at: datetime
    sent_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    cancel_requested_at: datetime | None
    worker: str | None
    progress: Progress
    result: JSON
    error: Error | None
    retried_from: str | None = None  # The settled job whose inputs were submitted once more.
    fingerprint: str | None = None  # Alike for jobs that do the same.
    signature: str | None = None  # Names what its kind asked for at the time.
    failure: str | None = None  # Its group of failures, once the clock has named it.
    deleted_at: datetime | None = None  # Somebody deleted it; until it is gone that can be undone.
    turn: Turn | None = None  # None where it came while nobody's jobs were limited.

    @property
    def waiting(self) -> bool:
        """Whether the job waits for a worker, a time or the broker."""
        return self.state in WAITING

    @property
    def ready_at(self) -> datetime:
        """Since when its own time has come."""
        return max(self.submitted_at, self.due_at or self.submitted_at)

    @property
    def held(self) -> bool:
        """Whether its owner's limit holds it back."""
        return self.turn is Turn.HELD and not self.state.settled

    def ran_for(self, now: datetime) -> timedelta | None:
        """Return how long the last attempt has run, or ran."""
        return None if self.started_at is None else (self.finished_at or now) - self.started_at


@dataclass(frozen=True, slots=True)
class Attempt:
    """One numbered run of a job, with the worker that made it by name."""

    job: str
    number: int
    worker: str
    worker_name: str
    pid: int
    message: str
    delivery_count: int
    started_at: datetime
    ended_at: datetime | None
    ending: Ending | None
    note: str

    def ran_for(self, now: datetime) -> timedelta:
        """Return how long the attempt has run, or ran."""
        return (self.ended_at or now) - self.started_at


@dataclass(frozen=True, slots=True)
class Delivery:
    """RabbitMQ handing a message to a worker: which message, and which time it is."""

    job: str
    message: str
    count: int


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to run a job, once, until it is settled or taken over."""

    job: str
    attempt: int
    kind: str
    inputs: Mapping[str, Any]
    owner: str
    retries: int = 0
    checkpoint: Any = None


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line that an attempt printed or logged; numbered from 1 within its attempt."""

    attempt: int
    number: int
    at: datetime
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the storage; `name` is for display and never a path. `job` is None for uploads."""

    id: str
    job: str | None
    attempt: int | None
    owner: str
    name: str
    media_type: str
    size: int
    sha256: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Vitals:
    """What a worker says of itself while it lives.

    `listening` are the queues from which it takes jobs now, `load` is its machine's average of
    a minute, `memory` is that of all its processes in bytes, and `outdated` is how many of the
    `processes` are still to be replaced by new ones.
    """

    listening: tuple[str, ...]
    processes: int
    outdated: int
    load: float
    cores: int
    memory: int


@dataclass(frozen=True, slots=True)
class Wishes:
    """What operators ask of one worker, as its row and the queues say now."""

    draining: bool = False
    wanted: int | None = None
    renew_at: datetime | None = None
    stop: bool = False
    paused: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker's main process, from its start to its last beat."""

    id: str
    name: str
    host: str
    pid: int
    queues: tuple[str, ...]
    concurrency: int
    version: str
    started_at: datetime
    beat_at: datetime
    stopping_at: datetime | None
    vitals: Vitals | None = None
    draining_at: datetime | None = None
    draining_by: str | None = None
    wanted: int | None = None  # Processes, where somebody asked for another number.
    renew_at: datetime | None = None  # Processes that are older are to make way for new ones.
    stop_at: datetime | None = None  # Somebody asked it to stop.
