"""Turns: how many jobs of one person may be with RabbitMQ or running, and which of them are.

A job takes its turn when it may be sent and keeps it until it settles, through every attempt. Those
beyond the limit are held: they have their row and no message, so they occupy no worker, stand
before nobody in a queue, and wait for nothing that could be lost. The clock lets the oldest of them
go as turns become free.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, exists, func, select, update

from ledger.database import Database
from ledger.record import Turn
from ledger.schema import jobs

MOST: Final = 2_000  # rows that are changed in one transaction


@dataclass(frozen=True, slots=True)
class Turns:
    """Who may have how many turns, and what a person has of them now.

    `before` are the owner's held jobs that go before the one in question.
    """

    owner: str
    limit: int
    taken: int
    before: int

    @property
    def free(self) -> bool:
        """Whether the job in question may go now."""
        return self.taken + self.before < self.limit


class TurnTaking:
    """Gives turns. With no limit it asks the database nothing when a job comes.

    Args:
        database: where the jobs are.
        limit: turns that each person may have at a time; 0 is no limit.
    """

    def __init__(self, database: Database, limit: int) -> None:
        self._database = database
        self._limit = limit

    @property
    def limited(self) -> bool:
        """Whether there is a limit at all."""
        return self._limit > 0

    def given(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> Sequence[Mapping[str, Any]]:
        """Return rows that are about to be written, each with its turn or held back.

        Until the transaction ends nobody else gives a turn to their owners.
        """
        if not self._limit:
            return rows
        owners = {row["owner"] for row in rows}
        self.lock(connection, owners)
        free = {owner: self._free(connection, owner) for owner in owners}
        given = []
        for row in rows:
            held = free[row["owner"]] <= 0
            free[row["owner"]] -= 1
            given.append({**row, "turn": Turn.HELD if held else Turn.TAKEN})
        return given

    def of_one_like(self, connection: Connection, job: str) -> Turn | None:
        """Return what another job of the same owner gets, as `given` does."""
        if not self._limit:
            return None
        owner = connection.execute(select(jobs.c.owner).where(jobs.c.id == job)).scalar()
        (row,) = self.given(connection, [{"owner": owner}])
        turn: Turn = row["turn"]
        return turn

    def lock(self, connection: Connection, owners: Collection[str]) -> None:
        """Keep others from giving turns to these owners until the transaction ends.

        SQLite has one writer at a time anyway.
        """
        if not self._limit or connection.dialect.name != "postgresql":
            return
        # In one order for all, so that nobody waits in a circle.
        for owner in sorted(set(owners)):
            key = func.hashtextextended(f"turns of {owner}", 0)
            connection.execute(select(func.pg_advisory_xact_lock(key)))

    def _free(self, connection: Connection, owner: str) -> int:
        """Return how many turns an owner may take; none where others of its jobs come first."""
        held = exists().where(*_open(Turn.HELD), jobs.c.owner == owner)
        taken, any_held = connection.execute(select(_number_taken(owner), held)).one()
        return 0 if any_held else self._limit - int(taken)

    def let_go(self) -> int:
        """Give free turns to held jobs, each owner's oldest ones first; return how many got one.

        They are due now: whoever submitted them does not send them any more. Where there is no
        limit any longer, all of them may go.

        Raises:
            LedgerUnavailable: it is not known whether they got them.
        """
        with self._database.read() as connection:
            waiting = self._who_waits(connection)
        return sum(self._let_go(owner) for owner in waiting)

    def _who_waits(self, connection: Connection) -> list[str]:
        """Return the owners of held jobs who have a free turn."""
        found: list[str] = []
        owner = ""
        # One owner after the other, each by one look into the index: a person can have held jobs
        # by the thousand.
        query = select(jobs.c.owner).where(*_open(Turn.HELD)).order_by(jobs.c.owner).limit(1)
        while (
            one := connection.execute(query.where(jobs.c.owner > owner)).scalar_one_or_none()
        ) is not None:
            owner = one
            if self._room(connection, owner):
                found.append(owner)
        return found

    def _room(self, connection: Connection, owner: str) -> int:
        if not self._limit:
            return MOST
        taken = connection.execute(select(_number_taken(owner))).scalar_one()
        return min(MOST, max(0, self._limit - int(taken)))

    def _let_go(self, owner: str) -> int:
        with self._database.write_soon() as connection:
            self.lock(connection, [owner])
            oldest = (
                select(jobs.c.id)
                .where(*_open(Turn.HELD), jobs.c.owner == owner)
                .order_by(jobs.c.id)
                .limit(self._room(connection, owner))
                # Whoever has locked one of them waits for this owner's turns, perhaps.
                .with_for_update(skip_locked=True)
            )
            ids = connection.execute(oldest).scalars().all()
            gone = (
                update(jobs)
                .where(jobs.c.id.in_(ids), *_open(Turn.HELD))
                .values(turn=Turn.TAKEN, due_at=self._database.now, revision=jobs.c.revision + 1)
            )
            return connection.execute(gone).rowcount if ids else 0

    def adopt(self) -> int:
        """Let open jobs that came before there was a limit count; return how many did just now.

        At most MOST of them: none are left when it returns 0.

        Raises:
            LedgerUnavailable: it is not known whether they do.
        """
        if not self._limit:
            return 0
        earlier = jobs.c.turn.is_(None), jobs.c.finished_at.is_(None)
        some = select(jobs.c.id).where(*earlier).limit(MOST)
        with self._database.read() as connection:
            ids = connection.execute(some).scalars().all()
        if not ids:
            return 0
        with self._database.write_soon() as connection:
            counted = update(jobs).where(jobs.c.id.in_(ids), *earlier).values(turn=Turn.TAKEN)
            return connection.execute(counted).rowcount

    def of(self, connection: Connection, owner: str, job: str | None) -> Turns | None:
        """Return how an owner stands, None where there is no limit.

        Args:
            connection: reads.
            owner: whose.
            job: the id of one that is held, or None for the one that would come next.
        """
        if not self._limit:
            return None
        held = select(func.count()).where(*_open(Turn.HELD), jobs.c.owner == owner)
        before = (held if job is None else held.where(jobs.c.id < job)).scalar_subquery()
        row = connection.execute(select(_number_taken(owner), before)).one()
        return Turns(owner, self._limit, int(row[0]), int(row[1]))


def _open(turn: Turn) -> tuple[Any, Any]:
    """Return the conditions of open jobs with this turn, in the words of their index."""
    return jobs.c.turn == turn, jobs.c.finished_at.is_(None)


def _number_taken(owner: str) -> Any:
    taken = select(func.count()).where(*_open(Turn.TAKEN), jobs.c.owner == owner)
    return taken.scalar_subquery()
