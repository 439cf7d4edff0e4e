"""What the API says of failures and dead letters."""

from datetime import datetime
from typing import Any, Final, Literal, Self

from flask import url_for
from pydantic import BaseModel, ConfigDict, Field

from ledger import dead_letters, failures
from ledger.record import Cause
from tasks.kind import Kind
from webapp.again_all import Again, kind_of
from webapp.failure_words import letter_body, letter_repair
from webapp.shapes import Shape

LONGEST_NOTE: Final = 1_000  # characters


class FailureQuery(BaseModel):
    """Which failures are to be listed: the query of a GET."""

    model_config = ConfigDict(extra="forbid")

    show: Literal["open", "known", "all"] = "open"
    kind: str | None = None
    cause: Cause | None = None
    before: str | None = None
    limit: int = Field(50, ge=1, le=200)


class Note(BaseModel):
    """What is known of a failure: the body of a PUT."""

    model_config = ConfigDict(extra="forbid")

    note: str = Field("", max_length=LONGEST_NOTE)


class Known(Shape):
    """Who has said that a group is known, when, and what is known of it."""

    at: datetime
    by: str
    note: str


class Failure(Shape):
    """Failures of one cause; `by_hour` counts those of the last 24 hours, the oldest first."""

    id: str
    kind: str
    cause: Cause
    error_type: str
    message: str
    place: str
    jobs: int
    first_at: datetime
    last_at: datetime
    newest: str
    quiet: bool
    known: Known | None
    by_hour: list[int]
    by_owner: dict[str, int]
    page: str

    @classmethod
    def of(cls, group: failures.Group, tally: failures.Tally) -> Self:
        """Return a group of the ledger."""
        reason, known = group.reason, group.known
        return cls(
            kind=reason.kind,
            cause=reason.cause,
            error_type=reason.error_type,
            message=reason.message,
            place=reason.place,
            known=Known(at=known.at, by=known.by, note=known.note) if known else None,
            by_hour=list(tally.by_hour),
            by_owner=dict(tally.by_owner),
            page=url_for("failures.show", group_id=group.id),
            **{name: getattr(group, name) for name in _AS_IT_IS},
        )


_AS_IT_IS = ("id", "jobs", "first_at", "last_at", "newest", "quiet")


class Failures(Shape):
    """A page of failures; `next` is the address of the next page, or null."""

    failures: list[Failure]
    next: str | None


class InCommon(Shape):
    """What failures share: the shares, from 0 to 1, of failures and successes that have it."""

    of: str
    words: str
    failed: float
    succeeded: float | None
    apart: bool


class FailureInFull(Failure):
    """A failure with its newest traceback, and what a sample of its jobs has in common."""

    traceback: str
    repair: str
    in_common: list[InCommon]
    compared_failures: int
    compared_successes: int


class Retried(Shape):
    """How many jobs run again, and how many can't; of many, the address of the action that does it.

    `more` says that some are left: ask again for them.
    """

    jobs: int
    refused: int
    why: str
    more: bool
    action: str | None

    @classmethod
    def of(cls, again: Again) -> Self:
        """Return what came of retrying a group."""
        action = url_for("api.show_action", action_id=again.action) if again.action else None
        return cls(
            jobs=again.done, refused=again.refused, why=again.why, more=again.more, action=action
        )


class DeadLetter(Shape):
    """A message that nobody could use; `kind` is what it asks for, `repair` what can be done."""

    id: str
    received_at: datetime
    kind: str | None
    queue: str
    reason: str
    headers: dict[str, Any]
    body: str
    repair: str
    requeued_by: str | None
    requeued_as: str | None

    @classmethod
    def of(cls, letter: dead_letters.DeadLetter, kind: Kind | None) -> Self:
        """Return a dead letter of the ledger; `kind` is the one that it asks for, if it is here."""
        return cls(
            kind=kind_of(letter),
            headers={
                name: value for name, value in letter.headers.items() if name not in _REPEATED
            },
            body=letter_body(letter, kind),
            repair=letter_repair(letter, kind),
            **{name: getattr(letter, name) for name in _OF_A_LETTER},
        )


_OF_A_LETTER = ("id", "received_at", "queue", "reason", "requeued_by", "requeued_as")
_REPEATED = frozenset({"argsrepr", "kwargsrepr"})  # The inputs once more, secrets included.


class DeadLetters(Shape):
    """The newest dead letters."""

    dead_letters: list[DeadLetter]
