"""The folder in which a program runs: copies of the files that it is given, and what it makes."""

import os
import re
import shutil
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from tasks.kind import ProgramFailed

MOST = 1_000  # files that one job may make; more are for an archive
LONGEST = 100  # characters of a name
_UNSAFE = re.compile(r"[^\w.-]+")

Stamp = tuple[int, int, int]


class Folder:
    """A job's own folder.

    Args:
        path: an empty folder.
        made: names of files that the program is to make, which no given file may have.
    """

    def __init__(self, path: Path, made: Collection[str]) -> None:
        self.path = path
        self._taken = set(made)
        self._given: dict[Path, Stamp] = {}

    def give(self, source: Path, name: str) -> str:
        """Copy a file into the folder, and return its name there.

        It is a copy, for a program may write over what it is given, and the next attempt needs it
        as it was. Its name is a safe one that is like its own: letters, digits, `_`, `.` and `-`,
        the last two never at the start.
        """
        safe = self._free(safe_name(name))
        target = self.path / safe
        shutil.copyfile(source, target)
        self._given[target] = _stamp(target)
        return safe

    def _free(self, name: str) -> str:
        stem, dot, suffix = name.partition(".")
        found, number = name, 1
        while found in self._taken:
            number += 1
            found = f"{stem}-{number}{dot}{suffix}"
        self._taken.add(found)
        return found

    def made(self, patterns: Sequence[str]) -> dict[str, Path]:
        """Return the files that match, by the names that they get as outputs.

        A link is left out, for it may lead anywhere; so is a given file that is as it was.

        Raises:
            ProgramFailed: there are more than MOST.
        """
        found: dict[str, Path] = {}
        root = self.path.resolve()
        for path in self._matching(patterns):
            ours = path.resolve().is_relative_to(root) and not path.is_symlink()
            if not ours or not path.is_file() or self._given.get(path) == _stamp(path):
                continue
            name = "-".join(path.relative_to(self.path).parts)[-255:]
            while found.get(name, path) != path:
                name = f"_{name}"[:255]
            found[name] = path
            if len(found) > MOST:
                raise ProgramFailed(
                    f"It made more than {MOST:,} files that are to be kept."
                    " Have it pack them into one."
                )
        return found

    def _matching(self, patterns: Sequence[str]) -> Iterator[Path]:
        for pattern in patterns:
            yield from sorted(self.path.glob(pattern))

    def largest(self) -> int:
        """Return the bytes of the largest file."""
        sizes = (
            (Path(parent) / name).lstat().st_size
            for parent, _folders, names in os.walk(self.path)
            for name in names
        )
        return max(sizes, default=0)


def safe_name(name: str) -> str:
    """Return a name like this one which no program takes for anything but a file's name."""
    return _UNSAFE.sub("_", name)[-LONGEST:].lstrip(".-") or "file"


def _stamp(path: Path) -> Stamp:
    seen = path.stat()
    return seen.st_ino, seen.st_size, seen.st_mtime_ns
