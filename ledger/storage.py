"""Where the bytes of uploads and outputs are: a folder, or anything that fsspec reaches."""

import hashlib
import io
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from uuid_utils import uuid7

from ledger.errors import StorageError, TooLarge
from ledger.foreign import foreign_errors, in_our_words
from ledger.growing import Growing, GrowingFile, GrowingPieces
from ledger.reach import Reach, reach

PIECE = 1 << 20
AHEAD = 4 << 20  # bytes that are fetched at once from afar; s3fs would hold 50 MB for each reader


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found out about bytes while they passed."""

    size: int
    sha256: str


class Storage:
    """Keeps bytes under keys that we make; a name that a person typed is never part of a key.

    Args:
        url: a folder or any fsspec URL.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    @cached_property
    def _place(self) -> Reach:
        return reach(self._url)

    def require(self) -> None:
        """Make sure that there is what reaches the storage; whether it answers is not asked.

        Raises:
            StorageError: a library is missing; the words say which.
        """
        _ = self._place

    def writer(self, key: str, name: str, limit: int) -> "Writer":
        """Open a new file for bytes that arrive in pieces.

        Args:
            key: where the bytes go.
            name: what to call the file in an error.
            limit: bytes; more are refused with TooLarge.

        Raises:
            StorageError: the storage refuses.
        """
        with in_our_words():
            path = self._path(key)
            self._place.make_folder_for(path)
            return Writer(self, key, self._place.files.open(path, "wb"), name, limit)

    def growing(self, key: str, length: int) -> Growing:
        """Return the place of a file that arrives in several requests; it need not exist yet.

        Args:
            key: where its bytes are when it is whole.
            length: bytes of the whole file.
        """
        if self._place.is_local:
            return GrowingFile(Path(self._path(key)))
        folder = self._path(f"partial/{key.rpartition('/')[2]}")
        return GrowingPieces(self._place, folder, self._path(key), length)

    def keep(self, path: Path, key: str) -> Measured:
        """Take a finished local file into the storage; the local file is gone afterwards.

        Raises:
            StorageError: the storage refuses; the local file is still there.
        """
        with in_our_words():
            measured = _measure(path)
            target = self._path(key)
            self._place.make_folder_for(target)
            if self._place.is_local:
                shutil.move(path, target)
            else:
                self._place.files.put_file(str(path), target)
                path.unlink()
        return measured

    def take(self, path: Path, key: str, folder: Path) -> None:
        """Take a finished local file into the storage; `local` with `folder` gives it back.

        The path itself is free for another file afterwards.

        Raises:
            StorageError: the storage refuses; the local file is still there.
        """
        with in_our_words():
            target = self._path(key)
            self._place.make_folder_for(target)
            with path.open("rb") as file:
                os.fsync(file.fileno())
            if self._place.is_local:
                shutil.move(path, target)
            else:
                self._place.files.put_file(str(path), target)
                # So this process need not fetch what it has.
                path.rename(_copy_of(key, folder))

    def open(self, key: str) -> IO[bytes]:
        """Open the bytes for reading, seekable.

        Raises:
            StorageError: they are not there, or the storage does not answer.
        """
        with in_our_words():
            file: IO[bytes] = self._place.files.open(self._path(key), "rb", block_size=AHEAD)
            return file

    def local(self, key: str, folder: Path) -> Path:
        """Return a local path with the bytes: the file itself, or a copy made in `folder`.

        Raises:
            StorageError: they are not there, or the storage does not answer.
        """
        source = self._path(key)
        if self._place.is_local:
            return Path(source)
        copy = _copy_of(key, folder)
        if not copy.exists():
            # Named when it is whole: another thread may look, and an interrupted copy is none.
            half = folder / str(uuid7())
            with in_our_words():
                self._place.files.get_file(source, str(half))
                half.rename(copy)
        return copy

    def sizes(self, folder: str) -> dict[str, int]:
        """Return the bytes of each file in a folder of keys, by its key; asked for at once.

        Raises:
            StorageError: the storage does not answer.
        """
        path = self._path(folder)
        with in_our_words():
            self._place.files.invalidate_cache(path)  # What it remembers may be gone.
            try:
                found = self._place.files.ls(path, detail=True)
            except FileNotFoundError:
                return {}
        return {
            f"{folder}/{one['name'].rpartition('/')[2]}": one["size"]
            for one in found
            if one["type"] == "file"
        }

    def delete(self, key: str) -> None:
        """Remove the bytes; it is no error if they are gone.

        Raises:
            StorageError: the storage does not answer.
        """
        with in_our_words():
            if self._place.files.exists(self._path(key)):
                self._place.files.rm_file(self._path(key))

    def delete_all(self, prefix: str) -> None:
        """Remove every file whose key begins with a folder's; it is no error if there is none.

        Raises:
            StorageError: the storage does not answer.
        """
        with in_our_words():
            if self._place.files.exists(self._path(prefix)):
                self._place.files.rm(self._path(prefix), recursive=True)

    def _path(self, key: str) -> str:
        return self._place.path(key)


class Writer:
    """A file being written, measured as it grows; werkzeug writes an upload straight into it."""

    def __init__(self, storage: Storage, key: str, file: Any, name: str, limit: int) -> None:
        self.key = key
        self.name = name
        self._storage = storage
        self._file = file
        self._limit = limit
        self._size = 0
        self._digest = hashlib.sha256()

    def write(self, piece: bytes) -> int:
        """Write a piece.

        Raises:
            TooLarge: the limit is passed; what was written is deleted.
            StorageFull: there is no room left; what was written is deleted.
        """
        self._size += len(piece)
        if self._size > self._limit:
            self.discard()
            raise TooLarge(self.name, self._limit)
        try:
            with in_our_words():
                self._file.write(piece)
        except StorageError:
            self.discard()
            raise
        self._digest.update(piece)
        return len(piece)

    def finish(self) -> Measured:
        """Close the file, bytes safe on disk, and say what it holds.

        Raises:
            StorageError: the last bytes could not be written; the file is deleted.
        """
        try:
            with in_our_words():
                self._file.flush()
                descriptor = _descriptor_of(self._file)
                if descriptor is not None:
                    os.fsync(descriptor)
                self._file.close()
        except StorageError:
            self.discard()
            raise
        return Measured(self._size, self._digest.hexdigest())

    def discard(self) -> None:
        """Close and delete the file."""
        # A full disk refuses the last bytes once more; what is unwanted anyway must still go.
        with suppress(*foreign_errors()):
            self._file.close()
        self._storage.delete(self.key)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Pretend to seek: werkzeug rewinds a finished upload, and nobody reads it from here."""
        del offset, whence
        return 0


def _descriptor_of(file: Any) -> int | None:
    """Return the kernel's number of an open file; None for one that is not on this machine."""
    try:
        return int(file.fileno())
    except (AttributeError, io.UnsupportedOperation):
        return None


def _copy_of(key: str, folder: Path) -> Path:
    return folder / key.replace("/", "-")


def _measure(path: Path) -> Measured:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    return Measured(path.stat().st_size, digest)
