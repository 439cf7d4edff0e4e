"""How a job ends whose attempt can't say so itself: died too often, or asked to stop."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select, update

from ledger.database import Database
from ledger.record import WAITING, Cause, Ending, Progress, State, stopped_in_words
from ledger.schema import attempts, jobs


@dataclass(frozen=True, slots=True)
class Limits:
    """How often the attempts of one job may end badly before it is quarantined."""

    crashes: int = 3
    losses: int = 6


def history(connection: Connection, job: str) -> Counter[Ending]:
    """Count how the job's attempts have ended."""
    query = select(attempts.c.ending).where(attempts.c.job == job, attempts.c.ending.is_not(None))
    return Counter(connection.execute(query).scalars())


def end_cancelled(connection: Connection, database: Database, job: str, number: int) -> bool:
    """Settle a job that was asked to stop, now that its attempt is over.

    Returns:
        False where nobody asked, or the attempt is not the one that runs the job.
    """
    ended = connection.execute(
        update(jobs)
        .where(
            jobs.c.id == job,
            jobs.c.attempt == number,
            jobs.c.state == State.STARTED,
            jobs.c.cancel_requested_at.is_not(None),
        )
        .values(state=State.REVOKED, finished_at=database.now, revision=jobs.c.revision + 1)
        .returning(
            jobs.c.progress_done, jobs.c.progress_total, jobs.c.started_at, jobs.c.finished_at
        )
    ).one_or_none()
    if ended is None:
        return False
    ran = (ended.finished_at - ended.started_at).total_seconds()
    at = Progress(ended.progress_done, ended.progress_total)
    connection.execute(
        update(attempts)
        .where(attempts.c.job == job, attempts.c.number == number)
        .values(ended_at=database.now, ending=Ending.CANCELLED, note=stopped_in_words(at, ran))
    )
    return True


def died_too_often(endings: Counter[Ending], limits: Limits) -> str | None:
    """Say how often a job's attempts died, if that is too often."""
    crashed, lost = endings[Ending.CRASHED], endings[Ending.LOST]
    if crashed >= limits.crashes:
        return f"{crashed} attempts killed their own process"
    if crashed + lost >= limits.losses:
        return f"{crashed + lost} attempts were lost with their process or worker"
    return None


def end_as_crashed(
    connection: Connection, database: Database, job: str, number: int, why: str
) -> bool:
    """Settle a job that kills its workers, now that the attempt of this number is over.

    Returns:
        False where it was settled before, or a later attempt runs it: that one is left to end.
    """
    over = or_(jobs.c.attempt == number, jobs.c.state.in_(WAITING))
    ended = connection.execute(
        update(jobs)
        .where(jobs.c.id == job, jobs.c.finished_at.is_(None), over)
        .values(
            state=State.FAILURE,
            cause=Cause.CRASHED,
            finished_at=database.now,
            revision=jobs.c.revision + 1,
            error_type="Crashed",
            error_message=f"Stopped, so that it does not take more workers down: {why}.",
            error_traceback=None,
        )
    )
    return ended.rowcount == 1
