"""The list of jobs: a page of those that a filter means, newest first.

    open, or settled just now ── rows of `jobs`, by a small index ──────────────┐
    all others ── their cards, by the index that begins with what is asked ──┴──► a page

An id says when its job was submitted, so a page's place is an id: what arrives later changes none
of the pages below. Where words are asked for, cards are found by their words instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from zlib import crc32

from sqlalchemy import ColumnElement, Connection, select

from ledger.card_tables import cards
from ledger.cards import has_a_word
from ledger.database import Database
from ledger.filed import MANY, having_words, runs_of, unfiled
from ledger.filters import Filter
from ledger.jobs import job_from
from ledger.record import Job, State
from ledger.schema import jobs

FEW: Final = 300  # cards with the words that are asked for, in which a page is looked for first


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
        order = jobs.c.id if place and place.above else jobs.c.id.desc()
        fresh = unfiled(wanted, self._database, jobs)
        fresh = fresh.order_by(order).limit(limit)
        if place:
            fresh = fresh.where(place.beyond(jobs.c.id, place.job))
        # The fresh ones first: what is filed meanwhile is in both, and nothing in neither.
        found = {row.id: row for row in connection.execute(fresh)}
        ids: set[str] = set()
        for query in runs_of(wanted, self._database):
            by_job = cards.c.job if place and place.above else cards.c.job.desc()
            run = query.order_by(by_job).limit(limit)
            if place:
                run = run.where(place.beyond(cards.c.job, place.job))
            ids.update(connection.execute(run).scalars())
        nearest = sorted({*found, *ids}, reverse=not (place and place.above))[:limit]
        filed = select(jobs).where(
            jobs.c.id.in_([job for job in nearest if job not in found]),
            jobs.c.deleted_at.is_(None),
        )
        found |= {row.id: row for row in connection.execute(filed)}
        return [job_from(found[job]) for job in nearest if job in found]

    def _with_words(
        self, connection: Connection, wanted: Filter, limit: int, place: Place | None
    ) -> tuple[list[Job], str | None]:
        """Return jobs in the order of their cards, which is how words are found fast.

        And, where the page is not full for too many cards have the words, where to go on.
        """
        begins = self._number_at(connection, place) if place else None
        up = place is not None and place.above
        order = cards.c.number if up else cards.c.number.desc()
        others = replace(wanted, words=())
        for many in (FEW, MANY):
            having = having_words(self._database, wanted.words, many, begins=begins, up=up)
            query = (
                select(jobs)
                .join_from(cards, jobs, cards.c.job == jobs.c.id)
                .where(cards.c.number.in_(having), *others.conditions(self._database))
                .order_by(order)
                .limit(limit)
            )
            found = connection.execute(query).all()
            if len(found) == limit:
                return [job_from(row) for row in found], None
        looked_at = sorted(connection.execute(having).scalars())
        further = None
        if len(looked_at) == MANY and not up:
            last = select(cards.c.job).where(cards.c.number == looked_at[0])
            further = connection.execute(last).scalar_one()
        return [job_from(row) for row in found], further

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
        newest = select(jobs.c.id, jobs.c.revision).where(jobs.c.filed_at.is_(None))
        newest = newest.order_by(jobs.c.id.desc()).limit(FEW)
        running = select(jobs.c.id, jobs.c.revision).where(
            jobs.c.finished_at.is_(None), jobs.c.state == State.STARTED
        )
        with self._database.read() as connection:
            rows = [tuple(row) for row in connection.execute(newest)]
            rows += [tuple(row) for row in connection.execute(running.limit(FEW))]
        return f"{crc32(repr(rows).encode()):08x}"
