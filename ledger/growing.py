"""A file that arrives in several requests: what the storage has of it, and how it is finished.

What is stored is what counts, whatever died: no offset is kept beside it. Two that write at once,
one of them taken for dead, harm nothing: both put the same file's bytes where they belong.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from ledger.foreign import in_our_words
from ledger.reach import Reach

PIECE: Final = 1 << 23  # bytes; S3 joins pieces of 5 MiB or more
MOST_PIECES: Final = 10_000  # that S3 joins
READ: Final = 1 << 20  # bytes read at a time


class End(Protocol):
    """Where a growing file is written on; `close` stores what was written, `drop` need not."""

    def write(self, piece: bytes) -> None:
        """Write a piece. Raises: StorageError: the storage refuses."""

    def close(self) -> None:
        """Store what is still held back. Raises: StorageError: the storage refuses."""

    def drop(self) -> None:
        """Let go of what is still held back."""


class Growing(Protocol):
    """A file that is not whole yet. Every method may raise StorageError."""

    def stored(self) -> int:
        """Return how many bytes from its beginning are stored."""

    def end(self, offset: int) -> End:
        """Return where to write on; `offset` is what `stored` has just returned."""

    def read(self) -> Iterator[bytes]:
        """Yield what is stored, piece by piece."""

    def finish(self) -> None:
        """Make it one file under its key, safe on disk; done twice, it is the same."""

    def discard(self) -> None:
        """Delete it; it is no error if it is gone."""


class GrowingFile:
    """A growing file in a folder: one file that is appended to, under its key from the start."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def stored(self) -> int:
        """See Growing."""
        with in_our_words():
            return self._path.stat().st_size if self._path.exists() else 0

    def end(self, offset: int) -> End:
        """See Growing."""
        with in_our_words():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return _EndOfFile(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o644), offset)

    def read(self) -> Iterator[bytes]:
        """See Growing."""
        with in_our_words(), self._path.open("rb", buffering=0) as file:
            while piece := file.read(READ):
                yield piece

    def finish(self) -> None:
        """See Growing."""
        with in_our_words():
            for place in (self._path, self._path.parent):
                descriptor = os.open(place, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def discard(self) -> None:
        """See Growing."""
        with in_our_words():
            self._path.unlink(missing_ok=True)


class _EndOfFile:
    def __init__(self, descriptor: int, offset: int) -> None:
        self._descriptor = descriptor
        self._offset = offset

    def write(self, piece: bytes) -> None:
        rest = memoryview(piece)
        with in_our_words():
            while rest:
                # At its own place, so that nobody else's end can shift it.
                written = os.pwrite(self._descriptor, rest, self._offset)
                self._offset += written
                rest = rest[written:]

    def close(self) -> None:
        self.drop()

    def drop(self) -> None:
        os.close(self._descriptor)


class GrowingPieces:
    """A growing file anywhere else: pieces, each named by where it begins and ends.

    All but the last are of the same size. A short one is replaced by a longer one of another name,
    so nothing that is stored is ever overwritten.

    Args:
        place: the storage that they are in.
        folder: where the pieces are.
        whole: where the file is when it is finished.
        length: bytes of the whole file.
    """

    def __init__(self, place: Reach, folder: str, whole: str, length: int) -> None:
        self._place = place
        self._files = place.files
        self._folder = folder
        self._whole = whole
        self._length = length
        self._size = max(PIECE, -(-length // MOST_PIECES))

    def stored(self) -> int:
        """See Growing."""
        pieces = self._pieces()
        if pieces:
            return _end_of(pieces[-1])
        with in_our_words():
            # The pieces of a finished file are gone.
            self._files.invalidate_cache(self._whole)
            return self._length if self._files.exists(self._whole) else 0

    def end(self, offset: int) -> End:
        """See Growing."""
        begin = offset - offset % self._size
        held = b""
        if offset > begin:
            with in_our_words():
                held = self._files.cat_file(self._name(begin, offset))
        return _EndOfPieces(self, begin, held)

    def read(self) -> Iterator[bytes]:
        """See Growing."""
        with in_our_words():
            for name in self._pieces() or [self._whole]:
                with self._files.open(name, "rb", block_size=self._size) as file:
                    while piece := file.read(READ):
                        yield piece

    def finish(self) -> None:
        """See Growing."""
        pieces = self._pieces()
        if not pieces:
            if not self._length:
                with in_our_words():
                    self._place.make_folder_for(self._whole)
                    self._files.pipe_file(self._whole, b"")
            return
        with in_our_words():
            self._place.make_folder_for(self._whole)
            if self._place.joins:
                self._files.merge(self._whole, pieces)  # The server joins them by itself.
            else:
                with self._files.open(self._whole, "wb") as whole:
                    for piece in self.read():
                        whole.write(piece)
            # The first one first: without it, the others count for nothing.
            self._files.rm_file(pieces[0])
        self._delete_pieces()

    def discard(self) -> None:
        """See Growing."""
        self._delete_pieces()
        with in_our_words(), suppress(FileNotFoundError):
            self._files.rm_file(self._whole)

    def store(self, begin: int, data: bytes, replaces: int) -> None:
        """Store a piece, and remove the shorter one of `replaces` bytes whose bytes it has too.

        Raises:
            StorageError: the storage refuses.
        """
        with in_our_words():
            name = self._name(begin, begin + len(data))
            self._place.make_folder_for(name)
            self._files.pipe_file(name, data)
            if replaces:
                self._files.rm_file(self._name(begin, begin + replaces))

    @property
    def size(self) -> int:
        """Bytes of every piece but the last."""
        return self._size

    def _name(self, begin: int, end: int) -> str:
        return f"{self._folder}/{begin:015d}-{end}"

    def _pieces(self) -> list[str]:
        """Return the names of the pieces that follow one another, the longest of each place."""
        with in_our_words():
            self._files.invalidate_cache(self._folder)  # Another process writes too.
            try:
                names = self._files.ls(self._folder, detail=False)
            except FileNotFoundError:
                return []
        longest = {_begin_of(name): name for name in sorted(names, key=_end_of)}
        found: list[str] = []
        while (begin := _end_of(found[-1]) if found else 0) in longest:
            found.append(longest[begin])
        return found

    def _delete_pieces(self) -> None:
        with in_our_words(), suppress(FileNotFoundError):
            self._files.rm(self._folder, recursive=True)


class _EndOfPieces:
    def __init__(self, pieces: GrowingPieces, begin: int, held: bytes) -> None:
        self._pieces = pieces
        self._begin = begin
        self._held = bytearray(held)
        self._stored = len(held)  # of what is held

    def write(self, piece: bytes) -> None:
        self._held += piece
        while len(self._held) >= self._pieces.size:
            self._store(bytes(self._held[: self._pieces.size]))
            del self._held[: self._pieces.size]

    def close(self) -> None:
        if len(self._held) > self._stored:
            self._store(bytes(self._held))

    def drop(self) -> None:
        self._held.clear()

    def _store(self, data: bytes) -> None:
        self._pieces.store(self._begin, data, self._stored)
        self._begin += len(data)
        self._stored = 0


def _begin_of(name: str) -> int:
    return int(name.rpartition("/")[2].partition("-")[0])


def _end_of(name: str) -> int:
    return int(name.rpartition("-")[2])
