"""Which jobs a filter means, asked of `jobs` and of cards so that an index answers in order."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    FromClause,
    Select,
    UnaryExpression,
    and_,
    false,
    or_,
    select,
)
from sqlalchemy.sql.elements import SQLCoreOperations
from sqlalchemy.sql.operators import custom_op
from sqlalchemy.sql.visitors import replacement_traverse

from ledger.card_tables import cards
from ledger.cards import CARD_WORDS, has_words, match_text, on_sqlite
from ledger.database import Database
from ledger.filters import ENDS, OPEN, Filter, Standing
from ledger.record import Cause, State
from ledger.schema import UNFILED, jobs

# An id has the time of the machine that made it, which may be so wrong at the most.
SLACK: Final = timedelta(days=1)

# Cards with the words that are asked for, of which no more are looked through at a time.
MANY: Final = 3_000

# Of these more is to be known than the state of a row.
_LATER: Final = frozenset(
    {Standing.QUEUED, Standing.SCHEDULED, Standing.UNSENT, Standing.HELD, Standing.STOPPING}
)
_MOST: Final = frozenset({Standing.OPEN, Standing.WAITING})

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


def open_ones(
    wanted: Filter, database: Database, *columns: Any, by: Column[Any]
) -> Select[Any] | None:
    """Return a query for the open jobs that are meant, None where none can be.

    Args:
        wanted: which jobs.
        database: where they are.
        columns: what is asked of them.
        by: the column with which the index begins that is the best; see `looked_up_by`.
    """
    standings = [one for one in wanted.states or (Standing.OPEN,) if one in OPEN]
    if wanted.failures or not standings:
        return None
    states = sorted(frozenset().union(*(OPEN[one] for one in standings)))
    told = standings if _LATER.intersection(standings) else ()
    meant = replace(wanted, states=tuple(told)).meant(database)
    conditions = [jobs.c.state.in_(states), *meant]
    return select(*columns).where(jobs.c.finished_at.is_(None), *kept_to(conditions, by, database))


def looked_up_by(wanted: Filter) -> Column[Any]:
    """Return the first column of the index of open jobs in which those that are meant are few.

    The index that begins with the state has all that is mostly asked of an open job, so that no
    row need be looked at for it.
    """
    return jobs.c.batch if wanted.batches else jobs.c.state


def are_most(wanted: Filter) -> bool:
    """Return whether nearly all open jobs are meant, so that the newest of them are soon found."""
    if wanted.plain() or wanted.since or wanted.until:
        return False
    return not wanted.states or not _MOST.isdisjoint(wanted.states)


def settled_just_now(wanted: Filter, database: Database, *columns: Any) -> Select[Any]:
    """Return a query for settled jobs that are meant and that lists don't find by a card yet."""
    conditions = kept_to(wanted.meant(database), jobs.c.id, database)
    return select(*columns).where(UNFILED, *conditions)


def kept_to(
    conditions: Sequence[ColumnElement[bool]], column: Column[Any], database: Database
) -> Conditions:
    """Keep SQLite from an index that does not begin with this column.

    Most jobs are of few kinds and people, and the jobs that are meant here are few; but SQLite
    believes that any equality is best looked up.
    """
    if not on_sqlite(database):
        return list(conditions)

    def plus(element: Any, **_options: Any) -> Any:
        # A plus before a column means nothing but that no index is used for it.
        ours = isinstance(element, Column) and element.table is jobs and element is not column
        return UnaryExpression(element, operator=custom_op("+")) if ours else None

    return [replacement_traverse(one, {}, plus) for one in conditions]


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


def facets_of(wanted: Filter, database: Database, card: FromClause = cards) -> Conditions:
    """Return what a filter asks of cards, states and words apart.

    Args:
        wanted: the filter.
        database: where the cards are.
        card: the table, or a query for some of its rows.
    """
    held: Conditions = [card.c[column.name].in_(values) for column, values in _asked(wanted)]
    if wanted.since is not None:
        held.append(card.c.submitted_at >= wanted.since)
    if wanted.until is not None:
        held.append(card.c.submitted_at < wanted.until)
    # Where a test owns the time, ids have another one.
    if not isinstance(database.now, BindParameter):
        if wanted.since is not None:
            held.append(card.c.job >= first_id(wanted.since - SLACK))
        if wanted.until is not None:
            held.append(card.c.job < first_id(wanted.until + SLACK))
    on_card = {jobs.c.kind, jobs.c.owner, jobs.c.queue, jobs.c.error_type}
    for column, values in wanted.plain():
        if column not in on_card:
            held.append(card.c.job.in_(select(jobs.c.id).where(column.in_(values))))
    return held


def _asked(wanted: Filter) -> list[Asked]:
    asked = (
        (cards.c.kind, wanted.kinds),
        (cards.c.owner, wanted.owners),
        (cards.c.queue, wanted.queues),
        (cards.c.error, wanted.errors),
    )
    return [(column, values) for column, values in asked if values]


def may_be_meant(wanted: Filter, database: Database, card: FromClause) -> ColumnElement[bool]:
    """Return the condition that a card does not say that its job is not meant, words apart.

    That of an open job tells too little, and its row has to be asked.
    """
    ends = [
        card.c.state == state.value
        if cause is None
        else and_(card.c.state == state.value, card.c.cause == cause.value)
        for state, cause in ends_of(wanted)
    ]
    settled = and_(or_(false(), *ends), *facets_of(wanted, database, card))
    return or_(card.c.state.is_(None), settled)


def first_id(moment: datetime) -> str:
    """Return the least id that a job submitted at a moment can have; a UUIDv7 begins with it."""
    digits = f"{max(0, round(moment.timestamp() * 1000)):012x}"
    return f"{digits[:8]}-{digits[8:]}-"


def cards_having(  # noqa: PLR0913 - each is a part of what is asked
    database: Database,
    phrases: Sequence[str],
    limit: int,
    *,
    begins: int | None = None,
    ends: int | None = None,
    up: bool = False,
) -> Select[Any]:
    """Return a query for the newest cards that have these phrases, without their texts.

    Args:
        database: where they are.
        phrases: see `cards.has_words`; one at least has a word.
        limit: how many at the most.
        begins: only cards below this number, if any.
        ends: only this one and those above it, if any.
        up: the oldest, above `begins` and not above `ends`.
    """

    def newest(query: Select[Any], number: SQLCoreOperations[Any]) -> Select[Any]:
        if begins is not None:
            query = query.where(number > begins if up else number < begins)
        if ends is not None:
            query = query.where(number <= ends if up else number >= ends)
        return query.order_by(number if up else number.desc()).limit(limit)

    found = select(*(column for column in cards.c if column is not cards.c.text))
    if not on_sqlite(database):
        return newest(found.where(has_words(database, phrases)), cards.c.number)
    number = CARD_WORDS.c.rowid
    matching = select(number).where(CARD_WORDS.c.card_words.op("MATCH")(match_text(phrases)))
    return found.where(cards.c.number.in_(newest(matching, number)))
