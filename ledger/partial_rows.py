"""The rows of uploads that are not whole yet: who sends which, and whose turn it is."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete, insert, or_, select, update
from uuid_utils import uuid7

from ledger.database import Database
from ledger.errors import NoSuchFile, UploadBusy
from ledger.files import display_name, media_type
from ledger.record import StoredFile
from ledger.schema import files, partial_uploads

ABANDONED_AFTER: Final = 86_400  # seconds without a byte
LEASE: Final = 5.0  # seconds for which a request that has died keeps others out


@dataclass(frozen=True, slots=True)
class Partial:
    """An upload that is not whole yet: `length` bytes when it is; `description` is the client's."""

    id: str
    owner: str
    name: str
    length: int
    description: str
    touched_at: datetime

    @property
    def expires_at(self) -> datetime:
        """When it is removed, unless more of it comes."""
        return self.touched_at + timedelta(seconds=ABANDONED_AFTER)


_COLUMNS = [partial_uploads.c[field.name] for field in fields(Partial)]


class PartialRows:
    """Every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, owner: str, name: str, length: int, description: str) -> Partial:
        """Give a row to an upload of which nothing is there yet.

        Raises:
            LedgerUnavailable: the row could not be written.
        """
        values = {
            "id": str(uuid7()),
            "owner": owner,
            "name": display_name(name),
            "length": length,
            "description": description,
        }
        fresh = insert(partial_uploads).values(touched_at=self._database.now, **values)
        with self._database.write() as connection:
            return Partial(*connection.execute(fresh.returning(*_COLUMNS)).one())

    def get(self, upload_id: str, owner: str) -> Partial:
        """Return an unfinished upload of this owner.

        Raises:
            NoSuchFile: there is none, or it is whole.
        """
        mine = (partial_uploads.c.id == upload_id) & (partial_uploads.c.owner == owner)
        with self._database.read() as connection:
            row = connection.execute(select(*_COLUMNS).where(mine)).one_or_none()
        if row is None:
            raise NoSuchFile("There is no such upload, or it has expired.")
        return Partial(*row)

    def old(self, seconds: float, limit: int) -> list[Partial]:
        """Return uploads that got no byte for so long and that no request sends."""
        old = partial_uploads.c.touched_at <= self._database.ago(seconds)
        with self._database.read() as connection:
            found = connection.execute(select(*_COLUMNS).where(old, self._free()).limit(limit))
            return [Partial(*row) for row in found]

    def take(self, partial: Partial, writer: str) -> None:
        """Become the writer.

        Raises:
            UploadBusy: another request is.
        """
        taken = (
            update(partial_uploads)
            .where(partial_uploads.c.id == partial.id, self._free())
            .values(
                writer=writer,
                writer_until=self._database.ago(-LEASE),
                touched_at=self._database.now,
            )
        )
        with self._database.write_soon() as connection:
            if not connection.execute(taken).rowcount:
                raise UploadBusy

    def hold(self, partial: Partial, writer: str, seconds: float | None = LEASE) -> bool:
        """Go on being the writer for so long, or, for None, stop being it; False if not it."""
        until = None if seconds is None else self._database.ago(-seconds)
        held = (
            update(partial_uploads)
            .where(partial_uploads.c.id == partial.id, partial_uploads.c.writer == writer)
            .values(
                writer=None if seconds is None else writer,
                writer_until=until,
                touched_at=self._database.now,
            )
        )
        with self._database.write_soon() as connection:
            return connection.execute(held).rowcount == 1

    def accept(self, partial: Partial, writer: str, sha256: str) -> StoredFile:
        """Put the row of a file in the place of the upload's.

        Raises:
            UploadBusy: the turn has been lost.
        """
        values = {
            "id": partial.id,
            "owner": partial.owner,
            "name": partial.name,
            "media_type": media_type(partial.name),
            "size": partial.length,
            "sha256": sha256,
        }
        columns = [files.c[name] for name in StoredFile.__slots__]
        fresh = insert(files).values(created_at=self._database.now, **values)
        with self._database.write() as connection:
            if not connection.execute(self._mine(partial, writer)).rowcount:
                raise UploadBusy
            return StoredFile(*connection.execute(fresh.returning(*columns)).one())

    def remove(self, partial: Partial, writer: str) -> None:
        """Remove the row."""
        with self._database.write() as connection:
            connection.execute(self._mine(partial, writer))

    def _free(self) -> Any:
        column = partial_uploads.c.writer_until
        return or_(column.is_(None), column <= self._database.now)

    def _mine(self, partial: Partial, writer: str) -> Any:
        row = partial_uploads.c
        return delete(partial_uploads).where(row.id == partial.id, row.writer == writer)
