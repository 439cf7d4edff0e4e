"""The jobs of a group of failures: what became of them, and a sample to compare with successes."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, cast, func, select

from ledger.action_record import Verb
from ledger.action_tables import action_jobs, actions
from ledger.database import Database
from ledger.jobs import job_from
from ledger.record import Job, State
from ledger.schema import jobs, workers

LOOKED_AT: Final = 1_000  # jobs of a group of which it is said what became of them
LONGEST_INPUTS: Final = 20_000  # characters of JSON; jobs with more are not compared


@dataclass(frozen=True, slots=True)
class Retried:
    """A failed job, and the newest job that does the same again, if there is one."""

    job: Job
    retry: Job | None


@dataclass(frozen=True, slots=True)
class Sampled:
    """What is compared of a job: what it was given, whose it is, and the worker that ran it."""

    inputs: Mapping[str, Any]
    owner: str
    worker: str
    at: datetime  # When it ended.


class FailedJobs:
    """The jobs of groups, those left out that somebody has deleted. Every method only reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def newest(self, group_id: str, limit: int) -> list[Retried]:
        """Return the newest jobs of a group, each with what became of it."""
        query = select(jobs).where(_of(group_id)).order_by(jobs.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            found = [job_from(row) for row in connection.execute(query)]
            again = _retries(connection, [job.id for job in found])
        return [Retried(job, again.get(job.id)) for job in found]

    def fates(self, group_id: str) -> Counter[State | None]:
        """Count what became of the newest LOOKED_AT jobs of a group.

        Returns:
            The states of those that do the same again; None counts jobs that nobody has retried.
        """
        again = jobs.alias("again")
        # Looked up for each by itself: a join may be made by a walk through all that were retried.
        fate = (
            select(again.c.state)
            .where(again.c.retried_from == jobs.c.id)
            .order_by(again.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )
        query = select(fate).where(_of(group_id)).order_by(jobs.c.id.desc()).limit(LOOKED_AT)
        with self._database.read() as connection:
            return Counter(connection.execute(query).scalars())

    def not_retried(self, group_id: str, limit: int, after: str = "") -> list[str]:
        """Return the ids of jobs of a group that nobody has retried or is to, the oldest first.

        Args:
            group_id: which group.
            limit: how many at the most.
            after: an id; only younger jobs follow it.
        """
        again = jobs.alias("again")
        retried = select(again.c.id).where(again.c.retried_from == jobs.c.id).exists()
        open_ = select(actions.c.id).where(
            actions.c.next_at.is_not(None), actions.c.verb == Verb.RETRY
        )
        asked_for = select(action_jobs.c.job).where(
            action_jobs.c.action.in_(open_), action_jobs.c.outcome.is_(None)
        )
        query = (
            select(jobs.c.id)
            .where(_of(group_id), jobs.c.id > after, ~retried, jobs.c.id.not_in(asked_for))
            .order_by(jobs.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def failed(self, group_id: str, limit: int) -> list[Sampled]:
        """Return the newest jobs of a group, to compare them."""
        query = _sample().where(_of(group_id)).order_by(jobs.c.id.desc()).limit(limit)
        return self._sampled(query)

    def succeeded(self, kind: str, since: datetime, until: datetime, limit: int) -> list[Sampled]:
        """Return jobs of a kind that succeeded in a time, the last ones, to compare with them."""
        query = (
            _sample()
            .where(
                jobs.c.kind == kind,
                jobs.c.finished_at.between(since, until),
                jobs.c.state == State.SUCCESS,
                jobs.c.deleted_at.is_(None),
            )
            .order_by(jobs.c.finished_at.desc())
            .limit(limit)
        )
        return self._sampled(query)

    def _sampled(self, query: Select[Any]) -> list[Sampled]:
        with self._database.read() as connection:
            return [Sampled(*row) for row in connection.execute(query)]


def _sample() -> Select[Any]:
    name = func.coalesce(workers.c.name, "")
    sample = select(jobs.c.inputs, jobs.c.owner, name, jobs.c.finished_at).join_from(
        jobs, workers, workers.c.id == jobs.c.worker, isouter=True
    )
    # A few jobs with very long inputs must not make the page slow.
    return sample.where(func.length(cast(jobs.c.inputs, Text)) <= LONGEST_INPUTS)


def _of(group_id: str) -> ColumnElement[bool]:
    return and_(jobs.c.failure == group_id, jobs.c.deleted_at.is_(None))


def _retries(connection: Connection, ids: Iterable[str]) -> dict[str, Job]:
    query = select(jobs).where(jobs.c.retried_from.in_(list(ids))).order_by(jobs.c.id)
    found = [job_from(row) for row in connection.execute(query)]
    return {job.retried_from: job for job in found if job.retried_from}
