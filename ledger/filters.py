"""The filter: which jobs a person means, as one value that a page, a program and SQL understand.

Its text is what the search box takes, `state:failed kind:images by:ada "connection refused"`;
`webapp/search.py` reads it. Within a qualifier any value will do, and all qualifiers must hold.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, and_, or_

from ledger.cards import of_words
from ledger.database import Database
from ledger.record import WAITING, Cause, State, Turn
from ledger.schema import jobs


class Standing(StrEnum):
    """Where jobs stand, in all the ways that an operator asks for; some include others."""

    OPEN = "open"
    WAITING = "waiting"
    QUEUED = "queued"
    SCHEDULED = "scheduled"
    UNSENT = "unsent"  # RabbitMQ has not confirmed a message yet.
    HELD = "held"  # Its owner's limit holds it back.
    RETRYING = "retrying"
    RUNNING = "running"
    STOPPING = "stopping"
    SETTLED = "settled"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # For whatever cause; the next three are its parts.
    ERROR = "error"
    TIMEOUT = "timeout"
    CRASHED = "crashed"
    CANCELLED = "cancelled"


_CAUSES: Final = {
    Standing.ERROR: Cause.ERROR,
    Standing.TIMEOUT: Cause.TIMEOUT,
    Standing.CRASHED: Cause.CRASHED,
}
# How a settled job can have ended: the state and, where it matters, the cause.
ENDS: Final[Mapping[Standing, tuple[State, Cause | None]]] = {
    Standing.SUCCEEDED: (State.SUCCESS, None),
    Standing.FAILED: (State.FAILURE, None),
    Standing.CANCELLED: (State.REVOKED, None),
    **{standing: (State.FAILURE, cause) for standing, cause in _CAUSES.items()},
}

# The states of open jobs that stand so.
OPEN: Final[Mapping[Standing, frozenset[State]]] = {
    Standing.OPEN: WAITING | {State.STARTED},
    Standing.WAITING: WAITING,
    Standing.QUEUED: frozenset({State.PENDING}),
    Standing.SCHEDULED: frozenset({State.PENDING}),
    Standing.UNSENT: frozenset({State.PENDING}),
    Standing.HELD: frozenset({State.PENDING}),
    Standing.RETRYING: frozenset({State.RETRY}),
    Standing.RUNNING: frozenset({State.STARTED}),
    Standing.STOPPING: frozenset({State.STARTED}),
}

OF_STATE: Final[Mapping[State, tuple[Standing, ...]]] = {
    State.PENDING: (Standing.QUEUED, Standing.SCHEDULED, Standing.UNSENT, Standing.HELD),
    State.STARTED: (Standing.RUNNING,),
    State.RETRY: (Standing.RETRYING,),
    State.SUCCESS: (Standing.SUCCEEDED,),
    State.FAILURE: (Standing.FAILED,),
    State.REVOKED: (Standing.CANCELLED,),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are meant; an empty one means all of them, except those that were deleted.

    Args:
        states: where they stand.
        kinds: names of kinds.
        owners: names of people.
        queues: names of queues.
        errors: classes of the exceptions that ended them.
        batches: ids of batches.
        failures: ids of groups of failures.
        since: submitted then or later, by the database's clock.
        until: submitted before.
        words: phrases, all of which their texts have; a phrase's last word may end in `*` and
            stands then for all words that begin so. See `texts.words_of`.
    """

    states: tuple[Standing, ...] = ()
    kinds: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()
    batches: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    words: tuple[str, ...] = ()

    def conditions(self, database: Database) -> Sequence[ColumnElement[bool]]:
        """Return what must hold of rows of `jobs`, for a statement that reads or changes them."""
        return [jobs.c.deleted_at.is_(None), *self.meant(database)]

    def meant(self, database: Database) -> Sequence[ColumnElement[bool]]:
        """Return the same of rows that nobody has deleted, as no open job is."""
        held: list[ColumnElement[bool]] = []
        if self.states:
            held.append(or_(*(standing_is(one, database) for one in self.states)))
        for column, values in self.plain():
            held.append(column.in_(values))
        if self.since is not None:
            held.append(jobs.c.submitted_at >= self.since)
        if self.until is not None:
            held.append(jobs.c.submitted_at < self.until)
        if self.words:
            held.append(of_words(database, self.words))
        return held

    def plain(self) -> list[tuple[ColumnElement[str], tuple[str, ...]]]:
        """Return the columns of `jobs` that must have one of some values."""
        asked = (
            (jobs.c.kind, self.kinds),
            (jobs.c.owner, self.owners),
            (jobs.c.queue, self.queues),
            (jobs.c.error_type, self.errors),
            (jobs.c.batch, self.batches),
            (jobs.c.failure, self.failures),
        )
        return [(column, values) for column, values in asked if values]

    @classmethod
    def of(cls, states: Iterable[State] = (), kind: str | None = None) -> Self:
        """Return what means jobs in any of these states and of a kind; all where none is said."""
        standings = [standing for state in states for standing in OF_STATE[state]]
        return cls(states=tuple(standings), kinds=() if kind is None else (kind,))

    def as_text(self) -> str:
        """Return the filter as the search box takes it; it means the same when it is read again."""
        parts = [
            f"{QUALIFIERS[field.name]}:{','.join(quoted(value) for value in values)}"
            for field in fields(self)
            if field.name in QUALIFIERS and (values := _texts(getattr(self, field.name)))
        ]
        return " ".join([*parts, *(quoted(word) for word in self.words)])

    def as_json(self) -> dict[str, Any]:
        """Return it for a column or an answer of JSON, without what it does not ask."""
        kept: dict[str, Any] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, datetime):
                kept[field.name] = value.astimezone(UTC).isoformat()
            elif value:
                kept[field.name] = [str(one) for one in value]
        return kept

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        """Return what `as_json` wrote.

        Raises:
            ValueError: it did not write this.
            TypeError: likewise.
        """
        values: dict[str, Any] = {}
        for name, value in kept.items():
            if name in {"since", "until"}:
                values[name] = datetime.fromisoformat(value)
            else:
                read: Callable[[str], str] = Standing if name == "states" else str
                values[name] = tuple(read(one) for one in value)
        return cls(**values)


# The word before the colon, by the field.
QUALIFIERS: Final[Mapping[str, str]] = {
    "states": "state",
    "kinds": "kind",
    "owners": "by",
    "since": "since",
    "until": "until",
    "errors": "error",
    "queues": "queue",
    "failures": "failure",
    "batches": "batch",
}


def _texts(value: Sequence[str] | datetime | None) -> list[str]:
    if isinstance(value, datetime):
        return [f"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"]
    return [str(one) for one in value or ()]


def quoted(value: str) -> str:
    """Return a value as it stands in a search, in quotes where it would be read as something else.

    A quote within quotes is written twice, as in CSV.
    """
    if value and not any(one.isspace() or one in '",:' for one in value):
        return value
    # A moment's colons are no qualifier's.
    if value[:4].isdigit() and value.endswith("Z") and '"' not in value and "," not in value:
        return value
    return '"' + value.replace('"', '""') + '"'


def standing_is(standing: Standing, database: Database) -> ColumnElement[bool]:
    """Return the condition that a row of `jobs` stands so."""
    if standing in ENDS:
        state, cause = ENDS[standing]
        ended = jobs.c.state == state
        return ended if cause is None else and_(ended, jobs.c.cause == cause)
    return _OPEN[standing](database)


def _pending(database: Database) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return whether a row is PENDING, and whether it waits for a time that has not come."""
    later = and_(jobs.c.due_at.is_not(None), jobs.c.due_at > database.now)
    return jobs.c.state == State.PENDING, later


def _queued(database: Database) -> ColumnElement[bool]:
    pending, later = _pending(database)
    return and_(pending, ~later, jobs.c.sent_at.is_not(None))


def _unsent(database: Database) -> ColumnElement[bool]:
    pending, later = _pending(database)
    free = jobs.c.turn.is_distinct_from(Turn.HELD)
    return and_(pending, ~later, jobs.c.sent_at.is_(None), free)


def _held(_database: Database) -> ColumnElement[bool]:
    return and_(jobs.c.state == State.PENDING, jobs.c.turn == Turn.HELD)


_OPEN: Final[Mapping[Standing, Callable[[Database], ColumnElement[bool]]]] = {
    Standing.OPEN: lambda _database: jobs.c.finished_at.is_(None),
    Standing.SETTLED: lambda _database: jobs.c.finished_at.is_not(None),
    Standing.WAITING: lambda _database: jobs.c.state.in_(WAITING),
    Standing.QUEUED: _queued,
    Standing.SCHEDULED: lambda database: and_(*_pending(database)),
    Standing.UNSENT: _unsent,
    Standing.HELD: _held,
    Standing.RETRYING: lambda _database: jobs.c.state == State.RETRY,
    Standing.RUNNING: lambda _database: jobs.c.state == State.STARTED,
    Standing.STOPPING: lambda _database: and_(
        jobs.c.state == State.STARTED, jobs.c.cancel_requested_at.is_not(None)
    ),
}
