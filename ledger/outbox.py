"""The outbox: jobs of which RabbitMQ has confirmed no message, or has lost it since."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, or_, select, update

from ledger.database import Database
from ledger.errors import LedgerUnavailable
from ledger.prepared import Guarded
from ledger.record import WAITING, Turn
from ledger.schema import jobs
from ledger.together import Together


@dataclass(frozen=True, slots=True)
class Unsent:
    """A job that RabbitMQ has not confirmed, as it stood when it was read."""

    id: str
    kind: str
    queue: str
    priority: int
    attempt: int
    inputs: Mapping[str, Any]


class Outbox:
    """What is to be sent. Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database
        mark = (
            update(jobs)
            .where(
                jobs.c.attempt == bindparam("sent_attempt"),
                or_(*(jobs.c.state == state for state in sorted(WAITING))),
            )
            .values(sent_at=database.now, revision=jobs.c.revision + 1)
            .returning(jobs.c.id, jobs.c.sent_at, *database.unawaited)
        )
        self._mark_sent = mark.where(jobs.c.id.in_(bindparam("ids", expanding=True)))
        one = mark.where(jobs.c.id == bindparam("sent_job"))
        self._mark_one_sent = database.prepare_change(Guarded(one))
        self._marks: Together[tuple[str, int], tuple[datetime | None]] = Together(
            self._mark_together
        )

    def mark_sent(self, job_id: str, attempt: int) -> datetime | None:
        """Record that RabbitMQ confirmed a message for the job's attempt after `attempt`.

        A job that has moved on meanwhile keeps what it says, for its retry is still to be sent.
        Returns when it was marked, and None where it has moved on.

        Raises:
            LedgerUnavailable: it is not known whether it is recorded.
        """
        return self._marks.do((job_id, attempt))[0]

    def mark_all_sent(self, sent: Iterable[tuple[str, int]]) -> dict[str, datetime]:
        """As `mark_sent`, for jobs and their attempts.

        Raises:
            LedgerUnavailable: as above.
        """
        by_attempt: dict[int, list[str]] = {}
        for job_id, attempt in sent:
            by_attempt.setdefault(attempt, []).append(job_id)
        marked: dict[str, datetime] = {}
        # What is forgotten with the server, or done by half, is sent once more.
        for attempt, ids in by_attempt.items():
            values = {"ids": ids, "sent_attempt": attempt}
            with self._database.write_soon(at_once=True) as connection:
                rows = connection.execute(self._mark_sent, values)
                marked |= {row.id: row.sent_at for row in rows}
        return marked

    def _mark_one(self, job_id: str, attempt: int) -> dict[str, datetime]:
        values = {"sent_job": job_id, "sent_attempt": attempt}
        row = self._database.change(self._mark_one_sent, values, soon=True)
        return {} if row is None else {job_id: row["sent_at"]}

    def _mark_together(
        self, sent: list[tuple[str, int]]
    ) -> list[tuple[datetime | None] | Exception]:
        try:
            marked = self.mark_all_sent(sent) if len(sent) > 1 else self._mark_one(*sent[0])
        except LedgerUnavailable as error:
            return [LedgerUnavailable(str(error)) for _ in sent]
        return [(marked.get(job_id),) for job_id, _ in sent]

    def unsent(self, grace: float, limit: int) -> list[Unsent]:
        """Return due jobs without a confirmed message, oldest first, but none that is held.

        Args:
            grace: seconds that a submit has for sending by itself before others do; that of a
                batch has twice as many.
            limit: how many at the most.
        """
        left = or_(
            jobs.c.submitted_at <= self._database.ago(2 * grace),
            jobs.c.batch.is_(None) & (jobs.c.submitted_at <= self._database.ago(grace)),
        )
        due = or_(jobs.c.due_at <= self._database.now, jobs.c.due_at.is_(None) & left)
        return self._to_send(_free() & due, limit)

    def stuck(self, seconds: float, kinds: Collection[str]) -> dict[str, int]:
        """Return how many jobs of these kinds should have been sent longer ago, by queue."""
        late = func.coalesce(jobs.c.due_at, jobs.c.submitted_at) <= self._database.ago(seconds)
        query = select(jobs.c.queue, func.count()).where(_open(), _free(), late)
        query = query.where(jobs.c.kind.in_(kinds))
        with self._database.read() as connection:
            return dict(iter(connection.execute(query.group_by(jobs.c.queue))))

    def any_overdue(self, queue: str, seconds: float) -> bool:
        """Return whether `overdue` has any, without looking at them all."""
        query = select(jobs.c.id).where(_open(), self._gone(queue, seconds)).limit(1)
        with self._database.read() as connection:
            return connection.execute(query).one_or_none() is not None

    def overdue(self, queue: str, seconds: float, limit: int) -> list[Unsent]:
        """Return jobs sent to `queue` longer ago than that and not claimed since, oldest first."""
        return self._to_send(self._gone(queue, seconds), limit)

    def _gone(self, queue: str, seconds: float) -> ColumnElement[bool]:
        return (jobs.c.queue == queue) & (jobs.c.sent_at <= self._database.ago(seconds))

    def _to_send(self, condition: ColumnElement[bool], limit: int) -> list[Unsent]:
        columns = [jobs.c[field.name] for field in fields(Unsent)]
        query = select(*columns).where(_open(), condition).order_by(jobs.c.id).limit(limit)
        with self._database.read() as connection:
            return [Unsent(*row) for row in connection.execute(query)]


def _free() -> ColumnElement[bool]:
    """Return the condition of a job that is unsent and that no limit holds back."""
    return jobs.c.sent_at.is_(None) & jobs.c.turn.is_distinct_from(Turn.HELD)


def _open() -> ColumnElement[bool]:
    """Return the condition of a waiting job, in the words of the index of open jobs."""
    return jobs.c.state.in_(WAITING) & jobs.c.finished_at.is_(None)
