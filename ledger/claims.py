"""The claim: taking the right to run a job, by one guarded UPDATE whose row count decides."""

from dataclasses import dataclass

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
from ledger.next_job import NextJob, first_claim
from ledger.record import WAITING, Cause, Claim, Delivery, Ending, State, Turn
from ledger.schema import attempts, jobs, workers


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a delivery gets no claim; `known` is False where no such job exists.

    `end` is REVOKED for a cancelled job and FAILURE for a quarantined one: ends of which no attempt
    has told Celery. `process` has claimed the job for the same worker by the same delivery.
    """

    why: str
    known: bool = True
    end: State | None = None
    process: int | None = None


class Claims:
    """Who may run which job. To claim is one transaction."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits
        now = database.now
        self._claim = (
            update(jobs)
            .where(
                jobs.c.id == bindparam("b_job"),
                jobs.c.cancel_requested_at.is_(None),
                # No message of ours names one that is held, but somebody can have made one.
                jobs.c.turn.is_distinct_from(Turn.HELD),
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
                progress_begun=0,
            )
            .returning(jobs.c.attempt, jobs.c.kind, jobs.c.inputs, jobs.c.owner, jobs.c.checkpoint)
        )
        self._open = insert(attempts).values(started_at=now)
        first = first_claim(database, *database.unawaited)
        self._first = database.prepare_change(first)

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
        # A claim that a power cut forgets is made again: the message comes back, or the clock finds
        # the job without one.
        its = NextJob(delivery, worker, pid)
        first = its.claimed(self._database.change(self._first, its.values, soon=True))
        if first is not None:
            return first
        with self._database.write_soon() as connection:
            row = connection.execute(self._claim, values).one_or_none()
            if row is None:
                return self._made_before(connection, delivery, worker, pid) or self._refuse(
                    connection, delivery
                )
            retries = 0
            if row.attempt > 1:
                self._close_earlier(connection, delivery.job, row.attempt)
                earlier = history(connection, delivery.job)
                if why := died_too_often(earlier, self._limits):
                    end_as_crashed(connection, self._database, delivery.job, row.attempt, why)
                    return Refused(f"it is quarantined: {why}", end=State.FAILURE)
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

    def _made_before(
        self, connection: Connection, delivery: Delivery, worker: str, pid: int
    ) -> Claim | Refused | None:
        """Return the claim that this worker made of this delivery, if its answer got lost here."""
        query = (
            select(
                jobs.c.attempt,
                jobs.c.kind,
                jobs.c.inputs,
                jobs.c.owner,
                jobs.c.checkpoint,
                attempts.c.pid,
            )
            .join(attempts, and_(attempts.c.job == jobs.c.id, attempts.c.number == jobs.c.attempt))
            .where(
                jobs.c.id == delivery.job,
                jobs.c.state == State.STARTED,
                jobs.c.worker == worker,
                jobs.c.message == delivery.message,
                jobs.c.delivery_count == delivery.count,
            )
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            return None
        if row.pid != pid:
            return Refused(f"process {row.pid} claimed it", process=row.pid)
        retries = history(connection, delivery.job)[Ending.RETRIED]
        return Claim(
            delivery.job, row.attempt, row.kind, row.inputs, row.owner, retries, row.checkpoint
        )

    def _refuse(self, connection: Connection, delivery: Delivery) -> Refused:
        query = select(
            jobs.c.state, jobs.c.cause, jobs.c.attempt, jobs.c.message, jobs.c.delivery_count
        ).where(jobs.c.id == delivery.job)
        row = connection.execute(query).one_or_none()
        if row is None:
            return Refused("no such job", known=False)
        # The attempt that was asked to stop is dead, for its message came back.
        back = row.message == delivery.message and row.delivery_count < delivery.count
        if back and end_cancelled(connection, self._database, delivery.job, row.attempt):
            return Refused("it was cancelled", end=State.REVOKED)
        untold = row.state == State.REVOKED or row.cause == Cause.CRASHED
        return Refused(
            f"it is {row.state} in attempt {row.attempt}", end=row.state if untold else None
        )

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
