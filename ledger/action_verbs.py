"""What each verb of an action does to a batch of jobs, within a transaction that does more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from sqlalchemy import Connection, select, update

from ledger.action_record import Candidate, Outcome, Verdict
from ledger.action_tables import action_jobs
from ledger.cards import take_out
from ledger.database import Database
from ledger.jobs import Jobs, asking_to_stop
from ledger.record import State
from ledger.schema import job_uploads, jobs
from ledger.turns import TurnTaking

Judge: TypeAlias = Callable[[Candidate], Verdict]
# What became of each job, and the other job that came of it.
Became: TypeAlias = Mapping[str, tuple[Outcome, str | None]]


class ActionVerbs:
    """Cancel, retry and delete, and what turns them back; each job of a batch gets an outcome."""

    def __init__(self, database: Database, changed: Jobs, turns: TurnTaking) -> None:
        self._database = database
        self._jobs = changed
        self._turns = turns

    def cancel(self, connection: Connection, batch: Sequence[str]) -> Became:
        """Ask each job to stop, as `Jobs.request_cancel` does."""
        states = self._locked(connection, batch)
        asked = asking_to_stop(self._database).where(jobs.c.id.in_(batch))
        changed = connection.execute(asked.returning(jobs.c.id, jobs.c.state))
        now: dict[str, State] = dict(iter(changed))

        def of(job: str) -> Outcome:
            if job in now:
                return Outcome.CANCELLED if now[job] is State.REVOKED else Outcome.STOPPING
            return Outcome.ENDED if job in states else Outcome.GONE

        return {job: (of(job), None) for job in batch}

    def mark_deleted(self, connection: Connection, batch: Sequence[str], owner: str) -> Became:
        """Mark those of this person's jobs that have ended."""
        states = self._locked(connection, batch)
        marked = (
            update(jobs)
            .where(jobs.c.id.in_(batch), jobs.c.owner == owner)
            .where(jobs.c.finished_at.is_not(None), jobs.c.deleted_at.is_(None))
            .values(deleted_at=self._database.now, revision=jobs.c.revision + 1)
        )
        done = set(connection.execute(marked.returning(jobs.c.id)).scalars())
        take_out(connection, done)

        def of(job: str) -> Outcome:
            if job in done:
                return Outcome.DELETED
            if job not in states or states[job][1]:
                return Outcome.GONE
            if states[job][0].settled:
                return Outcome.NOT_YOURS
            return Outcome.RUNNING if states[job][0] is State.STARTED else Outcome.WAITING

        return {job: (of(job), None) for job in batch}

    def restore(self, connection: Connection, batch: Sequence[str]) -> Became:
        """Take the mark from deleted jobs."""
        self._locked(connection, batch)
        back = (
            update(jobs)
            .where(jobs.c.id.in_(batch), jobs.c.deleted_at.is_not(None))
            .values(deleted_at=None, revision=jobs.c.revision + 1)
            .returning(jobs.c.id)
        )
        done = set(connection.execute(back).scalars())
        return {job: (Outcome.RESTORED if job in done else Outcome.STUCK, None) for job in batch}

    def again(
        self, connection: Connection, batch: Sequence[str], judge: Judge, done: Outcome
    ) -> Became:
        """Have each job run again as `Jobs.retry` does, or say why it can't."""
        states = self._locked(connection, batch)
        candidates = _candidates(connection, batch)
        self._turns.lock(connection, {one.owner for one in candidates.values()})
        became: dict[str, tuple[Outcome, str | None]] = {}
        for job in batch:
            if job not in states:
                became[job] = (Outcome.GONE, None)
                continue
            verdict = judge(candidates[job])
            if verdict.refused is not None:
                became[job] = (verdict.refused, None)
                continue
            made = self._jobs.run_again_in(connection, job, fingerprint=verdict.fingerprint)
            if made is None:
                running = states[job][0] is State.STARTED
                became[job] = (Outcome.RUNNING if running else Outcome.WAITING, None)
            else:
                became[job] = (Outcome.SOONER, None) if made == job else (done, made)
        return became

    def take_back(self, connection: Connection, action_id: str, batch: Sequence[str]) -> Became:
        """Cancel what came of a retry and has not begun."""
        mine = action_jobs.c.action == action_id
        query = select(action_jobs.c.job, action_jobs.c.made)
        made = dict(iter(connection.execute(query.where(mine, action_jobs.c.job.in_(batch)))))
        self._locked(connection, list(made.values()))
        unbegun = asking_to_stop(self._database).where(
            jobs.c.id.in_(made.values()), jobs.c.state == State.PENDING, jobs.c.attempt == 0
        )
        back = set(connection.execute(unbegun.returning(jobs.c.id)).scalars())
        return {
            job: (Outcome.TAKEN_BACK if made[job] in back else Outcome.BEGUN, None) for job in batch
        }

    def _locked(
        self, connection: Connection, batch: Iterable[str]
    ) -> dict[str, tuple[State, bool]]:
        """Lock jobs, in one order for all so that nobody waits in a circle.

        Returns:
            By id the state, and whether it is deleted, of those that are there.
        """
        query = select(jobs.c.id, jobs.c.state, jobs.c.deleted_at.is_not(None))
        query = query.where(jobs.c.id.in_(batch)).order_by(jobs.c.id).with_for_update()
        return {job: (state, deleted) for job, state, deleted in connection.execute(query)}


def _candidates(connection: Connection, batch: Sequence[str]) -> dict[str, Candidate]:
    uploads: dict[str, set[str]] = {}
    links = select(job_uploads.c.job, job_uploads.c.file).where(job_uploads.c.job.in_(batch))
    for job, file in connection.execute(links):
        uploads.setdefault(job, set()).add(file)
    query = select(jobs.c.id, jobs.c.kind, jobs.c.owner, jobs.c.inputs).where(jobs.c.id.in_(batch))
    return {
        row.id: Candidate(row.kind, row.owner, row.inputs, frozenset(uploads.get(row.id, ())))
        for row in connection.execute(query)
    }
