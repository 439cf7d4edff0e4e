"""Putting right what a death left behind: reports of main processes, and stopped hearts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, exists, or_, select, update

from ledger.database import Database
from ledger.endings import Limits, died_too_often, end_as_crashed, end_cancelled, history
from ledger.record import WAITING, Cause, Delivery, Ending, State
from ledger.schema import attempts, jobs, workers

DEAD_PAUSE = 5.0  # seconds until a job is sent again whose message RabbitMQ gave up

# What an attempt is called until somebody knows better.
_WEAK = (Ending.INTERRUPTED, Ending.LOST)


@dataclass(frozen=True, slots=True)
class Freed:
    """A job taken from an attempt that is dead: it runs again, or `ended` says why it does not."""

    job: str
    attempt: int
    ended: str | None = None


class Recovery:
    """What a worker's main process and the clock write about attempts that can't do it."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    def report_death(self, delivery: Delivery, ending: Ending, note: str) -> Freed | None:
        """Record that the process which held this delivery died, and free the job.

        A takeover may have closed the attempt already, by a weaker word: the word is corrected and
        the job left to its new attempt. A delivery that was never claimed has no attempt: its job,
        if it waits, is made unsent, so that the clock sends it again at once.

        Returns:
            The job if this report freed or ended it, None if there was nothing to free.
        """
        with self._database.write() as connection:
            number = connection.execute(
                update(attempts)
                .where(
                    attempts.c.job == delivery.job,
                    attempts.c.message == delivery.message,
                    attempts.c.delivery_count == delivery.count,
                    or_(attempts.c.ending.is_(None), attempts.c.ending == Ending.LOST),
                )
                .values(ended_at=self._database.now, ending=ending, note=note[:1000])
                .returning(attempts.c.number)
            ).scalar_one_or_none()
            if number is None:
                self._send_again(connection, delivery.job)
                return None
            # RabbitMQ brings the same message again; the clock sends one if it does not. The time
            # counts from now: after a long attempt it would be over at once, and a second message
            # would run beside the first.
            return self._let_go(connection, delivery.job, number, {"sent_at": self._database.now})

    def _let_go(
        self, connection: Connection, job: str, number: int, values: Mapping[str, Any]
    ) -> Freed | None:
        """End a job whose attempt died, if it was cancelled or dies too often; else free it."""
        if end_cancelled(connection, self._database, job, number):
            return Freed(job, number, "it was cancelled")
        why = died_too_often(history(connection, job), self._limits)
        if why is not None:
            ended = end_as_crashed(connection, self._database, job, number, why)
            return Freed(job, number, why) if ended else None
        freed = connection.execute(
            update(jobs)
            .where(jobs.c.id == job, jobs.c.attempt == number, jobs.c.state == State.STARTED)
            .values(state=State.PENDING, worker=None, revision=jobs.c.revision + 1, **values)
        )
        return Freed(job, number) if freed.rowcount else None

    def _send_again(self, connection: Connection, job: str) -> None:
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job, jobs.c.state.in_(WAITING), jobs.c.sent_at.is_not(None))
            .values(sent_at=None, due_at=self._database.now)
        )

    def report_timeout(self, delivery: Delivery, limit: float) -> bool:
        """Settle a job whose process was killed because it ran on after its time limit.

        An attempt closed as interrupted is corrected: the limit's first signal looks like one.

        Returns:
            Whether this report ended the job.
        """
        words = f"The job ran into its time limit of {limit:g} s and went on, so it was killed."
        with self._database.write() as connection:
            number = connection.execute(
                update(attempts)
                .where(
                    attempts.c.job == delivery.job,
                    attempts.c.message == delivery.message,
                    attempts.c.delivery_count == delivery.count,
                    or_(attempts.c.ending.is_(None), attempts.c.ending.in_(_WEAK)),
                )
                .values(
                    ended_at=self._database.now,
                    ending=Ending.TIMED_OUT,
                    note=words,
                )
                .returning(attempts.c.number)
            ).scalar_one_or_none()
            if number is None:
                # Killed while it waited to claim; the message is gone with it.
                self._send_again(connection, delivery.job)
                return False
            ended = connection.execute(
                update(jobs)
                .where(
                    jobs.c.id == delivery.job,
                    jobs.c.attempt == number,
                    jobs.c.finished_at.is_(None),
                )
                .values(
                    state=State.FAILURE,
                    cause=Cause.TIMEOUT,
                    finished_at=self._database.now,
                    revision=jobs.c.revision + 1,
                    error_type="TimeLimitExceeded",
                    error_message=words,
                )
            )
            return ended.rowcount == 1

    def report_overrun(self, delivery: Delivery, limit: float) -> bool:
        """Settle a job that ran longer than RabbitMQ waits for an acknowledgement, in seconds.

        It may run again already, for its message is back in the queue; to let it would make an
        endless circle, so that attempt is closed too.

        Returns:
            Whether this report ended the job.
        """
        words = (
            f"RabbitMQ waits {limit:g} s for a job to end (its consumer_timeout), then it gives"
            " the job to another worker. This one takes longer, so it was stopped. An operator can"
            " raise the limit in rabbitmq.conf."
        )
        closing = {"ended_at": self._database.now, "note": words}
        with self._database.write() as connection:
            ended = connection.execute(
                update(jobs)
                .where(jobs.c.id == delivery.job, jobs.c.finished_at.is_(None))
                .values(
                    state=State.FAILURE,
                    cause=Cause.TIMEOUT,
                    finished_at=self._database.now,
                    revision=jobs.c.revision + 1,
                    error_type="AcknowledgementTimeout",
                    error_message=words,
                )
            )
            of_job = update(attempts).where(attempts.c.job == delivery.job)
            overran = (attempts.c.message == delivery.message) & (
                attempts.c.delivery_count == delivery.count
            )
            weak = or_(attempts.c.ending.is_(None), attempts.c.ending.in_(_WEAK))
            connection.execute(
                of_job.where(overran, weak).values(ending=Ending.TIMED_OUT, **closing)
            )
            connection.execute(
                of_job.where(attempts.c.ending.is_(None)).values(
                    ending=Ending.INTERRUPTED, **closing
                )
            )
        return ended.rowcount == 1

    def message_died(self, job: str, message: str) -> bool:
        """See to a job one of whose messages RabbitMQ has given up: it is sent again if it waits.

        Returns:
            False where there is no such job.
        """
        with self._database.write() as connection:
            row = connection.execute(
                select(jobs.c.attempt, jobs.c.message, jobs.c.state).where(jobs.c.id == job)
            ).one_or_none()
            if row is None:
                return False
            # Not at once: a worker that refuses it would make a circle of it.
            unsent = {"sent_at": None, "due_at": self._database.ago(-DEAD_PAUSE)}
            connection.execute(
                update(jobs)
                .where(jobs.c.id == job, jobs.c.state.in_(WAITING), jobs.c.sent_at.is_not(None))
                .values(unsent)
            )
            if row.message == message:
                # Its attempt's own message: RabbitMQ had it back, so that attempt is over.
                closed = connection.execute(
                    update(attempts)
                    .where(attempts.c.job == job, attempts.c.number == row.attempt)
                    .where(attempts.c.ending.is_(None))
                    .values(
                        ended_at=self._database.now,
                        ending=Ending.LOST,
                        note="RabbitMQ gave its message up after too many deliveries.",
                    )
                )
                if closed.rowcount:
                    self._let_go(connection, job, row.attempt, unsent)
        return True

    def free_from_stopped_hearts(self, seconds: float) -> list[Freed]:
        """Take the jobs of workers that have been silent that long, so that others run them."""
        silent = exists().where(
            workers.c.id == jobs.c.worker, workers.c.beat_at > self._database.ago(seconds)
        )
        stuck = select(jobs.c.id, jobs.c.attempt).where(
            jobs.c.state == State.STARTED, jobs.c.finished_at.is_(None), ~silent
        )
        with self._database.read() as connection:
            found = connection.execute(stuck).all()
        freed = (self._free(job, attempt, f"no beat for {seconds:g} s") for job, attempt in found)
        return [one for one in freed if one is not None]

    def _free(self, job: str, attempt: int, silence: str) -> Freed | None:
        with self._database.write() as connection:
            ended_attempt = connection.execute(
                update(attempts)
                .where(
                    attempts.c.job == job,
                    attempts.c.number == attempt,
                    attempts.c.ending.is_(None),
                )
                .values(
                    ended_at=self._database.now,
                    ending=Ending.LOST,
                    note=f"Its worker vanished: {silence}.",
                )
            )
            if not ended_attempt.rowcount:
                return None
            # Unsent and due: nobody knows where the old message is.
            unsent = {"sent_at": None, "due_at": self._database.now}
            return self._let_go(connection, job, attempt, unsent)
