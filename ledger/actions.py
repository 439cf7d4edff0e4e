"""Actions on many jobs: asked for, read and turned back. What they do is in `action_steps`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from ledger import meeting
from ledger.action_record import CAN_TURN, Action, ActionJob, Outcome, Stage, Verb
from ledger.action_tables import action_jobs, actions
from ledger.cards import has_a_word
from ledger.database import Database
from ledger.errors import NoSuchAction, NotUndoable
from ledger.filters import Filter
from ledger.record import SETTLED, State
from ledger.schema import jobs

MOST_NAMED: Final = 1_000  # jobs that one action takes one by one; for more there is the filter

_COLUMNS = [actions.c[field.name] for field in fields(Action)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants done to many jobs: those of these ids, or those that match.

    `until` is when they saw how many that would be; what came to match later is left alone.
    """

    verb: Verb
    owner: str
    ids: Sequence[str] = ()
    matching: Filter | None = None
    until: datetime | None = None
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """How many jobs are meant, how many of them the verb can change, and when that was so."""

    meant: int
    able: int
    at: datetime


class Actions:
    """The rows of actions. Every method is one transaction, or two where it says so."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reach(self, asked: Asked, known: Collection[str] | None = None) -> Reach:
        """Return how many jobs would be changed, without changing any; in one look.

        Args:
            asked: which jobs are meant, and what for.
            known: the kinds that are known, if some may be gone: no job of those runs again.
        """
        with self._database.read() as connection:
            at: datetime = connection.execute(select(self._database.now)).scalar_one()
            until = at if asked.until is None else min(at, asked.until)
            matching = asked.matching
            if matching is not None and not has_a_word(matching.words):
                changed = meeting.able(asked.verb, asked.owner, matching)
                if changed is not None and asked.verb is Verb.RETRY and known is not None:
                    changed = meeting.of_known(connection, changed, known)
                counts = self._met(connection, matching, changed, until)
            else:
                able = func.count().filter(_able(asked, known))
                counts = select(func.count(), able).where(*self._meant(asked, until))
            return Reach(*connection.execute(counts).one(), at=until)

    def number(self, matching: Filter) -> int:
        """Return how many jobs match now: exactly, which among very many takes its time."""
        with self._database.read() as connection:
            if has_a_word(matching.words):
                found = select(func.count()).where(*matching.conditions(self._database))
            else:
                now: datetime = connection.execute(select(self._database.now)).scalar_one()
                found = select(meeting.met(connection, self._database, matching, now))
            return connection.execute(found).scalar_one()

    def _meant(self, asked: Asked, until: datetime) -> Sequence[ColumnElement[bool]]:
        if asked.matching is None:
            return [jobs.c.id.in_(asked.ids), jobs.c.deleted_at.is_(None)]
        return [*asked.matching.conditions(self._database), *meeting.unchanged_since(until)]

    def _met(
        self, connection: Connection, matching: Filter, changed: Filter | None, until: datetime
    ) -> Select[int, int]:
        """Return the numbers of one statement, so that no job is in two of its parts."""
        meant = meeting.met(connection, self._database, matching, until)
        if changed is None:
            return select(meant, literal(0))
        return select(meant, meeting.met(connection, self._database, changed, until))

    def ask(self, asked: Asked) -> tuple[str, bool]:
        """Record an action and return its id, and whether it is new; nothing is done yet.

        It is not new when this person has used the idempotency key before.

        Raises:
            LedgerUnavailable: it is not known whether it was recorded; ask again with the same key.
        """
        reach = self.reach(asked)
        matching = asked.matching
        values = {
            "id": str(uuid7()),
            "verb": asked.verb,
            "owner": asked.owner,
            "matching": None if matching is None else matching.as_json(),
            "words": "" if matching is None else matching.as_text(),
            "until": reach.at,
            "stage": Stage.DOING if matching is None else Stage.CHOOSING,
            "expected": reach.meant,
            "matched": len(set(asked.ids)),
            "tally": {},
            "idempotency_key": asked.idempotency_key,
        }
        now = self._database.now
        named = [{"action": values["id"], "job": job} for job in sorted(set(asked.ids))]
        try:
            with self._database.write() as connection:
                connection.execute(insert(actions).values(asked_at=now, next_at=now, **values))
                if named:
                    connection.execute(insert(action_jobs), named)
        except IntegrityError:
            earlier = self._with_key(asked.owner, asked.idempotency_key)
            if earlier is None:
                raise
            return earlier, False
        return str(values["id"]), True

    def _with_key(self, owner: str, key: str | None) -> str | None:
        mine = (actions.c.owner == owner) & (actions.c.idempotency_key == key)
        with self._database.read() as connection:
            return connection.execute(select(actions.c.id).where(mine)).scalar_one_or_none()

    def undo(self, action_id: str) -> None:
        """Turn an action back: what it has not done yet stays undone, and the rest is taken back.

        Raises:
            NoSuchAction: nobody has asked for it.
            NotUndoable: it is too late, or it is being undone already.
        """
        now = self._database.now
        in_time = or_(actions.c.undo_until.is_(None), actions.c.undo_until > now)
        turned = (
            update(actions)
            .where(actions.c.id == action_id, actions.c.stage.in_(CAN_TURN), in_time)
            .values(stage=Stage.UNDOING, cursor="", next_at=now, ended_at=None)
            .values(revision=actions.c.revision + 1)
        )
        with self._database.write() as connection:
            if connection.execute(turned).rowcount:
                return
        self.get(action_id)
        raise NotUndoable("It can't be undone any more, or it is undone already.")

    def get(self, action_id: str) -> Action:
        """Return the action.

        Raises:
            NoSuchAction: nobody has asked for it.
        """
        query = select(*_COLUMNS).where(actions.c.id == action_id)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NoSuchAction(action_id)
        return _action_from(row)

    def newest(self, limit: int, before: str | None = None) -> list[Action]:
        """Return actions, newest first; those that are older than `before`, if that is given."""
        query = select(*_COLUMNS).order_by(actions.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(actions.c.id < before)
        with self._database.read() as connection:
            return [_action_from(row) for row in connection.execute(query)]

    def due(self, limit: int) -> list[str]:
        """Return the ids of actions that have something left to do, the longest waiting first.

        Those come last that need the storage, which may be away.
        """
        query = select(actions.c.id).where(actions.c.next_at <= self._database.now)
        removing = actions.c.stage.in_({Stage.DONE, Stage.REMOVING})
        query = query.order_by(removing, actions.c.next_at, actions.c.id).limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def jobs_of(
        self, action_id: str, limit: int, outcome: Outcome | None = None, after: str = ""
    ) -> list[ActionJob]:
        """Return jobs of an action by their ids, from the one after `after` on.

        Args:
            action_id: which action.
            limit: how many at the most.
            outcome: only those with this outcome.
            after: the id of the last job that was seen.
        """
        query = (
            select(action_jobs.c.job, action_jobs.c.outcome, action_jobs.c.made, jobs.c.kind)
            .join(jobs, jobs.c.id == action_jobs.c.job, isouter=True)
            .where(action_jobs.c.action == action_id, action_jobs.c.job > after)
            .order_by(action_jobs.c.job)
            .limit(limit)
        )
        if outcome is not None:
            query = query.where(action_jobs.c.outcome == outcome)
        with self._database.read() as connection:
            return [ActionJob(*row) for row in connection.execute(query)]

    def forget(self, seconds: float, limit: int) -> int:
        """Remove actions that ended longer ago than that and have nothing left to do.

        Returns:
            How many were removed, at most `limit`.
        """
        old = (
            select(actions.c.id)
            .where(actions.c.ended_at <= self._database.ago(seconds), actions.c.next_at.is_(None))
            .order_by(actions.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            ids = connection.execute(old).scalars().all()
        if ids:
            with self._database.write() as connection:
                # What became of their jobs goes with them.
                connection.execute(delete(actions).where(actions.c.id.in_(ids)))
        return len(ids)


def _able(asked: Asked, known: Collection[str] | None) -> ColumnElement[bool]:
    """Return the condition of jobs that the verb changes, as far as the ledger knows."""
    if asked.verb is Verb.CANCEL:
        return jobs.c.finished_at.is_(None)
    if asked.verb is Verb.RETRY:
        again = jobs.c.state.in_(SETTLED | {State.RETRY})
        return again if known is None else and_(again, jobs.c.kind.in_(known))
    return and_(jobs.c.finished_at.is_not(None), jobs.c.owner == asked.owner)


def _action_from(row: Row[Any]) -> Action:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name
    tally = {Outcome(name): number for name, number in values.pop("tally").items()}
    return Action(tally=tally, **values)
