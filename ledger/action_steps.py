"""The steps of an action: small batches, each one transaction, in which each job has its turn once.

A step begins with the action's own row, guarded by the revision that was read before. So it locks
that row, and where somebody else has done the step, or turned the action back, it does nothing. A
process that dies in a step leaves the ledger as it was before it.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, func, insert, null, select, update

from ledger.action_record import UNDO, Action, Outcome, Stage, Verb
from ledger.action_tables import action_jobs, actions
from ledger.action_verbs import ActionVerbs, Became, Judge
from ledger.actions import Actions
from ledger.database import Database
from ledger.errors import NotSettled
from ledger.filters import Filter
from ledger.meeting import unchanged_since
from ledger.retention import Retention
from ledger.schema import jobs

UNDO_FOR: Final = 3600  # seconds
CHOSEN: Final = 1000  # jobs in one step, each a few microseconds of the write lock
DONE: Final = 100  # … where their rows change
MADE: Final = 25  # … where each becomes another row
REMOVED: Final = 10  # … where each has files to be deleted


class ActionSteps:
    """What the clock does for an action, or the request that asked for it where it is small."""

    def __init__(
        self, database: Database, read: Actions, verbs: ActionVerbs, retention: Retention
    ) -> None:
        self._database = database
        self._actions = read
        self._verbs = verbs
        self._retention = retention

    def step(self, action_id: str, judge: Judge) -> bool:
        """Do the next batch of an action; return whether there may be another one.

        Args:
            action_id: which action.
            judge: says whether a job can run again.

        Raises:
            NoSuchAction: nobody has asked for it.
            StorageError: files of a deleted job can't be removed; it is tried again.
            LedgerUnavailable: it is not known whether the batch was done; the next step goes on.
        """
        action = self._actions.get(action_id)
        match action.stage:
            case Stage.CHOOSING:
                return self._choose(action)
            case Stage.DOING:
                return self._do(action, judge)
            case Stage.UNDOING:
                return self._undo(action, judge)
            case Stage.DONE | Stage.REMOVING if action.verb is Verb.DELETE:
                return self._remove(action)
        return False

    def _choose(self, action: Action) -> bool:
        """Write down the next jobs that match; the look at them keeps nobody from writing."""
        try:
            matching = Filter.from_json(action.matching or {})
        except (ValueError, TypeError):
            # Another version of the program wrote it: what it means now, nobody has agreed to.
            with self._database.write() as connection:
                if self._advance(connection, action):
                    self._finish(connection, action, Stage.UNDONE)
            return False
        wanted = (
            select(jobs.c.id)
            .where(*matching.conditions(self._database))
            .where(*unchanged_since(action.until), jobs.c.id > action.cursor)
            .order_by(jobs.c.id)
            .limit(CHOSEN)
        )
        with self._database.read() as connection:
            found = connection.execute(wanted).scalars().all()
        matched = action.matched + len(found)
        ahead = {"stage": Stage.CHOOSING, "cursor": found[-1]} if len(found) == CHOSEN else _DOING
        with self._database.write() as connection:
            if self._advance(connection, action, matched=matched, **ahead) and found:
                rows = [{"action": action.id, "job": job} for job in found]
                connection.execute(insert(action_jobs), rows)
        return True

    def _do(self, action: Action, judge: Judge) -> bool:
        size = MADE if action.verb is Verb.RETRY else DONE
        batch = self._next(action, size, outcome=None)
        with self._database.write() as connection:
            if not self._advance(connection, action, **_past(batch)):
                return True
            if action.verb is Verb.CANCEL:
                became = self._verbs.cancel(connection, batch)
            elif action.verb is Verb.RETRY:
                became = self._verbs.again(connection, batch, judge, Outcome.RETRIED)
            else:
                became = self._verbs.mark_deleted(connection, batch, action.owner)
            self._keep(connection, action, became)
            if len(batch) < size:
                self._finish(connection, action, Stage.DONE)
                return False
        return True

    def _undo(self, action: Action, judge: Judge) -> bool:
        undoing = UNDO[action.verb]
        size = MADE if action.verb is Verb.CANCEL else DONE
        batch = self._next(action, size, outcome=undoing.of)
        with self._database.write() as connection:
            if not self._advance(connection, action, **_past(batch)):
                return True
            if action.verb is Verb.CANCEL:
                again = self._verbs.again(connection, batch, judge, undoing.undone)
                became: Became = {
                    job: (outcome if made else undoing.kept, made)
                    for job, (outcome, made) in again.items()
                }
            elif action.verb is Verb.RETRY:
                became = self._verbs.take_back(connection, action.id, batch)
            else:
                became = self._verbs.restore(connection, batch)
            self._keep(connection, action, became, before=undoing.of)
            if len(batch) < size:
                self._finish(connection, action, Stage.UNDONE)
                return False
        return True

    def _next(self, action: Action, size: int, outcome: Outcome | None) -> Sequence[str]:
        query = (
            select(action_jobs.c.job)
            .where(action_jobs.c.action == action.id, action_jobs.c.job > action.cursor)
            .where(action_jobs.c.outcome == outcome)
            .order_by(action_jobs.c.job)
            .limit(size)
        )
        with self._database.read() as connection:
            return connection.execute(query).scalars().all()

    def _advance(self, connection: Connection, action: Action, **values: Any) -> bool:
        """Move an action's own row on, and lock it; False where somebody else has moved it."""
        moved = (
            update(actions)
            .where(actions.c.id == action.id, actions.c.revision == action.revision)
            .values(revision=actions.c.revision + 1, **values)
        )
        return connection.execute(moved).rowcount == 1

    def _keep(
        self, connection: Connection, action: Action, became: Became, before: Outcome | None = None
    ) -> None:
        """Write down what became of a batch, and count it; an undo takes it from what was."""
        if not became:
            return
        rows = [
            {"b_job": job, "b_outcome": outcome, "b_made": made}
            for job, (outcome, made) in became.items()
        ]
        made = func.coalesce(bindparam("b_made", type_=action_jobs.c.made.type), action_jobs.c.made)
        connection.execute(
            update(action_jobs)
            .where(action_jobs.c.action == action.id, action_jobs.c.job == bindparam("b_job"))
            .values(outcome=bindparam("b_outcome", type_=action_jobs.c.outcome.type), made=made),
            rows,
        )
        tally = dict(action.tally)
        for outcome, _made in became.values():
            tally[outcome] = tally.get(outcome, 0) + 1
        if before is not None:
            tally[before] -= len(became)
        kept = {outcome.value: number for outcome, number in tally.items() if number}
        connection.execute(update(actions).where(actions.c.id == action.id).values(tally=kept))

    def _finish(self, connection: Connection, action: Action, stage: Stage) -> None:
        """End a stage. What was deleted is seen to once more, when that can't be undone."""
        until = self._database.ago(-UNDO_FOR)
        later = stage is Stage.DONE and action.verb is Verb.DELETE
        values = {"stage": stage, "cursor": "", "ended_at": self._database.now}
        if stage is Stage.DONE:
            values["undo_until"] = until
        values["next_at"] = until if later else null()
        connection.execute(update(actions).where(actions.c.id == action.id).values(values))

    def _remove(self, action: Action) -> bool:
        """Remove deleted jobs for good, once nobody can want them back."""
        due = select(actions.c.id).where(actions.c.id == action.id)
        with self._database.write() as connection:
            late = due.where(actions.c.next_at <= self._database.now)
            if connection.execute(late).one_or_none() is None:
                return False
            # From here on there is no way back.
            if not self._advance(connection, action, stage=Stage.REMOVING):
                return True
        batch = self._next(action, REMOVED, outcome=Outcome.DELETED)
        for job in batch:
            self._remove_job(job)
        ahead = self._actions.get(action.id)
        with self._database.write() as connection:
            if not self._advance(connection, ahead, **_past(batch)):
                return True
            if len(batch) < REMOVED:
                self._finish(connection, ahead, Stage.REMOVED)
                return False
        return True

    def _remove_job(self, job: str) -> None:
        """Remove the bytes, then the rows: done again where it was done by half."""
        try:
            self._retention.forget_files(job)
        except NotSettled:
            return  # It is gone already.
        gone = delete(jobs).where(jobs.c.id == job, jobs.c.deleted_at.is_not(None))
        with self._database.write() as connection:
            connection.execute(gone)


_DOING: Final = {"stage": Stage.DOING, "cursor": ""}


def _past(batch: Sequence[str]) -> dict[str, str]:
    return {"cursor": batch[-1]} if batch else {}
