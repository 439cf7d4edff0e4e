"""What an attempt leaves for the next one: a small state in the job's row, and files beside it."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import null, select, update
from uuid_utils import uuid7

from ledger.attempts import Attempts
from ledger.database import Database
from ledger.errors import ClaimLost, StorageError
from ledger.files import kept_of
from ledger.record import JSON, Claim
from ledger.schema import jobs
from ledger.storage import Storage


class Checkpoint:
    """What one attempt took over from those before it, and what it keeps for those after it.

    The row names the keys of the files. So state and files change in one guarded write, and what a
    fenced attempt puts into the storage is never taken up by another one.
    """

    def __init__(self, claim: Claim) -> None:
        stored: Mapping[str, Any] = claim.checkpoint or {"state": None, "files": {}}
        self.claim = claim
        self.state: JSON = stored["state"]
        self.files: dict[str, str] = dict(stored["files"])
        self.replaced: list[str] = []


class Checkpoints:
    """The checkpoints of jobs, over the rows and the storage."""

    def __init__(self, database: Database, attempts: Attempts, storage: Storage) -> None:
        self._database = database
        self._attempts = attempts
        self._storage = storage

    def keep(
        self, checkpoint: Checkpoint, state: JSON, files: Sequence[Path], folder: Path
    ) -> None:
        """Keep a state, and files beside those kept so far; one of the same name is replaced.

        The files are given away: they move into the storage, or, where that is not a folder, into
        `folder`; `local` says where to read them.

        Raises:
            ClaimLost: the attempt has been closed; nothing was kept.
            StorageError: the storage refuses; the checkpoint is as it was.
            LedgerUnavailable: it is not known whether the checkpoint was kept. The next one brings
                these files along.
        """
        claim = checkpoint.claim
        fresh: dict[str, str] = {}
        try:
            for path in files:
                key = f"{kept_of(claim.job)}/{claim.attempt}/{uuid7()}"
                self._storage.take(path, key, folder)
                fresh[path.name] = key
        except StorageError:
            self._discard(fresh.values())
            raise
        checkpoint.replaced += [checkpoint.files[name] for name in fresh.keys() & checkpoint.files]
        checkpoint.state = state
        checkpoint.files |= fresh
        try:
            self._attempts.checkpoint(claim, {"state": state, "files": {**checkpoint.files}})
        except ClaimLost:
            self._discard(fresh.values())
            raise
        self._discard(checkpoint.replaced)
        checkpoint.replaced.clear()

    def local(self, checkpoint: Checkpoint, name: str, folder: Path) -> Path:
        """Return a local path with the bytes of a kept file, copied into `folder` where it must be.

        Raises:
            KeyError: no file of that name was kept.
            StorageError: its bytes are not there, or the storage does not answer.
        """
        return self._storage.local(checkpoint.files[name], folder)

    def forget_settled(self, limit: int) -> int:
        """Remove the checkpoints of jobs that have ended, however they ended.

        Returns:
            How many were removed, at most `limit`.

        Raises:
            StorageError: the storage does not answer; the rest is kept.
        """
        query = (
            select(jobs.c.id, jobs.c.checkpoint)
            .where(jobs.c.finished_at.is_not(None), jobs.c.checkpoint.is_not(None))
            .limit(limit)
        )
        with self._database.read() as connection:
            found = connection.execute(query).all()
        # The bytes first: those that no row names could not be found any more.
        for job, checkpoint in found:
            if checkpoint["files"]:
                self._storage.delete_all(kept_of(job))
        if found:
            gone = update(jobs).where(jobs.c.id.in_([job for job, _ in found]))
            with self._database.write() as connection:
                connection.execute(gone.values(checkpoint=null()))
        return len(found)

    def _discard(self, keys: Iterable[str]) -> None:
        for key in keys:
            # What is left here goes with the job's other files when it has ended.
            with suppress(StorageError):
                self._storage.delete(key)
