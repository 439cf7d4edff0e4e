"""Report and settle: the writes of a running attempt, each one guarded by its number."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    bindparam,
    insert,
    select,
    update,
)

from ledger.database import Database
from ledger.endings import end_cancelled
from ledger.errors import ClaimLost, Unstorable
from ledger.next_job import NextJob, first_claim
from ledger.outcome import Outcome, error_columns
from ledger.prepared import Guarded, Step
from ledger.record import (
    JSON,
    Claim,
    LogLine,
    Progress,
    State,
    StoredFile,
)
from ledger.schema import attempts, files, jobs, log_lines


class Attempts:
    """What running attempts write: each method is one transaction, and names its attempt."""

    def __init__(self, database: Database) -> None:
        self._database = database
        now = database.now
        self._holds = (
            update(jobs)
            .where(
                jobs.c.id == bindparam("b_job"),
                jobs.c.attempt == bindparam("b_attempt"),
                jobs.c.state == State.STARTED,
            )
            .values(revision=jobs.c.revision + 1)
        )
        # With and without progress, each made once: to change a statement for every call costs
        # more than the database takes for it.
        at: dict[str, Any] = {name: bindparam(name) for name in _columns(Progress())}
        self._report = self._holds.returning(jobs.c.cancel_requested_at)
        self._report_at = self._report.values(at)
        settle = self._holds.values(
            state=bindparam("state"),
            cause=bindparam("cause"),
            finished_at=now,
            result=bindparam("result"),
            **{name: bindparam(name) for name in error_columns(None)},
        )
        settle = settle.returning(jobs.c.id)
        self._closed = (
            update(attempts)
            .where(
                attempts.c.job == bindparam("b_job"), attempts.c.number == bindparam("b_attempt")
            )
            .values(ended_at=now, ending=bindparam("ending"), note=bindparam("note"))
        )
        # A line may be there already: the answer to an earlier try got lost, not the try.
        self._line = database.upsert(log_lines).on_conflict_do_nothing()
        # By whether there is progress to write, and whether the process claims its next job too.
        ends = {False: settle, True: settle.values(at)}
        self._ends = {
            (moved, goes_on): database.prepare_change(
                Guarded(end, self._closed.where), *([first_claim(database)] if goes_on else [])
            )
            for moved, end in ends.items()
            for goes_on in (False, True)
        }
        self._add_lines = database.prepare(self._line)
        self._add_files = database.prepare(insert(files))

    def report(self, claim: Claim, progress: Progress | None, lines: Sequence[LogLine]) -> bool:
        """Write an attempt's progress and log; return whether a cancel has been asked for.

        Raises:
            ClaimLost: the attempt has been closed; nothing was written.
        """
        values: dict[str, Any] = {"b_job": claim.job, "b_attempt": claim.attempt}
        statement = self._report if progress is None else self._report_at
        with self._database.write_soon() as connection:
            row = connection.execute(statement, values | _columns(progress)).one_or_none()
            if row is None:
                raise ClaimLost(claim.job, claim.attempt)
            self._write_lines(connection, claim, lines)
        return row.cancel_requested_at is not None

    def asked_to_stop(self, claim: Claim) -> bool:
        """Return whether a cancel has been asked for, without writing anything.

        Raises:
            ClaimLost: the attempt has been closed.
        """
        query = select(jobs.c.cancel_requested_at).where(
            jobs.c.id == claim.job, jobs.c.attempt == claim.attempt, jobs.c.state == State.STARTED
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise ClaimLost(claim.job, claim.attempt)
        return row.cancel_requested_at is not None

    def checkpoint(self, claim: Claim, state: JSON) -> None:
        """Keep the state from which the job's next attempt continues.

        Raises:
            ClaimLost: the attempt has been closed; nothing was written.
        """
        values = {"b_job": claim.job, "b_attempt": claim.attempt}
        with self._database.write() as connection:
            if not connection.execute(self._holds.values(checkpoint=state), values).rowcount:
                raise ClaimLost(claim.job, claim.attempt)

    def settle(
        self,
        claim: Claim,
        outcome: Outcome,
        progress: Progress | None = None,
        lines: Sequence[LogLine] = (),
        next_job: NextJob | None = None,
    ) -> Claim | None:
        """Record how the attempt ended, with its outputs, last progress and last log lines.

        The end of a job is safe from a power cut once `Ledger.flush` has returned, for which
        whoever acknowledges its message waits. To record the same end again is no error: whoever
        got no answer asks again.

        Args:
            claim: the attempt.
            outcome: how it ended.
            progress: if any is to be written.
            lines: of its log, likewise.
            next_job: what the process claims in the same transaction, if its own job ends here and
                that one has not been claimed before.

        Returns:
            The next job's claim, if there is one; else that is still to be claimed as any other.

        Raises:
            ClaimLost: the attempt had been closed before; nothing was written.
        """
        if not outcome.state.settled:
            self._hand_back(claim, outcome, progress, lines)
            return None
        # Of another message of the same job, its own claim sees that the job has ended.
        if next_job is not None and next_job.delivery.job != claim.job:
            # If a message says what no row can hold, whoever claims its job by itself is told.
            with suppress(Unstorable):
                return self._end(claim, outcome, progress, lines, next_job)
        return self._end(claim, outcome, progress, lines, None)

    def _end(
        self,
        claim: Claim,
        outcome: Outcome,
        progress: Progress | None,
        lines: Sequence[LogLine],
        next_job: NextJob | None,
    ) -> Claim | None:
        key = {"b_job": claim.job, "b_attempt": claim.attempt}
        end = self._ends[progress is not None, next_job is not None]
        more: list[Step] = []
        if lines:
            more.append((self._add_lines, _line_columns(claim, lines)))
        if outcome.outputs:
            more.append((self._add_files, [_file_columns(file) for file in outcome.outputs]))
        values = key | outcome.end_columns | outcome.ending_columns | _columns(progress)
        if next_job is not None:
            values |= next_job.values
        row = self._database.change(end, values, *more, soon=True)
        if row is not None:
            return None if next_job is None else next_job.claimed(row)
        with self._database.read() as connection:
            if not self._recorded(connection, claim, outcome):
                raise ClaimLost(claim.job, claim.attempt)
        return None

    def _hand_back(
        self, claim: Claim, outcome: Outcome, progress: Progress | None, lines: Sequence[LogLine]
    ) -> None:
        key = {"b_job": claim.job, "b_attempt": claim.attempt}
        with self._database.write() as connection:
            if end_cancelled(connection, self._database, claim.job, claim.attempt):
                self._write_lines(connection, claim, lines)
                return
            again = self._holds.values(self._again(outcome) | _columns(progress))
            if connection.execute(again, key).rowcount == 0:
                if self._recorded(connection, claim, outcome):
                    return
                raise ClaimLost(claim.job, claim.attempt)
            connection.execute(self._closed, key | outcome.ending_columns)
            self._write_lines(connection, claim, lines)

    def _recorded(self, connection: Connection, claim: Claim, outcome: Outcome) -> bool:
        """Return whether this very end has been recorded: by a try whose answer got lost."""
        query = (
            select(attempts.c.ending)
            .join(jobs, and_(jobs.c.id == attempts.c.job, jobs.c.attempt == attempts.c.number))
            .where(attempts.c.job == claim.job, attempts.c.number == claim.attempt)
            .where(jobs.c.state == outcome.state)
        )
        return connection.execute(query).scalar_one_or_none() == outcome.ending

    def _write_lines(self, connection: Connection, claim: Claim, lines: Sequence[LogLine]) -> None:
        if not lines:
            return
        connection.execute(self._line, _line_columns(claim, lines))

    def _again(self, outcome: Outcome) -> dict[str, Any]:
        """Return the columns of a job that will run again: now by its message, or later by ours."""
        if outcome.state is State.RETRY:
            due_at = self._database.ago(-(outcome.retry_in or 0))
            waits = {"state": State.RETRY, "due_at": due_at, "sent_at": None, "worker": None}
            return waits | error_columns(outcome.error)
        # Its message goes back to the queue now, so it is not missing from there yet.
        return {"state": outcome.state, "sent_at": self._database.now, "worker": None}


def _columns(progress: Progress | None) -> dict[str, Any]:
    if progress is None:
        return {}
    return {
        "progress_done": progress.done,
        "progress_total": progress.total,
        "progress_text": progress.text[:500],
        "progress_begun": progress.begun,
    }


def _line_columns(claim: Claim, lines: Sequence[LogLine]) -> list[dict[str, Any]]:
    return [
        {
            "job": claim.job,
            "attempt": line.attempt,
            "number": line.number,
            "at": line.at,
            "level": line.level,
            "text": line.text,
        }
        for line in lines
    ]


def _file_columns(file: StoredFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in StoredFile.__slots__}
