"""How jobs come into the ledger: their rows, those of many in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, insert
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from ledger.database import Database
from ledger.errors import LedgerError, LedgerUnavailable
from ledger.prepared import Guarded
from ledger.record import Job, Progress, State, Turn
from ledger.schema import job_uploads, jobs
from ledger.together import Together
from ledger.turns import TurnTaking

FITS: Final = 100  # rows; SQLAlchemy makes a second INSERT of what is more than a thousand


@dataclass(frozen=True, slots=True)
class Submission:
    """What is known of a job before it has a row.

    `uploads` are the ids of the files it reads; `fingerprint` is alike for jobs that do the same,
    and `signature` says what its kind asked for.
    """

    kind: str
    queue: str
    inputs: Mapping[str, Any]
    owner: str
    uploads: Collection[str] = ()
    priority: int = 0
    batch: str | None = None
    idempotency_key: str | None = None
    fingerprint: str | None = None
    signature: str | None = None


_ANY: Final = Submission("", "", {}, "")


@dataclass(frozen=True, slots=True)
class Arrived:
    """A job that has just got its row, and what turn its owner's limit gave it."""

    id: str
    submitted_at: datetime
    turn: Turn | None = None

    @property
    def held(self) -> bool:
        """Whether its owner's limit holds it back."""
        return self.turn is Turn.HELD


class Arrivals:
    """Writes the rows of new jobs.

    Jobs that come at the same moment, from several threads, share one transaction and one wait for
    the disk. Each is accepted or refused all the same as if it had come alone.
    """

    def __init__(self, database: Database, turns: TurnTaking) -> None:
        self._database = database
        self._turns = turns
        self._insert = (
            database.upsert(jobs)
            .values(state=State.PENDING, submitted_at=database.now, attempt=0)
            # A key that is in use already is an answer, and no error for those who share.
            .on_conflict_do_nothing(index_elements=[jobs.c.owner, jobs.c.idempotency_key])
            .returning(jobs.c.id, jobs.c.submitted_at)
        )
        row: dict[str, Any] = {
            name: bindparam(name, type_=jobs.c[name].type) for name in row_of(_ANY)
        }
        self._insert_one = database.prepare_change(Guarded(self._insert.values(row)))
        self.together: Together[Submission, tuple[Arrived | None]] = Together(self._add_together)

    def add(self, submission: Submission) -> Arrived | None:
        """Accept a job, or return None where its owner has used the idempotency key before.

        Raises:
            LedgerUnavailable: it is not known whether the job was accepted.
        """
        return self.together.do(submission)[0]

    def _add_together(self, several: list[Submission]) -> list[tuple[Arrived | None] | Exception]:
        try:
            return [(one,) for one in self.add_all(several)]
        except LedgerUnavailable as error:
            return [type(error)(*error.args) for _ in several]
        except (LedgerError, IntegrityError) as error:
            if len(several) == 1:
                return [error]
        # One of them can't be kept, and so nothing was. Nobody bears another's fault.
        return [answer for one in several for answer in self._add_together([one])]

    def add_all(self, several: Sequence[Submission]) -> list[Arrived | None]:
        """Accept jobs in one transaction, but for those whose keys are in use: they are None.

        Raises:
            LedgerUnavailable: it is not known whether any was accepted.
        """
        rows: Sequence[Mapping[str, Any]] = [row_of(one) for one in several]
        at_once = self._is_one_statement(several)
        if at_once and len(several) == 1:
            return [self._add_one(rows[0])]
        with self._database.write(at_once=at_once) as connection:
            rows = self._turns.given(connection, rows)
            arrived = self.add_in(connection, rows)
            links = [
                {"job": row["id"], "file": file}
                for row, one in zip(rows, several, strict=True)
                for file in one.uploads
                if row["id"] in arrived
            ]
            if links:
                connection.execute(insert(job_uploads), links)
        return [
            Arrived(row["id"], arrived[row["id"]], row.get("turn"))
            if row["id"] in arrived
            else None
            for row in rows
        ]

    def _add_one(self, row: Mapping[str, Any]) -> Arrived | None:
        arrived = self._database.change(self._insert_one, row)
        return Arrived(arrived["id"], arrived["submitted_at"]) if arrived else None

    def _is_one_statement(self, several: Sequence[Submission]) -> bool:
        uploads = any(one.uploads for one in several)
        return len(several) <= FITS and not uploads and not self._turns.limited

    def add_in(
        self, connection: Connection, rows: Sequence[Mapping[str, Any]]
    ) -> dict[str, datetime]:
        """Write rows within a transaction; return when those arrived whose keys are not in use."""
        return dict(iter(connection.execute(self._insert, rows)))


def row_of(submission: Submission) -> dict[str, Any]:
    """Return what a new row says, but for its state and its time, with an id of its own."""
    return {
        "id": str(uuid7()),
        "kind": submission.kind,
        "queue": submission.queue,
        "inputs": submission.inputs,
        "owner": submission.owner,
        "priority": submission.priority,
        "batch": submission.batch,
        "idempotency_key": submission.idempotency_key,
        "fingerprint": submission.fingerprint,
        "signature": submission.signature,
    }


def job_of(submission: Submission, arrived: Arrived, sent_at: datetime | None) -> Job:
    """Return the job as its row says, before anything else has happened to it."""
    return Job(
        id=arrived.id,
        kind=submission.kind,
        inputs=submission.inputs,
        owner=submission.owner,
        queue=submission.queue,
        priority=submission.priority,
        batch=submission.batch,
        state=State.PENDING,
        cause=None,
        attempt=0,
        revision=0 if sent_at is None else 1,
        due_at=None,
        submitted_at=arrived.submitted_at,
        sent_at=sent_at,
        started_at=None,
        finished_at=None,
        cancel_requested_at=None,
        worker=None,
        progress=Progress(),
        result=None,
        error=None,
        fingerprint=submission.fingerprint,
        signature=submission.signature,
        turn=arrived.turn,
    )
