"""What is known, at one moment, of a job that waits and of all that is before it."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.database import Database
from ledger.facts import Facts, Line, Running
from ledger.forecast import LONGEST_PLAY, Checked, Run, RunTimes
from ledger.queues import Pause
from ledger.record import WAITING, Job, State, Worker
from ledger.schema import files, job_uploads, jobs, queues, workers
from ledger.turns import TurnTaking
from ledger.waiting_tables import estimates, run_times, silences
from ledger.workers import worker_from

MOST_BEFORE: Final = 100_000  # jobs before one that are counted; more say nothing more
SAMPLE: Final = 1_000  # of them, whose kinds are looked at
REMEMBERED: Final = 86_400.0  # seconds for which a worker that fell silent is told of
BROKER: Final = "broker"


class Waiting:
    """What jobs wait for. Every method reads one snapshot in a few short statements.

    Args:
        database: where everything is.
        heart_timeout: seconds after which a silent worker counts as dead.
        turns: knows how many each person may have.
    """

    def __init__(self, database: Database, heart_timeout: float, turns: TurnTaking) -> None:
        self._database = database
        self._heart_timeout = heart_timeout
        self._turns = turns

    def before(self, job: Job, kinds: Collection[str] | None = None) -> Facts:
        """Return the facts of a job that waits.

        Args:
            job: as it stands.
            kinds: the names of those that are known, if some may be gone. A worker hands a job of
                another kind back at once, so it is before nobody.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        with self._database.read() as connection:
            facts = self._facts(connection, job.queue, job, kinds)
            size = bytes_read_by(connection, job.id)
            gone = kinds is not None and job.kind not in kinds
            if job.held:
                facts = replace(facts, turns=self._turns.of(connection, job.owner, job.id))
            return self._of_kind(connection, facts, job.kind, size, gone=gone)

    def at_the_end(
        self,
        kind: str,
        queue: str,
        size: int | None = None,
        kinds: Collection[str] | None = None,
        owner: str | None = None,
    ) -> Facts:
        """Return the facts of a job that would be submitted now.

        Args:
            kind: the name of its kind.
            queue: where it would wait.
            size: the bytes of the files it would read, if that is known.
            kinds: as `before` takes them.
            owner: who would submit it; None for somebody whom no limit holds back.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        with self._database.read() as connection:
            facts = self._facts(connection, queue, None, kinds)
            if owner is not None:
                facts = replace(facts, turns=self._turns.of(connection, owner, None))
            return self._of_kind(connection, facts, kind, size)

    def _facts(
        self, connection: Connection, queue: str, job: Job | None, kinds: Collection[str] | None
    ) -> Facts:
        """Return what is known of a line and of whoever takes jobs from it."""
        known = self._workers(connection)
        taking = [one for one in known if queue in one.queues]
        shared = {queue}.union(*(one.queues for one in taking))
        return Facts(
            now=connection.execute(select(self._database.now)).scalar_one(),
            kind="",
            queue=queue,
            heart_timeout=self._heart_timeout,
            job=job,
            workers=known,
            running=_running(connection, [one.id for one in taking]),
            line=_line(connection, queue, _sent(shared, job), job, kinds),
            past=_past(connection, queue),
            pause=_pause(connection, queue),
            broker_silent_since=_silent_since(connection),
        )

    def _of_kind(
        self,
        connection: Connection,
        facts: Facts,
        kind: str,
        size: int | None,
        *,
        gone: bool = False,
    ) -> Facts:
        """Return the facts with those of a kind, and how long all kinds take that matter for it."""
        line, running = facts.line, facts.running
        kinds = {kind, *line.first, *(line.beyond or {}), *(one.kind for one in running)}
        times = _times(connection, kinds)
        return replace(facts, kind=kind, size=size, times=times, gone=gone)

    def _workers(self, connection: Connection) -> list[Worker]:
        recent = workers.c.beat_at > self._database.ago(REMEMBERED)
        query = select(workers).where(recent).order_by(workers.c.beat_at.desc())
        return [worker_from(row) for row in connection.execute(query).mappings()]


def bytes_read_by(connection: Connection, job: str) -> int:
    """Return the bytes of the files that a job was given."""
    query = select(func.coalesce(func.sum(files.c.size), 0)).join(
        job_uploads, job_uploads.c.file == files.c.id
    )
    return int(connection.execute(query.where(job_uploads.c.job == job)).scalar_one())


def _running(connection: Connection, ids: Collection[str]) -> list[Running]:
    done = jobs.c.progress_done / func.nullif(jobs.c.progress_total, 0)
    query = select(jobs.c.kind, jobs.c.worker, jobs.c.started_at, done).where(
        jobs.c.state == State.STARTED, jobs.c.finished_at.is_(None), jobs.c.worker.in_(ids)
    )
    return [Running(*row) for row in connection.execute(query)]


def _line(
    connection: Connection,
    queue: str,
    sent: ColumnElement[bool],
    job: Job | None,
    known: Collection[str] | None,
) -> Line:
    """Count what RabbitMQ has before a job: it delivers in the order in which it was sent.

    Of a job that it does not have yet, everything is before it. Kinds that are not `known` are
    looked for in the beginning of the line.
    """
    if job is not None and job.sent_at is not None and _comes_back(job):
        return Line(0)
    conditions = [(jobs.c.state == state) & sent for state in sorted(WAITING)]
    kinds = _kinds(connection, conditions)
    # Without one that is gone, which is the rule, nothing but an index has to be looked at.
    if known is not None and (gone := kinds.keys() - set(known)):
        conditions = [condition & jobs.c.kind.not_in(gone) for condition in conditions]
        kinds = _kinds(connection, conditions)
    before = in_all = 0
    for condition in conditions:
        own, all_of_them = _number(connection, condition, queue)
        before, in_all = before + own, in_all + all_of_them
    if not in_all:
        return Line(0)
    first = _first(connection, conditions)
    beyond = _scaled(kinds - Counter(first), in_all - len(first))
    return Line(before, first, beyond, more=in_all >= MOST_BEFORE)


def _scaled(sample: Counter[str], number: int) -> dict[str, int]:
    """Return how many jobs of each kind there are among so many, if the sample is like them all."""
    return {kind: round(part * number / sample.total()) for kind, part in sample.items()}


def _comes_back(job: Job) -> bool:
    """Return whether RabbitMQ took the message of an attempt back: it puts it before all others."""
    return job.state is State.PENDING and job.attempt > 0


def _sent(shared: Collection[str], job: Job | None) -> ColumnElement[bool]:
    """Return the condition of open jobs that RabbitMQ has before this one, or at all."""
    condition = (
        jobs.c.finished_at.is_(None) & jobs.c.sent_at.is_not(None) & jobs.c.queue.in_(shared)
    )
    if job is None or job.sent_at is None:
        return condition
    # The first part says nothing that the second does not, but an index can be asked for it.
    earlier = (jobs.c.sent_at < job.sent_at) | (jobs.c.id < job.id)
    return condition & (jobs.c.sent_at <= job.sent_at) & earlier


def _number(connection: Connection, condition: ColumnElement[bool], queue: str) -> tuple[int, int]:
    """Return how many jobs of a line are of a queue, and how many there are, of the first ones."""
    some = select(jobs.c.queue).where(condition).order_by(jobs.c.sent_at).limit(MOST_BEFORE)
    looked_at = some.subquery()
    own = func.count().filter(looked_at.c.queue == queue)
    own_ones, all_of_them = connection.execute(select(own, func.count())).one()
    return own_ones, all_of_them


def _kinds(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> Counter[str]:
    """Count the first jobs of a line by their kind."""
    found: Counter[str] = Counter()
    for condition in conditions:
        some = select(jobs.c.kind).where(condition).order_by(jobs.c.sent_at).limit(SAMPLE)
        looked_at = some.subquery()
        query = select(looked_at.c.kind, func.count()).group_by(looked_at.c.kind)
        found.update(dict(iter(connection.execute(query))))
    return found


def _first(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> list[str]:
    """Return the kinds of the first jobs in the line, in order."""
    found: list[tuple[datetime, str, str]] = []
    for condition in conditions:
        query = (
            select(jobs.c.sent_at, jobs.c.id, jobs.c.kind)
            .where(condition)
            .order_by(jobs.c.sent_at, jobs.c.id)
            .limit(LONGEST_PLAY + 1)
        )
        found += [(row[0], row[1], row[2]) for row in connection.execute(query)]
    return [kind for _sent_at, _id, kind in sorted(found)[: LONGEST_PLAY + 1]]


def _times(connection: Connection, kinds: Collection[str]) -> dict[str, RunTimes]:
    query = select(run_times.c.kind, run_times.c.runs).where(run_times.c.kind.in_(kinds))
    return {kind: RunTimes(tuple(map(Run._make, runs))) for kind, runs in connection.execute(query)}


def _past(connection: Connection, queue: str) -> list[Checked]:
    query = select(estimates.c.foreseen, estimates.c.waited).where(
        estimates.c.queue == queue, estimates.c.waited.is_not(None)
    )
    return [Checked(*row) for row in connection.execute(query)]


def _pause(connection: Connection, queue: str) -> Pause | None:
    query = select(queues.c.name, queues.c.paused_at, queues.c.paused_by, queues.c.why)
    row = connection.execute(query.where(queues.c.name == queue)).one_or_none()
    return None if row is None else Pause(*row)


def _silent_since(connection: Connection) -> datetime | None:
    query = select(silences.c.since).where(silences.c.of == BROKER)
    since: datetime | None = connection.execute(query).scalar_one_or_none()
    return since
