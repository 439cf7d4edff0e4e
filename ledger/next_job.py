"""The first claim of a job: by itself, or along with the end of what its process has run before."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Insert, bindparam, func, insert, literal, or_, select, update

from ledger.database import Database
from ledger.prepared import Guarded
from ledger.record import Claim, Delivery, State, Turn
from ledger.schema import attempts, jobs


@dataclass(frozen=True, slots=True)
class NextJob:
    """A job that a process was given and is to claim next."""

    delivery: Delivery
    worker: str
    pid: int

    @property
    def values(self) -> dict[str, Any]:
        """What its claim is executed with."""
        return {
            "c_job": self.delivery.job,
            "c_message": self.delivery.message,
            "c_count": self.delivery.count,
            "c_worker": self.worker,
            "c_pid": self.pid,
        }

    def claimed(self, row: Mapping[str, Any] | None) -> Claim | None:
        """Return the claim that a change's row tells of; None if the guard let none through."""
        if row is None or row.get("kind") is None:
            return None
        return Claim(self.delivery.job, 1, row["kind"], row["inputs"], row["owner"], 0, None)


def first_claim(database: Database, *returned: ColumnElement[Any]) -> Guarded:
    """Return the first claim of a job, which is that of nearly every delivery, and its attempt.

    Args:
        database: where the job is.
        returned: what it returns beside the job's kind, inputs and owner.
    """
    job = bindparam("c_job", type_=jobs.c.id.type)
    taken: dict[str, Any] = {
        "worker": bindparam("c_worker", type_=jobs.c.worker.type),
        "message": bindparam("c_message", type_=jobs.c.message.type),
        "delivery_count": bindparam("c_count", type_=jobs.c.delivery_count.type),
    }
    claim = (
        update(jobs)
        .where(
            jobs.c.id == job,
            jobs.c.state == State.PENDING,
            jobs.c.attempt == 0,
            jobs.c.cancel_requested_at.is_(None),
            jobs.c.turn.is_distinct_from(Turn.HELD),
            or_(jobs.c.due_at.is_(None), jobs.c.due_at <= database.now),
        )
        .values(
            state=State.STARTED,
            attempt=1,
            revision=jobs.c.revision + 1,
            started_at=database.now,
            sent_at=func.coalesce(jobs.c.sent_at, database.now),
            due_at=None,
            **taken,
        )
        .returning(jobs.c.kind, jobs.c.inputs, jobs.c.owner, *returned)
    )
    opened = taken | {
        "job": job,
        "number": literal(1),
        "pid": bindparam("c_pid", type_=attempts.c.pid.type),
        "started_at": database.now,
    }

    def open_attempt(claimed: ColumnElement[bool]) -> Insert:
        return insert(attempts).from_select(list(opened), select(*opened.values()).where(claimed))

    return Guarded(claim, open_attempt)
