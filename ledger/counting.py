"""How many jobs a filter means: exactly, or from some number on "at least so many"."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import Connection, String, and_, cast, func, select, true, union_all

from ledger.cards import has_a_word
from ledger.database import Database
from ledger.filed import (
    MANY,
    cards_having,
    ends_of,
    facets_of,
    looked_up_by,
    may_be_meant,
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
            found = cards_having(self._database, wanted.words, MANY + 1).subquery()
            others = replace(wanted, words=())
            meant = select(func.count()).join_from(found, jobs, found.c.job == jobs.c.id)
            meant = meant.where(
                may_be_meant(others, self._database, found), *others.conditions(self._database)
            )
            looked_at = select(func.count()).select_from(found)
            return Count(
                connection.execute(meant).scalar_one(),
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
        found = cards_having(self._database, wanted.words, MANY + 1).cte("found")
        meant = and_(true(), *facets_of(wanted, self._database, found))
        numbers = func.count().filter(meant), func.count()
        settled = select(found.c.state, *numbers).where(found.c.state.is_not(None))
        # Where an open job stands, its card does not know.
        opened = select(cast(jobs.c.state, String), *numbers).where(found.c.state.is_(None))
        opened = opened.join_from(found, jobs, found.c.job == jobs.c.id)
        counted = union_all(
            settled.group_by(found.c.state), opened.group_by(cast(jobs.c.state, String))
        )
        parts: Counter[Standing] = Counter()
        looked_at = 0
        for state, number, all_of_them in connection.execute(counted):
            parts[_PART_OF[State(state)]] += number
            looked_at += all_of_them
        return {part: Count(parts[part], exact=looked_at <= MANY) for part in PARTS}
