"""Which jobs workers have, and what became of those that a worker left behind."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, func, or_, select

from ledger.database import Database
from ledger.record import WAITING, Ending, Progress, State, Turn
from ledger.schema import CUT_SHORT, attempts, jobs

MOST_COUNTED: Final = 50_000  # waiting jobs that are looked at; more are too many to count often
MINUTE: Final = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Running:
    """A job that a worker has claimed: which attempt of it, since when, and how far it is."""

    job: str
    kind: str
    queue: str
    attempt: int
    since: datetime
    percent: float | None  # From 0 to 100.


@dataclass(frozen=True, slots=True)
class Left:
    """An attempt that ended with its worker, and where its job stands since then."""

    job: str
    kind: str
    attempt: int
    ending: Ending
    state: State


@dataclass(frozen=True, slots=True)
class Backlog:
    """What waits in a queue, as the ledger knows it.

    `waiting` are due and `scheduled` are not yet; of those that are due, `unsent` have no message
    and the oldest one waits since `oldest`. `limited` are none of them: these are not in the queue
    yet, for their owners' limits hold them back. Where `counted` is False there are more.
    """

    waiting: int = 0
    scheduled: int = 0
    unsent: int = 0
    oldest: datetime | None = None
    limited: int = 0
    counted: bool = True


class Duties:
    """Jobs by worker and by queue. Every method is one reading."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def running(self) -> Mapping[str, Sequence[Running]]:
        """Return the jobs that run, by the id of their worker, those first that run longest."""
        columns = (
            *(jobs.c.worker, jobs.c.progress_done, jobs.c.progress_total),
            *(jobs.c.id, jobs.c.kind, jobs.c.queue, jobs.c.attempt, jobs.c.started_at),
        )
        query = select(*columns).where(jobs.c.state == State.STARTED, jobs.c.finished_at.is_(None))
        found: dict[str, list[Running]] = defaultdict(list)
        with self._database.read() as connection:
            for row in connection.execute(query.order_by(jobs.c.started_at)):
                how_far = Progress(row.progress_done, row.progress_total).percent
                found[row.worker].append(
                    Running(row.id, row.kind, row.queue, row.attempt, row.started_at, how_far)
                )
        return found

    def left_by(self, workers: Collection[str], limit: int) -> Mapping[str, Sequence[Left]]:
        """Return what workers left behind at their end, by their ids, the last job first.

        Args:
            workers: their ids.
            limit: jobs at the most, of all of them together.
        """
        query = (
            select(
                *(attempts.c.worker, jobs.c.id, jobs.c.kind),
                *(attempts.c.number, attempts.c.ending, jobs.c.state),
            )
            .join(jobs, jobs.c.id == attempts.c.job)
            .where(CUT_SHORT, attempts.c.worker.in_(workers))
            .order_by(jobs.c.id.desc())
            .limit(limit)
        )
        found: dict[str, list[Left]] = defaultdict(list)
        with self._database.read() as connection:
            for worker, *one in connection.execute(query):
                found[worker].append(Left(*one))
        return found

    def backlogs(self) -> Mapping[str, Backlog]:
        """Return what waits, by queue; a queue in which nothing waits may be left out."""
        now = self._database.now
        looked_at = (
            select(jobs.c.queue, jobs.c.submitted_at, jobs.c.due_at, jobs.c.sent_at, jobs.c.turn)
            .where(jobs.c.state.in_(sorted(WAITING)), jobs.c.finished_at.is_(None))
            .limit(MOST_COUNTED)
            .subquery()
        )
        one = looked_at.c
        later = and_(one.due_at.is_not(None), one.due_at > now)
        held = one.turn == Turn.HELD
        query = select(
            one.queue,
            func.sum(case((or_(later, held), 0), else_=1)),
            func.sum(case((later, 1), else_=0)),
            func.sum(case((or_(later, held), 0), (one.sent_at.is_(None), 1), else_=0)),
            func.min(case((or_(later, held), None), else_=one.submitted_at)),
            func.sum(case((held, 1), else_=0)),
        ).group_by(one.queue)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        counted = sum(row[1] + row[2] + row[5] for row in rows) < MOST_COUNTED
        return {row[0]: Backlog(*row[1:], counted) for row in rows}

    def rates(self, kinds: Collection[str]) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Return how many jobs came into each queue in the last minute, and how many ended.

        Args:
            kinds: every one of whose jobs those that ended are counted.
        """
        with self._database.read() as connection:
            now: datetime = connection.execute(select(self._database.now)).scalar_one()
            # As a value: PostgreSQL looks nothing up by what its clock says, for that moves on.
            since = now - timedelta(seconds=MINUTE)
            ended = select(jobs.c.queue, func.count()).where(
                jobs.c.kind.in_(kinds), jobs.c.finished_at.is_not(None), jobs.c.finished_at > since
            )
            # An id begins with its time in milliseconds, so this reads the newest rows alone.
            first = f"{int(since.timestamp() * 1000):012x}"
            came = select(jobs.c.queue, func.count()).where(
                jobs.c.id >= f"{first[:8]}-{first[8:]}", jobs.c.submitted_at > since
            )
            return (
                dict(iter(connection.execute(came.group_by(jobs.c.queue)))),
                dict(iter(connection.execute(ended.group_by(jobs.c.queue)))),
            )
