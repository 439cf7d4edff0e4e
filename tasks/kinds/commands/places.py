"""On which line of a TOML file a key stands, which the standard library's reader does not tell."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Key = str | int


class Places:
    """The lines of a file that is good TOML.

    A statement of TOML ends with a line, so the file is read again a statement at a time: lines
    are put together until they are good TOML by themselves.
    """

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._starts: dict[tuple[str, ...], int] = {}
        table: tuple[str, ...] = ()
        for number, statement in _statements(self._lines):
            path = tuple(_path(tomllib.loads(statement)))
            if statement.lstrip().startswith("["):
                table = path
                self._note(path, number)
            else:
                self._note((*table, *path), number)

    def _note(self, path: tuple[str, ...], number: int) -> None:
        for length in range(1, len(path) + 1):
            self._starts.setdefault(path[:length], number)

    def line(self, keys: Sequence[Key], quoted: str = "") -> int:
        """Return the number of the line, from 1, on which the last known one of the keys stands.

        Args:
            keys: from the outermost table inwards; those that the file does not have are skipped.
            quoted: a part of the value; the line that has it is the one, if there is any.
        """
        known: tuple[str, ...] = ()
        for key in keys:
            if (*known, str(key)) in self._starts:
                known = (*known, str(key))
        start = self._starts.get(known, 1)
        end = min((one for one in self._starts.values() if one > start), default=None)
        for number, line in enumerate(self._lines[start - 1 : end and end - 1], start):
            if quoted and quoted in line:
                return number
        return start


def _statements(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    begun: list[str] = []
    start = 1
    for number, line in enumerate(lines, 1):
        if not begun:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            start = number
        begun.append(line)
        statement = "\n".join(begun)
        try:
            tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue  # It goes on.
        yield start, statement
        begun = []


def _path(tree: Any) -> Iterator[str]:
    """Yield the keys that lead to what one statement says; of an inline table only to the table."""
    while isinstance(tree, Mapping) and len(tree) == 1:
        key, tree = next(iter(tree.items()))
        yield key
