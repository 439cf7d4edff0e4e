"""Unfinished uploads: their bytes, one request at a time, and how one becomes a file."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from uuid_utils import uuid7

from ledger.database import Database
from ledger.errors import StorageError, UploadBusy
from ledger.files import upload_key
from ledger.growing import End, Growing
from ledger.partial_rows import Partial, PartialRows
from ledger.record import StoredFile
from ledger.storage import Storage

RENEW_EVERY: Final = 1.0  # seconds
MOST_DIGESTS: Final = 1_000


class Digest(Protocol):
    """A hash that goes on, as those of hashlib."""

    def update(self, data: bytes, /) -> None:
        """Go on."""

    def hexdigest(self) -> str:
        """Return the hash so far."""


class Partials:
    """Unfinished uploads: `rows`, and the way to their bytes."""

    def __init__(self, database: Database, storage: Storage) -> None:
        self.rows = PartialRows(database)
        self._storage = storage
        # No process can hand a hash on to another one, but one request can to the next. Where one
        # is missing here, what is stored is read once more in the end.
        self._digests: OrderedDict[str, tuple[int, Digest]] = OrderedDict()
        self._lock = threading.Lock()

    def stored(self, partial: Partial) -> int:
        """Return how many bytes of it are stored.

        Raises:
            StorageError: the storage does not answer.
        """
        return self.growing(partial).stored()

    @contextmanager
    def turn(self, partial: Partial) -> Iterator["Turn"]:
        """Give the right to write on to one request at a time; what it wrote is stored at the end.

        Raises:
            UploadBusy: another one has it, or this one was so silent that another one got it.
            StorageError: the storage refuses; what it has stored before stays.
        """
        writer = str(uuid7())
        self.rows.take(partial, writer)
        turn = None
        try:
            growing = self.growing(partial)
            offset = growing.stored()
            turn = Turn(self, partial, writer, growing, self._digest_at(partial.id, offset), offset)
            yield turn
            turn.close()
        finally:
            if turn is not None:
                turn.drop()
            self.rows.hold(partial, writer, seconds=None)

    def discard(self, partial: Partial) -> None:
        """Remove an upload and its bytes.

        Raises:
            UploadBusy: a request is sending it.
            StorageError: the storage does not answer; it is still there.
        """
        with self.turn(partial) as turn:
            turn.discard()

    def forget(self, seconds: float, limit: int) -> int:
        """Remove uploads that got no byte for so long; return how many, at most `limit`.

        Raises:
            StorageError: the storage does not answer; the rest is kept.
        """
        abandoned = self.rows.old(seconds, limit)
        for partial in abandoned:
            self.discard(partial)
        return len(abandoned)

    def keep_digest(self, upload_id: str, offset: int, digest: Digest) -> None:
        """Remember a hash for the next request; of too many, the oldest is read anew."""
        with self._lock:
            self._digests[upload_id] = (offset, digest)
            if len(self._digests) > MOST_DIGESTS:
                self._digests.popitem(last=False)

    def _digest_at(self, upload_id: str, offset: int) -> Digest | None:
        with self._lock:
            reached, digest = self._digests.pop(upload_id, (0, None))
        if offset == 0:
            return hashlib.sha256()
        return digest if reached == offset else None

    def growing(self, partial: Partial) -> Growing:
        """Return the place of its bytes."""
        return self._storage.growing(upload_key(partial.id), partial.length)


class Turn:
    """One request's right to write on at an upload; `offset` is how far it is."""

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place, by Partials.turn
        self,
        partials: Partials,
        partial: Partial,
        writer: str,
        growing: Growing,
        digest: Digest | None,
        offset: int,
    ) -> None:
        self.partial = partial
        self.offset = offset
        self._partials = partials
        self._writer = writer
        self._growing = growing
        self._digest = digest
        self._end: End | None = None
        self._renewed = time.monotonic()

    def write(self, piece: bytes) -> None:
        """Write on.

        Raises:
            UploadBusy: the turn has been lost.
            StorageError: the storage refuses.
        """
        self._renew()
        if self._end is None:
            self._end = self._growing.end(self.offset)
        try:
            self._end.write(piece)
        except StorageError:
            self._digest = None  # Nobody knows how much of the piece is stored.
            raise
        if self._digest is not None:
            self._digest.update(piece)
        self.offset += len(piece)

    def head(self, size: int) -> bytes:
        """Return the first bytes, at most `size`, of what is stored."""
        self.close()
        return next(self._growing.read(), b"")[:size] if self.offset else b""

    def finish(self) -> StoredFile:
        """Make the whole upload a file that its owner can use in jobs.

        Raises:
            UploadBusy: the turn has been lost.
            StorageError: the storage refuses; it is still an upload.
        """
        self.close()
        if not self.offset:
            self._growing.end(0).close()
        if self._digest is None:
            self._digest = hashlib.sha256()
            for piece in self._growing.read():
                self._renew()
                self._digest.update(piece)
        self._growing.finish()
        digest, self._digest = self._digest, None
        return self._partials.rows.accept(self.partial, self._writer, digest.hexdigest())

    def discard(self) -> None:
        """Remove the upload and its bytes.

        Raises:
            StorageError: the storage does not answer; it is still there.
        """
        self.drop()
        self._digest = None
        self._growing.discard()
        self._partials.rows.remove(self.partial, self._writer)

    def close(self) -> None:
        """Store what is still held back.

        Raises:
            StorageError: the storage refuses.
        """
        end, self._end = self._end, None
        if end is not None:
            try:
                end.close()
            except StorageError:
                self._digest = None
                raise

    def drop(self) -> None:
        """Let go of what could not be stored, and leave the hash to the next request."""
        end, self._end = self._end, None
        if end is not None:
            end.drop()
        elif self._digest is not None and self.offset:
            self._partials.keep_digest(self.partial.id, self.offset, self._digest)

    def _renew(self) -> None:
        now = time.monotonic()
        if now - self._renewed > RENEW_EVERY:
            self._renewed = now
            if not self._partials.rows.hold(self.partial, self._writer):
                self._digest = None
                raise UploadBusy
