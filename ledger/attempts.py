"""Claim, report, settle: the writes of a worker, each one guarded by the attempt that makes it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from ledger.database import Database
from ledger.endings import Limits, died_too_often, end_as_crashed, end_cancelled, history
from ledger.errors import ClaimLost
from ledger.record import (
    JSON,
    WAITING,
    Cause,
    Claim,
    Delivery,
    Ending,
    Error,
    LogLine,
    Progress,
    State,
    StoredFile,
)
from ledger.schema import attempts, files, jobs, log_lines, workers


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a delivery gets no claim; `known` is False where no such job exists."""

    why: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended, and what that makes of its job.

    `retry_in` is in seconds and goes with State.RETRY alone.
    """

    state: State
    ending: Ending
    cause: Cause | None = None
    result: JSON = None
    error: Error | None = None
    note: str = ""
    retry_in: float | None = None
    outputs: Sequence[StoredFile] = field(default=())


class Attempts:
    """The runs of jobs. Every method is one transaction, and every write names its attempt."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        now = database.now
        self._claim = (
            update(jobs)
            .where(
                jobs.c.id == bindparam("b_job"),
                jobs.c.cancel_requested_at.is_(None),
                or_(
                    and_(
                        or_(*(jobs.c.state == state for state in sorted(WAITING))),
                        or_(jobs.c.due_at.is_(None), jobs.c.due_at <= now),
                    ),
                    # The very message of the running attempt comes again with a higher count:
                    # RabbitMQ took the earlier delivery back, so its worker no longer holds it.
                    and_(
                        jobs.c.state == State.STARTED,
                        jobs.c.message == bindparam("b_message"),
                        jobs.c.delivery_count < bindparam("b_count"),
                    ),
                ),
            )
            .values(
                state=State.STARTED,
                attempt=jobs.c.attempt + 1,
                revision=jobs.c.revision + 1,
                started_at=now,
                sent_at=func.coalesce(jobs.c.sent_at, now),
                due_at=None,
                worker=bindparam("b_worker"),
                message=bindparam("b_message"),
                delivery_count=bindparam("b_count"),
                progress_done=0,
                progress_total=None,
                progress_text="",
            )
            .returning(jobs.c.attempt, jobs.c.kind, jobs.c.inputs, jobs.c.owner, jobs.c.checkpoint)
        )
        self._open = insert(attempts).values(started_at=now)
        self._holds = (
            update(jobs)
            .where(
                jobs.c.id == bindparam("b_job"),
                jobs.c.attempt == bindparam("b_attempt"),
                jobs.c.state == State.STARTED,
            )
            .values(revision=jobs.c.revision + 1)
        )
        # With and without progress, each made once: to change a statement for every call costs
        # more than the database takes for it.
        at: dict[str, Any] = {name: bindparam(name) for name in _columns(Progress())}
        self._report = self._holds.returning(jobs.c.cancel_requested_at)
        self._report_at = self._report.values(at)
        self._settle = self._holds.values(
            state=bindparam("state"),
            cause=bindparam("cause"),
            finished_at=now,
            result=bindparam("result"),
            **{name: bindparam(name) for name in _error_columns(None)},
        )
        self._settle_at = self._settle.values(at)
        self._close = (
            update(attempts)
            .where(
                attempts.c.job == bindparam("b_job"), attempts.c.number == bindparam("b_attempt")
            )
            .values(ended_at=now, ending=bindparam("ending"), note=bindparam("note"))
        )

    def claim(self, delivery: Delivery, worker: str, pid: int) -> Claim | Refused:
        """Take the right to run the job that a delivery names, or say why it is refused.

        A job that waits is claimed by any delivery; one that runs is taken over only by the same
        message with a higher delivery count. Any other delivery is a duplicate.
        """
        values = {
            "b_job": delivery.job,
            "b_message": delivery.message,
            "b_count": delivery.count,
            "b_worker": worker,
        }
        # A claim that a power cut forgets is made again: the message comes back.
        with self._database.write_soon() as connection:
            row = connection.execute(self._claim, values).one_or_none()
            if row is None:
                return self._ours(connection, delivery, worker, pid) or self._refuse(
                    connection, delivery
                )
            retries = 0
            if row.attempt > 1:
                self._close_earlier(connection, delivery.job, row.attempt)
                earlier = history(connection, delivery.job)
                if why := died_too_often(earlier, self._limits):
                    end_as_crashed(connection, self._database, delivery.job, why)
                    return Refused(f"it is quarantined: {why}")
                retries = earlier[Ending.RETRIED]
            opened = {
                "job": delivery.job,
                "number": row.attempt,
                "worker": worker,
                "pid": pid,
                "message": delivery.message,
                "delivery_count": delivery.count,
            }
            connection.execute(self._open, opened)
        return Claim(
            delivery.job, row.attempt, row.kind, row.inputs, row.owner, retries, row.checkpoint
        )

    def _ours(
        self, connection: Connection, delivery: Delivery, worker: str, pid: int
    ) -> Claim | None:
        """Return the claim that this process made of this delivery, its answer having got lost."""
        query = (
            select(jobs.c.attempt, jobs.c.kind, jobs.c.inputs, jobs.c.owner, jobs.c.checkpoint)
            .join(attempts, and_(attempts.c.job == jobs.c.id, attempts.c.number == jobs.c.attempt))
            .where(
                jobs.c.id == delivery.job,
                jobs.c.state == State.STARTED,
                jobs.c.worker == worker,
                jobs.c.message == delivery.message,
                jobs.c.delivery_count == delivery.count,
                attempts.c.pid == pid,
            )
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        retries = history(connection, delivery.job)[Ending.RETRIED]
        return Claim(
            delivery.job, row.attempt, row.kind, row.inputs, row.owner, retries, row.checkpoint
        )

    def _refuse(self, connection: Connection, delivery: Delivery) -> Refused:
        columns = (jobs.c.state, jobs.c.attempt, jobs.c.message, jobs.c.delivery_count)
        query = select(*columns).where(jobs.c.id == delivery.job)
        row = connection.execute(query).one_or_none()
        if row is None:
            return Refused("no such job", known=False)
        # The attempt that was asked to stop is dead, for its message came back.
        back = row.message == delivery.message and row.delivery_count < delivery.count
        if back and end_cancelled(connection, self._database, delivery.job, row.attempt):
            return Refused("it was cancelled")
        return Refused(f"it is {row.state} in attempt {row.attempt}")

    def _close_earlier(self, connection: Connection, job: str, number: int) -> None:
        """Close the attempt that this claim takes over, by the weakest word that may be true.

        Its worker's own report, when it comes, corrects the word, never the job.
        """
        stopping = exists().where(
            workers.c.id == attempts.c.worker, workers.c.stopping_at.is_not(None)
        )
        connection.execute(
            update(attempts)
            .where(attempts.c.job == job, attempts.c.number < number, attempts.c.ending.is_(None))
            .values(
                ended_at=self._database.now,
                ending=case((stopping, Ending.INTERRUPTED.value), else_=Ending.LOST.value),
                note="RabbitMQ took the message back and gave it to another process.",
            )
        )

    def report(self, claim: Claim, progress: Progress | None, lines: Sequence[LogLine]) -> bool:
        """Write an attempt's progress and log; return whether a cancel has been asked for.

        Raises:
            ClaimLost: the attempt has been closed; nothing was written.
        """
        values: dict[str, Any] = {"b_job": claim.job, "b_attempt": claim.attempt}
        statement = self._report if progress is None else self._report_at
        with self._database.write_soon() as connection:
            row = connection.execute(statement, values | _columns(progress)).one_or_none()
            if row is None:
                raise ClaimLost(claim.job, claim.attempt)
            self._write_lines(connection, claim, lines)
        return row.cancel_requested_at is not None

    def asked_to_stop(self, claim: Claim) -> bool:
        """Return whether a cancel has been asked for, without writing anything.

        Raises:
            ClaimLost: the attempt has been closed.
        """
        query = select(jobs.c.cancel_requested_at).where(
            jobs.c.id == claim.job, jobs.c.attempt == claim.attempt, jobs.c.state == State.STARTED
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise ClaimLost(claim.job, claim.attempt)
        return row.cancel_requested_at is not None

    def checkpoint(self, claim: Claim, state: JSON) -> None:
        """Keep the state from which the job's next attempt continues.

        Raises:
            ClaimLost: the attempt has been closed; nothing was written.
        """
        values = {"b_job": claim.job, "b_attempt": claim.attempt}
        with self._database.write() as connection:
            if not connection.execute(self._holds.values(checkpoint=state), values).rowcount:
                raise ClaimLost(claim.job, claim.attempt)

    def settle(
        self,
        claim: Claim,
        outcome: Outcome,
        progress: Progress | None = None,
        lines: Sequence[LogLine] = (),
    ) -> None:
        """Record how the attempt ended, with its outputs, last progress and last log lines.

        To record the same end again is no error: whoever got no answer asks again.

        Raises:
            ClaimLost: the attempt had been closed before; nothing was written.
        """
        key = {"b_job": claim.job, "b_attempt": claim.attempt}
        with self._database.write() as connection:
            if outcome.state.settled:
                statement = self._settle if progress is None else self._settle_at
                values = _end_columns(outcome) | _columns(progress)
            elif end_cancelled(connection, self._database, claim.job, claim.attempt):
                self._write_lines(connection, claim, lines)
                return
            else:
                statement = self._holds.values(self._again(outcome) | _columns(progress))
                values = {}
            if connection.execute(statement, key | values).rowcount == 0:
                if self._recorded(connection, claim, outcome):
                    return
                raise ClaimLost(claim.job, claim.attempt)
            connection.execute(
                self._close, key | {"ending": outcome.ending, "note": outcome.note[:1000]}
            )
            self._write_lines(connection, claim, lines)
            if outcome.outputs:
                connection.execute(insert(files), [_file_columns(file) for file in outcome.outputs])

    def _recorded(self, connection: Connection, claim: Claim, outcome: Outcome) -> bool:
        """Return whether this very end has been recorded: by a try whose answer got lost."""
        query = (
            select(attempts.c.ending)
            .join(jobs, and_(jobs.c.id == attempts.c.job, jobs.c.attempt == attempts.c.number))
            .where(attempts.c.job == claim.job, attempts.c.number == claim.attempt)
            .where(jobs.c.state == outcome.state)
        )
        return connection.execute(query).scalar_one_or_none() == outcome.ending

    def _write_lines(self, connection: Connection, claim: Claim, lines: Sequence[LogLine]) -> None:
        if not lines:
            return
        # A line may be there already: the answer to an earlier try got lost, not the try.
        connection.execute(
            self._database.upsert(log_lines).on_conflict_do_nothing(),
            [
                {
                    "job": claim.job,
                    "attempt": line.attempt,
                    "number": line.number,
                    "at": line.at,
                    "level": line.level,
                    "text": line.text,
                }
                for line in lines
            ],
        )

    def _again(self, outcome: Outcome) -> dict[str, Any]:
        """Return the columns of a job that will run again: now by its message, or later by ours."""
        if outcome.state is State.RETRY:
            due_at = self._database.ago(-(outcome.retry_in or 0))
            waits = {"state": State.RETRY, "due_at": due_at, "sent_at": None, "worker": None}
            return waits | _error_columns(outcome.error)
        # Its message goes back to the queue now, so it is not missing from there yet.
        return {"state": outcome.state, "sent_at": self._database.now, "worker": None}


def _columns(progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return {}
    return {
        "progress_done": progress.done,
        "progress_total": progress.total,
        "progress_text": progress.text[:500],
    }


def _error_columns(error: Error | None) -> dict[str, Any]:
    return {
        "error_type": error and error.type[:200],
        "error_message": error and error.message,
        "error_traceback": error and error.traceback,
    }


def _end_columns(outcome: Outcome) -> dict[str, Any]:
    end = {"state": outcome.state, "cause": outcome.cause, "result": outcome.result}
    return end | _error_columns(outcome.error)


def _file_columns(file: StoredFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in StoredFile.__slots__}
