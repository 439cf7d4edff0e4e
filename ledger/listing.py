"""The list of jobs: a page of those that a filter means, newest first.

    open, or settled just now ── rows of `jobs`, by small indexes ──────────────┐
    all others ── their cards, by the index that begins with what is asked ──┴──► a page

An id says when its job was submitted, so a page's place is an id: what arrives later changes none
of the pages below. Where words are asked for, cards are found by their words instead.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from zlib import crc32

from sqlalchemy import ColumnElement, Connection, FromClause, Select, func, select

from ledger.card_tables import cards
from ledger.cards import has_a_word, on_sqlite
from ledger.database import Database
from ledger.filed import (
    MANY,
    are_most,
    cards_having,
    looked_up_by,
    may_be_meant,
    open_ones,
    runs_of,
    settled_just_now,
)
from ledger.filters import Filter
from ledger.jobs import job_from
from ledger.record import Job, State
from ledger.schema import UNFILED, jobs

FEW: Final = 300  # cards with the words that are asked for, in which a page is looked for first
NEAR: Final = 10_000  # cards in which it is looked for first where nobody knows how many have them


@dataclass(frozen=True, slots=True)
class Page:
    """One page of jobs, newest first, and whether there are others on either side of it.

    `further` is the id of a job below which the search is to go on: so many jobs have the words
    that only the newest were looked through.
    """

    jobs: Sequence[Job]
    newer: bool
    older: bool
    further: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: below or above a job, which need not exist any more."""

    job: str
    above: bool = False

    def beyond(self, column: ColumnElement[Any], value: object) -> ColumnElement[bool]:
        """Return the condition that a column's value lies on the page's side of another."""
        return column > value if self.above else column < value


_ROW: Final = select(jobs.c.id, jobs.c.revision).limit(FEW)
_OPEN: Final = _ROW.where(jobs.c.finished_at.is_(None))
# Made once: to make a query takes longer than to have it answered, and these are asked often.
_PULSE: Final = (
    _OPEN.order_by(jobs.c.id.desc()),
    _OPEN.where(jobs.c.state == State.STARTED),
    _ROW.where(UNFILED).order_by(jobs.c.id.desc()),
)


class Listing:
    """Reads pages."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, wanted: Filter, limit: int, place: Place | None = None) -> Page:
        """Return the newest jobs that are meant, or those next to a place.

        A page above a place that is not full is the first one, so it is that one as a whole.

        Args:
            wanted: which jobs.
            limit: how many at the most.
            place: where the page begins.
        """
        further = None
        with self._database.read() as connection:
            if has_a_word(wanted.words):
                found, further = self._with_words(connection, wanted, limit + 1, place)
            else:
                found = self._newest(connection, wanted, limit + 1, place)
        if place is None:
            return Page(found[:limit], newer=False, older=len(found) > limit, further=further)
        if not place.above:
            return Page(found[:limit], newer=True, older=len(found) > limit, further=further)
        if len(found) <= limit:
            return self.page(wanted, limit)
        return Page(found[:limit][::-1], newer=True, older=True)

    def _newest(
        self, connection: Connection, wanted: Filter, limit: int, place: Place | None
    ) -> list[Job]:
        up = place is not None and place.above
        fresh = settled_just_now(wanted, self._database, jobs)
        # In this order: what settles or is filed meanwhile is in both, and nothing in neither.
        queries = [self._open(wanted, limit, place), _next(fresh, jobs.c.id, limit, place)]
        found = {
            row.id: row
            for query in queries
            if query is not None
            for row in connection.execute(query)
        }
        ids: set[str] = set()
        for query in runs_of(wanted, self._database):
            run = _next(query, cards.c.job, limit, place)
            ids.update(connection.execute(run).scalars())
        nearest = sorted({*found, *ids}, reverse=not up)[:limit]
        filed = select(jobs).where(
            jobs.c.id.in_([job for job in nearest if job not in found]),
            jobs.c.deleted_at.is_(None),
        )
        found |= {row.id: row for row in connection.execute(filed)}
        return [job_from(found[job]) for job in nearest if job in found]

    def _open(self, wanted: Filter, limit: int, place: Place | None) -> Select[Any] | None:
        """Return a query for the next open jobs that are meant, None where none can be."""
        by = jobs.c.id if are_most(wanted) else looked_up_by(wanted)
        found = open_ones(wanted, self._database, jobs.c.id, by=by)
        if found is None:
            return None
        # Where they are few they are sorted, for in their order one would look at all others.
        by_id = jobs.c.id if by is jobs.c.id else jobs.c.id.concat("")
        return select(jobs).where(jobs.c.id.in_(_next(found, by_id, limit, place)))

    def _with_words(
        self, connection: Connection, wanted: Filter, limit: int, place: Place | None
    ) -> tuple[list[Job], str | None]:
        """Return jobs in the order of their cards, which is how words are found fast.

        And, where the page is not full for too many cards have the words, where to go on.
        """
        begins = self._number_at(connection, place) if place else None
        up = place is not None and place.above
        others = replace(wanted, words=())
        for card in self._cards(connection, wanted.words, begins, up=up):
            query = (
                select(jobs)
                .join_from(card, jobs, card.c.job == jobs.c.id)
                .where(may_be_meant(others, self._database, card))
                .where(*others.conditions(self._database))
                .order_by(card.c.number if up else card.c.number.desc())
                .limit(limit)
            )
            found = connection.execute(query).all()
            if len(found) == limit:
                return [job_from(row) for row in found], None
        looked_at = sorted(connection.execute(select(card.c.number)).scalars())
        further = None
        if len(looked_at) == MANY and not up:
            last = select(cards.c.job).where(cards.c.number == looked_at[0])
            further = connection.execute(last).scalar_one()
        return [job_from(row) for row in found], further

    def _cards(
        self, connection: Connection, phrases: Sequence[str], begins: int | None, *, up: bool
    ) -> Iterator[FromClause]:
        """Yield queries for cards that have the words, the last one for MANY of them.

        Those before it are answered sooner where many cards have the words.
        """
        having = partial(cards_having, self._database, phrases, begins=begins, up=up)
        if on_sqlite(self._database):
            yield having(FEW).subquery()
            yield having(MANY).subquery()
            return
        # PostgreSQL guesses how many cards have a word. Where it takes a rare one for frequent it
        # looks through all cards, the newest first, unless there are few of them to look through,
        # or it does not know that a page of those that it finds is enough.
        start = begins
        if start is None:
            start = connection.execute(select(func.max(cards.c.number))).scalar_one() or 0
        yield having(MANY, ends=start + NEAR if up else start - NEAR).subquery()
        yield having(MANY).cte("card").prefix_with("MATERIALIZED")

    def _number_at(self, connection: Connection, place: Place) -> int:
        """Return the number of a job's card, or of the one that is next to where it was."""
        own = select(cards.c.number).where(cards.c.job == place.job)
        number: int | None = connection.execute(own).scalar_one_or_none()
        if number is None:
            near = select(cards.c.number).where(cards.c.job <= place.job)
            near = near.order_by(cards.c.job.desc()).limit(1)
            number = connection.execute(near).scalar_one_or_none()
        return number or 0

    def pulse(self) -> str:
        """Return a short text that changes when a job arrives, moves on or settles.

        Of many open jobs only the newest and the running ones are looked at.
        """
        with self._database.read() as connection:
            rows = [tuple(row) for query in _PULSE for row in connection.execute(query)]
        return f"{crc32(repr(rows).encode()):08x}"


def _next(
    query: Select[Any], by: ColumnElement[Any], limit: int, place: Place | None
) -> Select[Any]:
    """Return a query's first rows by an id, the newest first, from a place on."""
    up = place is not None and place.above
    some = query.order_by(by if up else by.desc()).limit(limit)
    return some.where(place.beyond(by, place.job)) if place else some
