"""Which jobs a filter means, asked of `jobs` and of cards so that an index answers in order."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final

from sqlalchemy import BindParameter, Column, ColumnElement, Select, UnaryExpression, select
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import replacement_traverse

from ledger.card_tables import cards
from ledger.cards import CARD_WORDS, has_words, match_text, on_sqlite
from ledger.database import Database
from ledger.filters import ENDS, Filter, Standing
from ledger.record import Cause, State
from ledger.schema import jobs

# An id has the time of the machine that made it, which may be so wrong at the most.
SLACK: Final = timedelta(days=1)

# Cards with the words that are asked for, of which no more are looked through at a time.
MANY: Final = 3_000

Conditions = list[ColumnElement[bool]]
Asked = tuple[Column[str], tuple[str, ...]]


def ends_of(wanted: Filter) -> set[tuple[State, Cause | None]]:
    """Return the states and causes of settled jobs that a filter means; None is any cause."""
    if wanted.failures:
        return {end for end in _ends_of(wanted) if end[0] is State.FAILURE}
    return _ends_of(wanted)


def _ends_of(wanted: Filter) -> set[tuple[State, Cause | None]]:
    if not wanted.states or Standing.SETTLED in wanted.states:
        return {ENDS[one] for one in (Standing.SUCCEEDED, Standing.FAILED, Standing.CANCELLED)}
    ends = {ENDS[one] for one in wanted.states if one in ENDS}
    return {(state, cause) for state, cause in ends if cause is None or (state, None) not in ends}


def unfiled(wanted: Filter, database: Database, *columns: Any) -> Select[Any]:
    """Return a query for those meant whose cards do not tell all yet: open, or settled just now."""
    query = select(*columns).where(jobs.c.filed_at.is_(None))
    conditions = wanted.conditions(database)
    if on_sqlite(database):
        # They are few, so their own index is the best; SQLite would believe that any equality is.
        conditions = [replacement_traverse(one, {}, _kept_from_indexes) for one in conditions]
    return query.where(*conditions)


def _kept_from_indexes(element: Any, **_options: Any) -> Any:
    """Put a plus before a column of `jobs`, which in SQLite means nothing but that."""
    ours = isinstance(element, Column) and element.table is jobs and element is not jobs.c.id
    return UnaryExpression(element, operator=custom_op("+")) if ours else None


def runs_of(wanted: Filter, database: Database) -> Iterator[Select[Any]]:
    """Yield queries for the ids of jobs, each of which an index answers in the ids' order.

    Together they find the settled jobs that are meant, words apart, and no two the same.
    """
    heads = _looked_up(wanted)
    others = facets_of(wanted, database)
    for values in product(*(values for _, values in heads)):
        run = [column == value for (column, _), value in zip(heads, values, strict=True)]
        for state, cause in ends_of(wanted):
            if wanted.errors and state is not State.FAILURE:
                continue
            query = select(cards.c.job).where(cards.c.state == state.value, *run, *others)
            yield query if cause is None else query.where(cards.c.cause == cause.value)


def _looked_up(wanted: Filter) -> list[Asked]:
    """Return the columns with which the best index begins, and their values."""
    asked = {column.name: (column, values) for column, values in _asked(wanted)}
    for names in (("error",), ("owner", "kind"), ("owner",), ("kind",), ("queue",)):
        if asked.keys() >= set(names):
            return [asked[name] for name in names]
    return []


def facets_of(wanted: Filter, database: Database) -> Conditions:
    """Return what a filter asks of cards, states and words apart."""
    held: Conditions = [column.in_(values) for column, values in _asked(wanted)]
    if wanted.since is not None:
        held.append(cards.c.submitted_at >= wanted.since)
    if wanted.until is not None:
        held.append(cards.c.submitted_at < wanted.until)
    # Where a test owns the time, ids have another one.
    if not isinstance(database.now, BindParameter):
        if wanted.since is not None:
            held.append(cards.c.job >= first_id(wanted.since - SLACK))
        if wanted.until is not None:
            held.append(cards.c.job < first_id(wanted.until + SLACK))
    on_card = {jobs.c.kind, jobs.c.owner, jobs.c.queue, jobs.c.error_type}
    for column, values in wanted.plain():
        if column not in on_card:
            held.append(cards.c.job.in_(select(jobs.c.id).where(column.in_(values))))
    return held


def _asked(wanted: Filter) -> list[Asked]:
    asked = (
        (cards.c.kind, wanted.kinds),
        (cards.c.owner, wanted.owners),
        (cards.c.queue, wanted.queues),
        (cards.c.error, wanted.errors),
    )
    return [(column, values) for column, values in asked if values]


def first_id(moment: datetime) -> str:
    """Return the least id that a job submitted at a moment can have; a UUIDv7 begins with it."""
    digits = f"{max(0, round(moment.timestamp() * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}-"


def having_words(
    database: Database,
    phrases: Sequence[str],
    limit: int,
    *,
    begins: int | None = None,
    up: bool = False,
) -> Select[Any]:
    """Return the numbers of the newest cards that have these phrases.

    Args:
        database: where they are.
        phrases: see `cards.has_words`; one at least has a word.
        limit: how many at the most.
        begins: only cards below this number, if any.
        up: only cards above it instead, the oldest.
    """
    if on_sqlite(database):
        number: SQLCoreOperations[Any] = CARD_WORDS.c.rowid
        query = select(number).where(CARD_WORDS.c.card_words.op("MATCH")(match_text(phrases)))
    else:
        number = cards.c.number
        query = select(number).where(has_words(database, phrases))
    if begins is not None:
        query = query.where(number > begins if up else number < begins)
    return query.order_by(number if up else number.desc()).limit(limit)
