"""Which settled jobs a filter means, asked of their cards so that an index answers in order."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, Final

from sqlalchemy import BindParameter, Column, ColumnElement, Select, select
from sqlalchemy.sql.elements import SQLCoreOperations

from ledger.card_tables import cards
from ledger.cards import CARD_WORDS, has_words, match_text, on_sqlite
from ledger.database import Database
from ledger.filters import ENDS, Filter, Standing
from ledger.record import Cause, State
from ledger.schema import jobs

# An id has the time of the machine that made it, which may be so wrong at the most.
SLACK: Final = timedelta(days=1)

Conditions = list[ColumnElement[bool]]


def ends_of(wanted: Filter) -> set[tuple[State, Cause | None]]:
    """Return the states and causes of settled jobs that a filter means; None is any cause."""
    if not wanted.states or Standing.SETTLED in wanted.states:
        return {ENDS[one] for one in (Standing.SUCCEEDED, Standing.FAILED, Standing.CANCELLED)}
    ends = {ENDS[one] for one in wanted.states if one in ENDS}
    return {(state, cause) for state, cause in ends if cause is None or (state, None) not in ends}


def runs_of(
    wanted: Filter, database: Database, ends: set[tuple[State, Cause | None]] | None = None
) -> Iterator[Conditions]:
    """Yield conditions on cards, each of which one index answers in the order of the jobs' ids.

    Together they hold for the settled jobs that are meant, words apart, and no two for the same.

    Args:
        wanted: which jobs.
        database: where they are.
        ends: instead of those that the filter means.
    """
    facets = _asked(wanted)
    # One facet is looked up, value by value. A list of values is kept from the other indexes,
    # by adding nothing to it: they would answer in another order, which is sorted at a great cost.
    others: Conditions = [column.op("||")("").in_(values) for column, values in facets[1:]]
    others += _besides(wanted, database)
    heads = [facets[0][0] == value for value in facets[0][1]] if facets else [None]
    for head, (state, cause) in product(heads, ends_of(wanted) if ends is None else ends):
        run: Conditions = [cards.c.state == state.value, *others]
        if head is not None:
            run.append(head)
        if cause is not None:
            run.append(cards.c.cause == cause.value)
        yield run


def facets_of(wanted: Filter, database: Database) -> Conditions:
    """Return what a filter asks of cards, states and words apart, in no index's order."""
    return [column.in_(values) for column, values in _asked(wanted)] + _besides(wanted, database)


def _asked(wanted: Filter) -> list[tuple[Column[str], tuple[str, ...]]]:
    asked = (
        (cards.c.kind, wanted.kinds),
        (cards.c.owner, wanted.owners),
        (cards.c.queue, wanted.queues),
    )
    return [(column, values) for column, values in asked if values]


def _besides(wanted: Filter, database: Database) -> Conditions:
    held: Conditions = []
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
    rare = [
        column.in_(values)
        for column, values in wanted.plain()
        if column in {jobs.c.error_type, jobs.c.batch}
    ]
    if rare:
        held.append(select(jobs.c.id).where(jobs.c.id == cards.c.job, *rare).exists())
    if wanted.failures:
        # Few of very many, so they are looked up and not looked for.
        of_failures = select(jobs.c.id).where(jobs.c.failure.in_(wanted.failures))
        held.append(cards.c.job.in_(of_failures))
    return held


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
