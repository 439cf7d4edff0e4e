"""What an action on many jobs is, as values: what was asked, how far it is, and what it did."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Verb(StrEnum):
    """What is done to each of the jobs."""

    CANCEL = "cancel"
    RETRY = "retry"
    DELETE = "delete"


class Stage(StrEnum):
    """Where an action stands; it goes on by itself in all but three."""

    CHOOSING = "choosing"  # Which jobs match is being written down.
    DOING = "doing"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"
    REMOVING = "removing"  # Deleted jobs are removed for good: it can't be undone any more.
    REMOVED = "removed"


class Outcome(StrEnum):
    """What became of one job, and if it was undone, what of that."""

    CANCELLED = "cancelled"
    STOPPING = "stopping"  # It ran, and was asked to stop.
    RETRIED = "retried"  # It runs again as another job.
    SOONER = "sooner"  # It waited for its next attempt, and has that now.
    DELETED = "deleted"
    # Left as it was:
    ENDED = "ended"
    RUNNING = "running"
    WAITING = "waiting"
    GONE = "gone"
    NOT_YOURS = "not yours"
    NO_KIND = "no kind"
    NO_FILES = "no files"
    # Undone, or not:
    QUEUED_AGAIN = "queued again"  # As another job: an end that was recorded stays.
    TAKEN_BACK = "taken back"
    RESTORED = "restored"
    BEGUN = "begun"
    STUCK = "stuck"  # What undoes it was refused.


@dataclass(frozen=True, slots=True)
class Undoing:
    """Which outcome can be undone, and what it is called when it was and when it was not."""

    of: Outcome
    undone: Outcome
    kept: Outcome


UNDO: Mapping[Verb, Undoing] = {
    Verb.CANCEL: Undoing(Outcome.CANCELLED, Outcome.QUEUED_AGAIN, Outcome.STUCK),
    Verb.RETRY: Undoing(Outcome.RETRIED, Outcome.TAKEN_BACK, Outcome.BEGUN),
    Verb.DELETE: Undoing(Outcome.DELETED, Outcome.RESTORED, Outcome.STUCK),
}
GOES_ON = frozenset({Stage.CHOOSING, Stage.DOING, Stage.UNDOING, Stage.REMOVING})
CAN_TURN = frozenset({Stage.CHOOSING, Stage.DOING, Stage.DONE})  # From these it can be undone.


@dataclass(frozen=True, slots=True)
class Action:
    """One verb, asked for once, for many jobs. All times are aware, in UTC.

    Attributes:
        matching: the filter as JSON, or None where jobs were named one by one.
        words: the filter as whoever asked has written it.
        until: jobs that came to match later than this are none of its.
        cursor: the id of the last job that its present stage has seen to.
        expected: how many jobs it said that it would be, when it asked for a yes.
        matched: how many it has found to be its.
        tally: how many jobs have had each outcome.
        undo_until: when it can't be undone any more; None while it is not done.
    """

    id: str
    verb: Verb
    owner: str
    matching: Mapping[str, Any] | None
    words: str
    until: datetime
    stage: Stage
    cursor: str
    expected: int
    matched: int
    tally: Mapping[Outcome, int]
    revision: int
    asked_at: datetime
    ended_at: datetime | None
    undo_until: datetime | None

    @property
    def goes_on(self) -> bool:
        """Whether there is something left to do for it now."""
        return self.stage in GOES_ON

    @property
    def handled(self) -> int:
        """How many jobs have an outcome."""
        return sum(self.tally.values())

    def undoable(self, now: datetime) -> int:
        """Return for how many jobs it can still be undone."""
        if self.stage not in CAN_TURN or (self.undo_until is not None and self.undo_until <= now):
            return 0
        return self.tally.get(UNDO[self.verb].of, 0)


@dataclass(frozen=True, slots=True)
class ActionJob:
    """One job of an action; `made` is the other job that came of it, if one did.

    `kind` is None where the job is gone.
    """

    job: str
    outcome: Outcome | None
    made: str | None
    kind: str | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """A job that is to run again, as far as it must be known to say whether it can."""

    kind: str
    owner: str
    inputs: Mapping[str, Any]
    uploads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a candidate can run again: why not, or the fingerprint of the job that will."""

    refused: Outcome | None = None
    fingerprint: str | None = None
