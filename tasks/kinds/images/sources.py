"""Which pictures there are, in files and in archives, and what their results are called."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from pathvalidate import sanitize_filename

from tasks.inputs import Upload
from tasks.kinds.images import sniff
from tasks.kinds.images.archive import Archive, Member
from tasks.kinds.images.facts import Fact, Skipped

LONGEST = 100  # characters of a part of a result's name


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be a picture.

    `number` is its place among all, `stem` the path of its result without a suffix, `size` its
    bytes. `why` says what is wrong with it, if that is known unread.
    """

    number: int
    name: str
    stem: str
    size: int
    upload: Upload
    archive: Archive | None = None
    member: Member | None = None
    why: str = ""

    def open(self, folder: Path) -> IO[bytes]:
        """Open its bytes, unpacked into `folder` where they are many.

        Raises:
            Skipped: it is no picture, or is damaged.
            StorageError: the storage does not give the bytes.
        """
        if self.why:
            raise Skipped(self.why)
        if self.archive and self.member:
            return self.archive.open(self.member, folder)
        file = self.upload.path.open("rb")
        head = file.read(sniff.HEAD)
        if sniff.picture(head) is None:
            file.close()
            raise Skipped(sniff.not_a_picture(head))
        file.seek(0)
        return file

    def skipped(self, why: str) -> Fact:
        """Return the fact that it is skipped."""
        return Fact(self.number, self.name, self.size, why=why)


@dataclass(slots=True)
class Sources:
    """All that was given, in an order that every attempt finds again."""

    found: list[Source] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)
    _stems: set[str] = field(default_factory=set)

    @classmethod
    @contextlib.contextmanager
    def of(cls, uploads: Sequence[Upload]) -> Iterator["Sources"]:
        """Look into what was given; archives stay open for the block."""
        sources = cls()
        try:
            for upload in uploads:
                sources._add(upload)
            yield sources
        finally:
            for archive in sources.archives:
                archive.close()

    def _add(self, upload: Upload) -> None:
        # By its name alone: to look into each of two thousand files may mean to fetch each.
        if not upload.name.lower().endswith(".zip") or _is_a_picture(upload):
            self._append(upload, upload.name, upload.name, upload.size)
            return
        try:
            archive = Archive(upload.path)
        except Skipped as skipped:
            self._append(upload, upload.name, upload.name, upload.size, why=str(skipped))
            return
        self.archives.append(archive)
        empty = True
        for member in archive.members():
            empty = False
            name = f"{upload.name}: {_shown(member.name)}"
            size = member.info.file_size
            self._append(upload, name, member.name, size, member.why, archive, member)
        if empty:
            self._append(upload, upload.name, upload.name, upload.size, why="is an empty archive")

    def _append(
        self,
        upload: Upload,
        name: str,
        path: str,
        size: int,
        why: str = "",
        archive: Archive | None = None,
        member: Member | None = None,
    ) -> None:
        stem = "" if why else self._unique(_stem(path))
        self.found.append(Source(len(self.found), name, stem, size, upload, archive, member, why))

    def _unique(self, stem: str) -> str:
        """Return the stem, numbered if there is one that some system can't tell from it."""
        tried, number = stem, 1
        while tried.casefold() in self._stems:
            number += 1
            tried = f"{stem}-{number}"
        self._stems.add(tried.casefold())
        return tried


def _is_a_picture(upload: Upload) -> bool:
    with upload.path.open("rb") as file:
        return sniff.picture(file.read(sniff.HEAD)) is not None


def _stem(path: str) -> str:
    """Return a relative path without a suffix, such that every system can unpack it."""
    *folders, last = PurePosixPath(path).parts
    parts = [*folders, PurePosixPath(last).stem]
    return "/".join(_portable(part) or "unnamed" for part in parts)


def _portable(part: str) -> str:
    # Without dots at its beginning, too: what is hidden is not looked for.
    return sanitize_filename(part, platform="universal", max_len=LONGEST).strip(" .")


def _shown(name: str) -> str:
    """Return a name that somebody else chose, without what could mislead a reader."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in name
    )
