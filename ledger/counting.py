"""How many jobs a filter means: exactly, or from some number on "at least so many"."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, and_, func, select, true

from ledger.card_tables import cards
from ledger.cards import has_a_word
from ledger.database import Database
from ledger.filed import (
    MANY,
    ends_of,
    facets_of,
    having_words,
    looked_up_by,
    open_ones,
    runs_of,
    settled_just_now,
)
from ledger.filters import Filter, Standing
from ledger.record import State
from ledger.schema import jobs

CAP: Final = 10_000  # jobs of one sort that are counted

# The parts into which a list is divided; each job is in one of them.
PARTS: Final = (
    Standing.WAITING,
    Standing.RUNNING,
    Standing.SUCCEEDED,
    Standing.FAILED,
    Standing.CANCELLED,
)
_PART_OF: Final = {
    State.PENDING: Standing.WAITING,
    State.RETRY: Standing.WAITING,
    State.STARTED: Standing.RUNNING,
    State.SUCCESS: Standing.SUCCEEDED,
    State.FAILURE: Standing.FAILED,
    State.REVOKED: Standing.CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs there are: so many, or, where it is not exact, so many at least."""

    number: int
    exact: bool = True

    @classmethod
    def sum(cls, counts: Iterable["Count"]) -> "Count":
        """Return how many there are of several sorts together."""
        several = list(counts)
        return cls(sum(one.number for one in several), all(one.exact for one in several))


class Counting:
    """Counts jobs without looking at more of them than anybody would wait for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def parts(self, wanted: Filter) -> dict[Standing, Count]:
        """Return how many jobs of each of PARTS a filter means, its own states apart."""
        anywhere = replace(wanted, states=())
        with self._database.read() as connection:
            if has_a_word(wanted.words):
                return self._with_words(connection, anywhere)
            parts = {part: replace(anywhere, states=(part,)) for part in PARTS}
            return {part: self._of(connection, some) for part, some in parts.items()}

    def total(self, wanted: Filter) -> Count:
        """Return how many jobs a filter means."""
        with self._database.read() as connection:
            if not has_a_word(wanted.words):
                return self._of(connection, wanted)
            having = having_words(self._database, wanted.words, MANY + 1)
            others = replace(wanted, words=()).conditions(self._database)
            found = select(func.count()).join_from(cards, jobs, cards.c.job == jobs.c.id)
            found = found.where(cards.c.number.in_(having), *others)
            looked_at = select(func.count()).select_from(having.subquery())
            return Count(
                connection.execute(found).scalar_one(),
                exact=connection.execute(looked_at).scalar_one() <= MANY,
            )

    def _of(self, connection: Connection, wanted: Filter) -> Count:
        """Count those that are open, or settled just now, then the others, no further than CAP."""
        opened = open_ones(wanted, self._database, jobs.c.state, by=looked_up_by(wanted))
        queries = [] if opened is None else [opened]
        if ends_of(wanted):
            queries.append(settled_just_now(wanted, self._database, jobs.c.id))
        number = 0
        for query in (*queries, *runs_of(wanted, self._database)):
            capped = query.limit(CAP + 1 - number).subquery()
            number += connection.execute(select(func.count()).select_from(capped)).scalar_one()
            if number > CAP:
                return Count(CAP, exact=False)
        return Count(number)

    def _with_words(self, connection: Connection, wanted: Filter) -> dict[Standing, Count]:
        """Count among the newest cards that have the words."""
        having = having_words(self._database, wanted.words, MANY + 1)
        meant = and_(true(), *facets_of(wanted, self._database))
        counted = (
            select(cards.c.state, jobs.c.state, func.count().filter(meant), func.count())
            # Where an open job stands, its card does not know.
            .join_from(
                cards, jobs, and_(cards.c.job == jobs.c.id, cards.c.state.is_(None)), isouter=True
            )
            .where(cards.c.number.in_(having))
            .group_by(cards.c.state, jobs.c.state)
        )
        found: Counter[Standing] = Counter()
        looked_at = 0
        for settled, opened, number, all_of_them in connection.execute(counted):
            found[_PART_OF[State(settled or opened)]] += number
            looked_at += all_of_them
        return {part: Count(found[part], exact=looked_at <= MANY) for part in PARTS}
