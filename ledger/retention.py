"""Forgetting: settled jobs with logs and files, and uploads that nobody uses, by their age."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from ledger.again_tables import in_use
from ledger.database import Database
from ledger.errors import NotSettled
from ledger.files import Files
from ledger.schema import dead_letters, files, job_uploads, jobs


class Retention:
    """Removes what is old enough, a small batch at a time, so that nobody waits for it."""

    def __init__(self, database: Database, stored: Files) -> None:
        self._database = database
        self._files = stored

    def forget_jobs(self, seconds: float, limit: int) -> int:
        """Remove jobs that settled longer ago than that, with all that belongs to them.

        The bytes first: a row without bytes can be removed again, bytes without a row could not be
        found.

        Returns:
            How many were removed, at most `limit`.

        Raises:
            StorageError: the storage does not answer; the jobs are kept.
        """
        old = (
            select(jobs.c.id)
            .where(jobs.c.finished_at <= self._database.ago(seconds))
            .order_by(jobs.c.id)
            .limit(limit)
        )
        with self._database.read() as connection:
            ids: Sequence[str] = connection.execute(old).scalars().all()
        for job in ids:
            self._files.delete_outputs(job)
        if ids:
            with self._database.write() as connection:
                # Attempts, log lines and the rows of files go with them.
                connection.execute(delete(jobs).where(jobs.c.id.in_(ids)))
        return len(ids)

    def forget_files(self, job: str) -> int:
        """Remove the files of a job that has ended, and its uploads that nothing else uses.

        Its log, its result and what it was asked stay.

        Returns:
            The bytes that are free now.

        Raises:
            NotSettled: it runs, or waits for a worker.
            StorageError: the storage does not answer; what is left can be removed again.
        """
        ended = select(jobs.c.id).where(jobs.c.id == job, jobs.c.finished_at.is_not(None))
        with self._database.read() as connection:
            if connection.execute(ended).one_or_none() is None:
                raise NotSettled("The job has not ended yet, and needs its files.")
        self._files.delete_outputs(job)
        with self._database.write() as connection:
            outputs = delete(files).where(files.c.job == job).returning(files.c.size)
            freed: int = sum(connection.execute(outputs).scalars())
            links = delete(job_uploads).where(job_uploads.c.job == job)
            uploads = connection.execute(links.returning(job_uploads.c.file)).scalars().all()
            unused = delete(files).where(files.c.id.in_(uploads), ~in_use())
            gone = connection.execute(unused.returning(files.c.id, files.c.size)).all()
            # Whoever looks at the job's page sees that they are gone.
            seen = update(jobs).where(jobs.c.id == job).values(revision=jobs.c.revision + 1)
            connection.execute(seen)
        for upload, size in gone:
            self._files.delete_upload(upload)
            freed += size
        return freed

    def forget_uploads(self, seconds: float, limit: int) -> int:
        """Remove uploads older than that which nobody uses; return how many, at most `limit`.

        Raises:
            StorageError: the storage does not answer; the rest is kept.
        """
        unused = (
            select(files.c.id)
            .where(
                files.c.job.is_(None),
                files.c.created_at <= self._database.ago(seconds),
                ~in_use(),
            )
            .limit(limit)
        )
        with self._database.read() as connection:
            ids: Sequence[str] = connection.execute(unused).scalars().all()
        # The rows first, and only where still nobody uses them: a job may have been submitted
        # just now. Its bytes are deleted by nobody then.
        gone = delete(files).where(files.c.id.in_(ids), ~in_use())
        if not ids:
            return 0
        with self._database.write() as connection:
            removed = connection.execute(gone.returning(files.c.id)).scalars().all()
        for upload in removed:
            self._files.delete_upload(upload)
        return len(removed)

    def forget_dead_letters(self, seconds: float) -> int:
        """Remove dead letters older than that; return how many."""
        old = delete(dead_letters).where(dead_letters.c.received_at <= self._database.ago(seconds))
        with self._database.write() as connection:
            return connection.execute(old).rowcount
