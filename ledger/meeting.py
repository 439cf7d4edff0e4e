"""How many jobs an action would meet: exactly, by the indexes that lists use."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from ledger.action_record import Verb
from ledger.database import Database
from ledger.filed import (
    ends_of,
    kept_to,
    looked_up_by,
    open_ones,
    runs_of,
    settled_just_now,
)
from ledger.filters import OPEN, Filter, Standing
from ledger.record import State
from ledger.schema import jobs
from ledger.tally import kinds

_RETRIES: Final = frozenset({Standing.OPEN, Standing.WAITING, Standing.RETRYING})
_ONE: Final[ColumnElement[int]] = literal_column("1")


def met(
    connection: Connection, database: Database, wanted: Filter, until: datetime
) -> ColumnElement[int]:
    """Return how many jobs a filter without words means that stand as they stood at a time."""
    found = sum((_number(one) for one in _by_index(database, wanted, until)), literal(0))
    # A card does not say when its job ended.
    late = select(_ONE).where(
        jobs.c.kind.in_(kinds(connection)),
        jobs.c.finished_at > until,
        jobs.c.filed_at.is_not(None),
        *kept_to(wanted.conditions(database), jobs.c.kind, database),
    )
    return found - _number(late)


def able(verb: Verb, owner: str, wanted: Filter) -> Filter | None:
    """Return which of the jobs that a filter means a verb changes, None where there are none."""
    opened = tuple(one for one in wanted.states or (Standing.OPEN,) if one in OPEN)
    ended = tuple(one for one in wanted.states or (Standing.SETTLED,) if one not in OPEN)
    if verb is Verb.CANCEL:
        return replace(wanted, states=opened) if opened else None
    if verb is Verb.RETRY:
        again = () if _RETRIES.isdisjoint(opened) else (Standing.RETRYING,)
        return replace(wanted, states=ended + again) if ended + again else None
    if not ended or (wanted.owners and owner not in wanted.owners):
        return None
    return replace(wanted, states=ended, owners=(owner,))


def of_known(connection: Connection, wanted: Filter, known: Collection[str]) -> Filter | None:
    """Return which of the jobs that a filter means are of a known kind, None where none is.

    The filter stays as it is where no kind is gone, which is the rule: it is found faster so.
    """
    if all(kind in known for kind in wanted.kinds or kinds(connection)):
        return wanted
    left = tuple(kind for kind in wanted.kinds or known if kind in known)
    return replace(wanted, kinds=left) if left else None


def unchanged_since(until: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions of a job that stood as it stands now at that time, or was its way."""
    return [
        jobs.c.submitted_at <= until,
        or_(jobs.c.finished_at.is_(None), jobs.c.finished_at <= until),
        or_(jobs.c.state != State.STARTED, jobs.c.started_at <= until),
    ]


def _by_index(database: Database, wanted: Filter, until: datetime) -> Iterator[Select[Any]]:
    """Yield queries for the jobs that are meant, each of which is in one of them."""
    unchanged = unchanged_since(until)
    opened = open_ones(wanted, database, _ONE, by=looked_up_by(wanted))
    if opened is not None:
        yield opened.where(*unchanged)
    if ends_of(wanted):
        yield settled_just_now(wanted, database, _ONE).where(*unchanged)
    yield from runs_of(wanted, database)


def _number(query: Select[Any]) -> ColumnElement[int]:
    return select(func.count()).select_from(query.subquery()).scalar_subquery()
