"""Jobs as people see them: accepted, cancelled, run again, listed and read."""

from collections.abc import Collection
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    String,
    Update,
    bindparam,
    case,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from ledger.arrivals import Arrivals, Arrived, Submission
from ledger.database import Database
from ledger.errors import AlreadySettled, NoSuchJob, NotSettled
from ledger.record import SETTLED, WAITING, Attempt, Error, Job, Progress, State
from ledger.schema import attempts, job_uploads, jobs, workers
from ledger.turns import TurnTaking

__all__ = ["Jobs", "Submission", "asking_to_stop", "job_from"]

_PLAIN = [field.name for field in fields(Job) if field.name not in {"progress", "error"}]

_INHERITED = ("kind", "queue", "inputs", "owner", "priority", "batch", "signature")

# Made once: to make a query takes longer than to have it answered, and this one is asked often.
_REVISIONS = select(jobs.c.id, jobs.c.revision).where(
    jobs.c.id.in_(bindparam("ids", expanding=True))
)


class Jobs:
    """The rows of jobs. Every method is one transaction."""

    def __init__(self, database: Database, arrivals: Arrivals, turns: TurnTaking) -> None:
        self._database = database
        self._arrivals = arrivals
        self._turns = turns

    def submit(self, submission: Submission) -> tuple[str, bool]:
        """Accept a job and return its id, and whether it is new.

        It is not new when its owner has used the idempotency key before: then the id is that of
        the job accepted first.

        Raises:
            LedgerUnavailable: it is not known whether the job was accepted; ask again with the
                same idempotency key.
        """
        arrived = self.accept(submission)
        return (arrived, False) if isinstance(arrived, str) else (arrived.id, True)

    def accept(self, submission: Submission) -> Arrived | str:
        """As `submit`, for who wants to know when; the id alone is that of the earlier job.

        Raises:
            LedgerUnavailable: as above.
        """
        arrived = self._arrivals.add(submission)
        if arrived is not None:
            return arrived
        # None where the earlier one was forgotten in this very moment.
        earlier = self.with_key(submission.owner, submission.idempotency_key)
        return earlier or self.accept(submission)

    def with_key(self, owner: str, key: str | None) -> str | None:
        """Return the id of the job for which this person has used the idempotency key, if any."""
        with self._database.read() as connection:
            return connection.execute(
                select(jobs.c.id).where(jobs.c.owner == owner, jobs.c.idempotency_key == key)
            ).scalar_one_or_none()

    def request_cancel(self, job_id: str) -> State:
        """Ask a job to stop, and return its state: one that waits has ended, one that runs will.

        Raises:
            NoSuchJob: nobody has submitted it.
            AlreadySettled: it has ended; the error says how.
        """
        asked = asking_to_stop(self._database).where(jobs.c.id == job_id)
        with self._database.write() as connection:
            state: State | None = connection.execute(
                asked.returning(jobs.c.state)
            ).scalar_one_or_none()
        if state is None:
            raise AlreadySettled(f"The job has ended already, as {self.get(job_id).state}.")
        return state

    def retry(
        self, job_id: str, idempotency_key: str | None = None, fingerprint: str | None = None
    ) -> str:
        """Have a job run again now, and return the id of the job that will.

        One that waits for its next attempt becomes due. One that has ended keeps its end, and its
        inputs are submitted anew, as another job that names it. The key is one that nobody uses
        for anything else; used before for this job, it leads to the job that was made then. The
        fingerprint is that of the other job, for the code of its kind may have changed.

        Raises:
            NoSuchJob: nobody has submitted it.
            NotSettled: it runs, or waits for a worker.
        """
        try:
            return self._run_again(job_id, idempotency_key, fingerprint)
        except IntegrityError:
            earlier = self.with_key(self.get(job_id).owner, idempotency_key)
            if earlier is None:
                raise
            return earlier

    def _run_again(self, job_id: str, idempotency_key: str | None, fingerprint: str | None) -> str:
        with self._database.write() as connection:
            again = self.run_again_in(connection, job_id, idempotency_key, fingerprint)
        if again is None:
            raise NotSettled(f"The job is {self.get(job_id).state} already.")
        return again

    def run_again_in(
        self,
        connection: Connection,
        job_id: str,
        idempotency_key: str | None = None,
        fingerprint: str | None = None,
    ) -> str | None:
        """As `retry`, within a transaction that does more; None where there is nothing to run."""
        now = self._database.now
        due = (
            update(jobs)
            .where(jobs.c.id == job_id, jobs.c.state == State.RETRY)
            .values(due_at=now, sent_at=None, revision=jobs.c.revision + 1)
        )
        if connection.execute(due).rowcount:
            return job_id
        new_id = str(uuid7())
        turn = self._turns.of_one_like(connection, job_id)
        fresh = {
            "id": literal(new_id),
            "retried_from": jobs.c.id,
            "state": literal(State.PENDING.value),
            "submitted_at": now,
            "idempotency_key": literal(idempotency_key, String),
            "fingerprint": literal(fingerprint, String),
            "turn": literal(turn, jobs.c.turn.type),
            **{name: jobs.c[name] for name in _INHERITED},
        }
        ended = select(*fresh.values()).where(jobs.c.id == job_id, jobs.c.state.in_(SETTLED))
        again = insert(jobs).from_select(list(fresh), ended).returning(jobs.c.id)
        if connection.execute(again).one_or_none() is None:
            return None
        uploads = select(literal(new_id), job_uploads.c.file).where(job_uploads.c.job == job_id)
        connection.execute(insert(job_uploads).from_select(["job", "file"], uploads))
        return new_id

    def get(self, job_id: str) -> Job:
        """Return the job.

        Raises:
            NoSuchJob: nobody has submitted it.
        """
        with self._database.read() as connection:
            row = connection.execute(select(jobs).where(jobs.c.id == job_id)).one_or_none()
        if row is None:
            raise NoSuchJob(job_id)
        return job_from(row)

    def page(self, *, limit: int, before: str | None = None) -> list[Job]:
        """Return jobs, newest first; `Listing` finds those that a filter means.

        Args:
            limit: how many at the most.
            before: an id; only older jobs follow it.
        """
        query = select(jobs).where(jobs.c.deleted_at.is_(None)).order_by(jobs.c.id.desc())
        query = query.limit(limit)
        if before is not None:
            query = query.where(jobs.c.id < before)
        with self._database.read() as connection:
            return [job_from(row) for row in connection.execute(query)]

    def counts(self) -> dict[State, int]:
        """Return how many jobs are in each state that any job is in."""
        kept = jobs.c.deleted_at.is_(None)
        query = select(jobs.c.state, func.count()).where(kept).group_by(jobs.c.state)
        with self._database.read() as connection:
            return dict(iter(connection.execute(query)))

    def revisions(self, ids: Collection[str]) -> dict[str, int]:
        """Return each job's revision, which rises with every change that a person can see."""
        with self._database.read() as connection:
            return dict(iter(connection.execute(_REVISIONS, {"ids": list(ids)})))

    def attempts(self, job_id: str) -> list[Attempt]:
        """Return the job's attempts, the first one first."""
        query = (
            select(attempts, func.coalesce(workers.c.name, "").label("worker_name"))
            .join_from(attempts, workers, attempts.c.worker == workers.c.id, isouter=True)
            .where(attempts.c.job == job_id)
            .order_by(attempts.c.number)
        )
        with self._database.read() as connection:
            return [Attempt(**row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's public name


def asking_to_stop(database: Database) -> Update:
    """Return the change that ends jobs which wait, and asks those that run to stop.

    What has ended it leaves alone; which jobs are meant is for the caller to add.
    """
    waits = jobs.c.state.in_(WAITING)
    return (
        update(jobs)
        .where(jobs.c.finished_at.is_(None))
        .values(
            cancel_requested_at=func.coalesce(jobs.c.cancel_requested_at, database.now),
            state=case((waits, State.REVOKED), else_=jobs.c.state),
            finished_at=case((waits, database.now), else_=None),
            revision=jobs.c.revision + 1,
        )
    )


def job_from(row: Row[Any]) -> Job:
    """Turn a whole row of `jobs` into a value."""
    values = row._mapping  # noqa: SLF001 - SQLAlchemy's public name
    kept = {name: values[name] for name in _PLAIN}
    progress = Progress(*(values[f"progress_{part}"] for part in Progress.__slots__))
    error = (
        Error(values["error_type"], values["error_message"] or "", values["error_traceback"])
        if values["error_type"]
        else None
    )
    return Job(**kept, progress=progress, error=error)
