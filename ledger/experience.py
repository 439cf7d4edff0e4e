"""What the clock learns for later estimates: how long runs took, and how right estimates were."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from random import Random
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Delete,
    Update,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from uuid_utils import uuid7

from ledger.database import Database
from ledger.jobs import job_from
from ledger.record import Cause, Job, State, Turn
from ledger.schema import attempts, jobs
from ledger.waiting import BROKER, bytes_read_by
from ledger.waiting_tables import estimates, run_times, silences

KEPT_RUNS: Final = 300  # of each kind
MOST_NEW: Final = 100  # runs that are added at a time; of more, the newest
KEPT_ESTIMATES: Final = 400  # of each queue, checked ones
MOST_OPEN: Final = 400  # of each queue, those whose job has not started yet
NEXT_WITHIN: Final = 5.0  # seconds in which a job must come for an estimate of "the next one"


class Experience:
    """The rows from which estimates are made. Only one clock at a time writes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def learn_runs(self, kind: str) -> int:
        """Add the runs of a kind that ended since the last time; return how many.

        Cancelled ones say nothing of how long a run takes, and one that crashed for good little.
        """
        with self._database.read() as connection:
            known = connection.execute(
                select(run_times.c.ended_at, run_times.c.runs).where(run_times.c.kind == kind)
            ).one_or_none()
            found = _ended(connection, kind, known.ended_at if known else None)
            new = [
                [
                    (row.finished_at - row.started_at).total_seconds(),
                    bytes_read_by(connection, row.id),
                    bool(row.succeeded),
                ]
                for row in found
            ]
        if found:
            runs = [*(known.runs if known else []), *new][-KEPT_RUNS:]
            values = {"kind": kind, "ended_at": found[-1].finished_at, "runs": runs}
            stored = self._database.upsert(run_times).values(values)
            with self._database.write_soon() as connection:
                connection.execute(
                    stored.on_conflict_do_update(index_elements=[run_times.c.kind], set_=values)
                )
        return len(new)

    def keep(self, queue: str, job: Job | None, foreseen: float) -> None:
        """Keep an estimate until it is known how right it was, unless many wait for that already.

        Args:
            queue: whose.
            job: whose start is foreseen, or None for the job that is submitted next.
            foreseen: seconds from now.
        """
        is_open = (estimates.c.queue == queue) & estimates.c.waited.is_(None)
        with self._database.write_soon() as connection:
            open_ones = connection.execute(select(func.count()).where(is_open)).scalar_one()
            if open_ones >= MOST_OPEN:
                return
            newest = connection.execute(select(func.max(jobs.c.id))).scalar_one() or ""
            connection.execute(
                insert(estimates).values(
                    id=str(uuid7()),
                    queue=queue,
                    job=job and job.id,
                    after=newest,
                    attempt=job.attempt + 1 if job else 1,
                    made_at=self._database.now,
                    foreseen=foreseen,
                )
            )

    def check(self, queue: str) -> int:
        """See which foreseen starts have come, and return how many; forget what is old."""
        with self._database.read() as connection:
            changes = [*_found(connection, queue, self._database.ago(NEXT_WITHIN))]
            started = _started(connection, queue)
        if not changes and not started:
            return 0
        of_queue = estimates.c.queue == queue
        old = (
            select(estimates.c.id)
            .where(of_queue, estimates.c.waited.is_not(None))
            .order_by(estimates.c.made_at.desc(), estimates.c.id)
            .offset(KEPT_ESTIMATES)
        )
        with self._database.write_soon() as connection:
            for change in (*changes, *map(_compared, started)):
                connection.execute(change)
            connection.execute(delete(estimates).where(estimates.c.id.in_(old)))
        return sum(row.started_at is not None for row in started)

    def drop_open(self, queue: str) -> None:
        """Forget estimates whose time has not come: what happens now, no estimate can foresee."""
        with self._database.write_soon() as connection:
            connection.execute(
                delete(estimates).where(estimates.c.queue == queue, estimates.c.waited.is_(None))
            )

    def any_waiting(self, queue: str, chances: Random) -> Job | None:
        """Return one of the first thousand jobs in a queue's line, whichever, or None."""
        line = (
            select(jobs.c.id)
            .where(
                jobs.c.state == State.PENDING,
                jobs.c.finished_at.is_(None),
                jobs.c.sent_at.is_not(None),
                jobs.c.queue == queue,
            )
            .order_by(jobs.c.sent_at)
            .limit(1000)
        )
        with self._database.read() as connection:
            ids: Sequence[str] = connection.execute(line).scalars().all()
            if not ids:
                return None
            row = connection.execute(select(jobs).where(jobs.c.id == chances.choice(ids)))
            found = row.one_or_none()
        return None if found is None else job_from(found)

    def silent(self) -> None:
        """Record that RabbitMQ does not answer, from now on or still."""
        new = self._database.upsert(silences).on_conflict_do_nothing(index_elements=["of"])
        with self._database.write_soon() as connection:
            connection.execute(new.values(of=BROKER, since=self._database.now))

    def answers(self) -> None:
        """Record that RabbitMQ answers."""
        with self._database.write_soon() as connection:
            connection.execute(delete(silences).where(silences.c.of == BROKER))


def _found(
    connection: Connection, queue: str, late: ColumnElement[datetime]
) -> Iterator[Update | Delete]:
    """Give estimates of "the next job" the job that came next; without one, they are of no use."""
    query = select(
        estimates.c.id,
        estimates.c.after,
        estimates.c.made_at,
        (estimates.c.made_at <= late).label("late"),
    ).where(estimates.c.queue == queue, estimates.c.job.is_(None))
    for row in connection.execute(query).all():
        came = connection.execute(
            select(jobs.c.id, jobs.c.submitted_at, jobs.c.sent_at, jobs.c.turn)
            .where(jobs.c.id > row.after, jobs.c.queue == queue)
            .where(jobs.c.turn.is_distinct_from(Turn.HELD))
            .where(jobs.c.submitted_at >= row.made_at)
            .order_by(jobs.c.id)
            .limit(1)
        ).one_or_none()
        one = estimates.c.id == row.id
        if came and _soon(came.submitted_at, row.made_at) and not _was_held(came):
            # What was foreseen is how long that job would wait, so its wait is what counts.
            yield update(estimates).where(one).values(job=came.id, made_at=came.submitted_at)
        elif row.late:
            yield delete(estimates).where(one)


def _soon(at: datetime, after: datetime) -> bool:
    return (at - after).total_seconds() <= NEXT_WITHIN


def _was_held(job: Any) -> bool:
    """Return whether a limit may have kept a job from the line that was foreseen for it."""
    if job.turn is None:
        return False
    return job.sent_at is None or not _soon(job.sent_at, job.submitted_at)


def _started(connection: Connection, queue: str) -> Sequence[Any]:
    """Return estimates whose job has started, or has ended without."""
    its_attempt = and_(attempts.c.job == estimates.c.job, attempts.c.number == estimates.c.attempt)
    query = (
        select(estimates.c.id, estimates.c.made_at, attempts.c.started_at)
        .join(jobs, jobs.c.id == estimates.c.job)
        .outerjoin(attempts, its_attempt)
        .where(estimates.c.queue == queue, estimates.c.waited.is_(None))
        .where(or_(attempts.c.started_at.is_not(None), jobs.c.finished_at.is_not(None)))
    )
    return connection.execute(query).all()


def _compared(row: Any) -> Update | Delete:
    """Write down how long a job waited; one that was cancelled before it started never will."""
    one = estimates.c.id == row.id
    if row.started_at is None:
        return delete(estimates).where(one)
    waited = max(0.0, (row.started_at - row.made_at).total_seconds())
    return update(estimates).where(one).values(waited=waited)


def _ended(connection: Connection, kind: str, after: datetime | None) -> Sequence[Any]:
    """Return the newest runs that ended after that, the first one first."""
    query = (
        select(
            jobs.c.id,
            jobs.c.started_at,
            jobs.c.finished_at,
            (jobs.c.state == State.SUCCESS).label("succeeded"),
        )
        .where(
            jobs.c.kind == kind,
            jobs.c.finished_at.is_not(None),
            jobs.c.started_at.is_not(None),
            jobs.c.state != State.REVOKED,
            or_(jobs.c.cause.is_(None), jobs.c.cause != Cause.CRASHED),
        )
        .order_by(jobs.c.finished_at.desc())
        .limit(MOST_NEW)
    )
    if after is not None:
        query = query.where(jobs.c.finished_at > after)
    return connection.execute(query).all()[::-1]
