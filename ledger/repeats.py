"""Jobs that do the same as another: told by their fingerprint, which a submit writes."""

from dataclasses import dataclass

from sqlalchemy import select

from ledger.database import Database
from ledger.jobs import job_from
from ledger.record import WAITING, Job, State
from ledger.schema import jobs

_OPEN = WAITING | {State.STARTED}


@dataclass(frozen=True, slots=True)
class Earlier:
    """The newest job with the same fingerprint that succeeded, and the newest that is to end."""

    done: Job | None = None
    open: Job | None = None

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return self.newest is not None

    @property
    def newest(self) -> Job | None:
        """The one that was submitted last."""
        return max(filter(None, (self.done, self.open)), key=lambda job: job.id, default=None)


class Repeats:
    """Finds what has run already, or runs. What failed or was cancelled is worth another try."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, fingerprint: str | None, but: str | None = None) -> Earlier:
        """Return earlier jobs that did the same; none where nothing tells what is the same.

        Args:
            fingerprint: of a job, or of one that is to be submitted.
            but: the id of a job that is left out.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        if fingerprint is None:
            return Earlier()
        alike = select(jobs).where(jobs.c.fingerprint == fingerprint, jobs.c.id != (but or ""))
        newest = alike.where(jobs.c.deleted_at.is_(None)).order_by(jobs.c.id.desc()).limit(1)
        done = newest.where(jobs.c.state == State.SUCCESS)
        unsettled = newest.where(jobs.c.state.in_(_OPEN), jobs.c.cancel_requested_at.is_(None))
        with self._database.read() as connection:
            rows = [connection.execute(query).one_or_none() for query in (done, unsettled)]
        return Earlier(*(None if row is None else job_from(row) for row in rows))
