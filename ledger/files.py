"""Which files there are: uploads of people and outputs of jobs, and the keys of their bytes."""

import mimetypes
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import IO, Any

from sqlalchemy import Select, delete, insert, select
from uuid_utils import uuid7

from ledger.again_tables import in_use, preset_uploads, presets
from ledger.database import Database
from ledger.errors import NoSuchFile
from ledger.record import Claim, StoredFile
from ledger.schema import files, job_uploads
from ledger.storage import Measured, Storage, Writer

# What Python knows by itself only where the system has a list of media types.
_MORE_TYPES = {
    ".7z": "application/x-7z-compressed",
    ".flac": "audio/flac",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".md": "text/markdown",
    ".mkv": "video/x-matroska",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".webp": "image/webp",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
}
_COLUMNS = [files.c[name] for name in StoredFile.__slots__]


class Files:
    """The rows of files, and the way to their bytes."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self._database = database
        self._storage = storage

    def receive(self, name: str, limit: int) -> Writer:
        """Open a place for an upload's bytes.

        Raises:
            StorageError: the storage refuses.
        """
        name = display_name(name)
        return self._storage.writer(upload_key(str(uuid7())), name, limit)

    def accept(self, writer: Writer, owner: str) -> StoredFile:
        """Finish an upload and give it a row; nobody but `owner` can use it in a job.

        Raises:
            StorageError: its last bytes could not be written.
            LedgerUnavailable: the row could not be written.
        """
        measured = writer.finish()
        file_id = writer.key.rpartition("/")[2]
        return self._add(file_id, owner, writer.name, measured)

    def _add(self, file_id: str, owner: str, name: str, measured: Measured) -> StoredFile:
        values = {
            "id": file_id,
            "owner": owner,
            "name": name,
            "media_type": media_type(name),
            "size": measured.size,
            "sha256": measured.sha256,
        }
        with self._database.write() as connection:
            row = connection.execute(
                insert(files).values(created_at=self._database.now, **values).returning(*_COLUMNS)
            ).one()
        return StoredFile(*row)

    def uploads(self, ids: Collection[str], owner: str) -> dict[str, StoredFile]:
        """Return those of the uploads that exist and this person may use.

        These are the owner's, and those of presets that somebody made for all.
        """
        shared = select(preset_uploads.c.file).join(presets).where(presets.c.shared)
        usable = (files.c.owner == owner) | files.c.id.in_(shared)
        query = select(*_COLUMNS).where(files.c.id.in_(ids), usable, files.c.job.is_(None))
        return {file.id: file for file in self._all(query)}

    def uploads_of(self, job: str) -> list[StoredFile]:
        """Return the uploads that a job was submitted with."""
        query = select(*_COLUMNS).join(job_uploads, job_uploads.c.file == files.c.id)
        return self._all(query.where(job_uploads.c.job == job).order_by(files.c.id))

    def outputs_of(self, job: str) -> list[StoredFile]:
        """Return the files that the job's settled attempt made, in the order it made them."""
        return self._all(select(*_COLUMNS).where(files.c.job == job).order_by(files.c.id))

    def output(self, job: str, name: str) -> StoredFile:
        """Return the job's output of that name.

        Raises:
            NoSuchFile: it made none.
        """
        found = self._all(select(*_COLUMNS).where(files.c.job == job, files.c.name == name))
        if not found:
            raise NoSuchFile(f"Job {job} has no file {name}.")
        return found[0]

    def open(self, file: StoredFile) -> IO[bytes]:
        """Open a file's bytes for reading, seekable.

        Raises:
            StorageError: they are not there, or the storage does not answer.
        """
        return self._storage.open(key_of(file))

    def whole(self, outputs: Collection[StoredFile]) -> set[str]:
        """Return the ids of those outputs whose bytes are all in the storage.

        Raises:
            StorageError: the storage does not answer.
        """
        sizes: dict[str, int] = {}
        for folder in {key_of(file).rpartition("/")[0] for file in outputs}:
            sizes |= self._storage.sizes(folder)
        return {file.id for file in outputs if sizes.get(key_of(file)) == file.size}

    def local_upload(self, file_id: str, folder: Path) -> Path:
        """Return a local path with an upload's bytes, copied into `folder` where it must be.

        Raises:
            StorageError: they are not there, or the storage does not answer.
        """
        return self._storage.local(upload_key(file_id), folder)

    def keep_output(self, claim: Claim, path: Path, at: datetime) -> StoredFile:
        """Take an attempt's finished file into the storage; it is the job's once that settles.

        Raises:
            StorageError: the storage refuses.
        """
        file = StoredFile(
            id=str(uuid7()),
            job=claim.job,
            attempt=claim.attempt,
            owner=claim.owner,
            name=path.name,
            media_type=media_type(path.name),
            size=path.stat().st_size,
            sha256="",
            created_at=at,
        )
        return replace(file, sha256=self._storage.keep(path, key_of(file)).sha256)

    def require(self) -> None:
        """Make sure that there is what reaches the storage; whether it answers is not asked.

        Raises:
            StorageError: a library is missing; the words say which.
        """
        self._storage.require()

    def probe(self) -> None:
        """Write, read and delete a small file, to see that the storage works.

        Raises:
            StorageError: it does not.
        """
        key = f"probe/{uuid7()}"
        writer = self._storage.writer(key, "a probe", limit=1)
        writer.write(b"1")
        writer.finish()
        self._storage.open(key).close()
        self._storage.delete(key)

    def discard_earlier(self, claim: Claim) -> None:
        """Delete the bytes that attempts before this one left; they are no job's.

        Raises:
            StorageError: the storage does not answer.
        """
        for number in range(1, claim.attempt):
            self._storage.delete_all(f"outputs/{claim.job}/{number}")

    def delete_outputs(self, job: str) -> None:
        """Delete the bytes of all that a job's attempts made, and of what they kept.

        Raises:
            StorageError: the storage does not answer.
        """
        self._storage.delete_all(f"outputs/{job}")
        self._storage.delete_all(kept_of(job))

    def delete_upload(self, file_id: str) -> None:
        """Delete an upload's bytes.

        Raises:
            StorageError: the storage does not answer.
        """
        self._storage.delete(upload_key(file_id))

    def remove_unused(self, file_id: str) -> bool:
        """Remove an upload with its bytes, unless a job or preset uses it; return whether it went.

        Raises:
            StorageError: the storage does not answer; the bytes are left there.
        """
        gone = delete(files).where(files.c.id == file_id, files.c.job.is_(None), ~in_use())
        with self._database.write() as connection:
            removed = connection.execute(gone).rowcount == 1
        if removed:
            self.delete_upload(file_id)
        return removed

    def discard(self, outputs: Collection[StoredFile]) -> None:
        """Delete the bytes of outputs whose attempt did not settle.

        Raises:
            StorageError: the storage does not answer.
        """
        for file in outputs:
            self._storage.delete(key_of(file))

    def _all(self, query: Select[Any]) -> list[StoredFile]:
        with self._database.read() as connection:
            return [StoredFile(*row) for row in connection.execute(query)]


def key_of(file: StoredFile) -> str:
    """Return where the storage keeps a file's bytes."""
    if file.job is None:
        return upload_key(file.id)
    return f"outputs/{file.job}/{file.attempt}/{file.id}"


def kept_of(job: str) -> str:
    """Return the folder of keys for files that a job's attempts keep for the next one."""
    return f"kept/{job}"


def upload_key(file_id: str) -> str:
    """Return where the storage keeps an upload's bytes."""
    return f"uploads/{file_id[-2:]}/{file_id}"


def display_name(name: str) -> str:
    """Return a file's name as it may be shown: its last part, printable, not too long."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(letter for letter in last if letter.isprintable()).strip()
    return kept[-255:] or "unnamed"


def media_type(name: str) -> str:
    """Guess a file's media type from its name, on every machine alike."""
    known = mimetypes.guess_type(name)[0]
    return known or _MORE_TYPES.get(PurePath(name).suffix.lower(), "application/octet-stream")
