"""Reads `commands.toml`: the entries that are right, and what is wrong with the others, by line."""

import difflib
import shutil
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from tasks.kinds.commands.asked import Asked
from tasks.kinds.commands.checks import NAME, Fault, faults
from tasks.kinds.commands.entry import Entry
from tasks.kinds.commands.inputs import Input
from tasks.kinds.commands.places import Places

_NO_INPUTS_KEY = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong in a file; `entry` and `line` are None where it is wrong as a whole.

    Where it is `fatal` the entry is no kind.
    """

    file: Path
    line: int | None
    entry: str | None
    words: str
    fatal: bool = True

    def __str__(self) -> str:
        """Return it in a line."""
        where = f"{self.file.name}, line {self.line}" if self.line else str(self.file)
        return f"{where}: {f'[{self.entry}] ' if self.entry else ''}{self.words}"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The entries of a file by name, and its problems."""

    entries: Mapping[str, Entry]
    problems: list[Problem]


def read(file: Path, queues: Collection[str], taken: Collection[str] = ()) -> Catalogue:
    """Read a file. An entry with a fatal problem is left out; the others are not touched by it.

    Args:
        file: TOML; an empty one declares nothing.
        queues: the names of those that there are.
        taken: names that other kinds have.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Catalogue({}, [Problem(file, None, None, f"can't be read: {error}")])
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Catalogue({}, [_unreadable(file, error)])
    places = Places(text)
    entries: dict[str, Entry] = {}
    problems: list[Problem] = []
    for name, value in tree.items():
        entry, found = _entry(name, value, queues, taken)
        if entry is not None and not found:
            entries[name] = entry
            found += _missing(entry, file)
        told = [
            Problem(file, places.line((name, *one.keys), one.quoted), name, one.words, one.fatal)
            for one in found
        ]
        problems += sorted(told, key=lambda one: one.line or 0)
    return Catalogue(entries, problems)


def _missing(entry: Entry, file: Path) -> list[Fault]:
    if find(entry.program, file) is not None:
        return []
    words = f"the program {entry.program!r} is not on this machine"
    return [Fault(("command",), entry.program, words, fatal=False)]


def find(program: str, file: Path) -> str | None:
    """Return the path of a program, or None where there is none that can be run.

    Args:
        program: a name, which is looked for as a shell would; or a path, from the file's folder.
        file: that declares it.
    """
    named = str(file.parent / program) if "/" in program else program
    return shutil.which(named)


def _unreadable(file: Path, error: tomllib.TOMLDecodeError) -> Problem:
    # The place stands at the end of its words, in brackets: at line 3, column 5.
    words, _, place = str(error).rpartition(" (at ")
    line = "".join(letter for letter in place.partition(",")[0] if letter.isdecimal())
    reason = f"is no TOML, so none of its entries is there: {words or error}"
    return Problem(file, int(line) if line else None, None, reason)


def _entry(
    name: str, value: Any, queues: Collection[str], taken: Collection[str]
) -> tuple[Entry | None, list[Fault]]:
    if name in taken:
        return None, [Fault((), "", "another kind has this name; choose one that is free")]
    if not NAME.fullmatch(name):
        words = "no command can be called that; take small letters, digits and _"
        return None, [Fault((), "", words)]
    try:
        entry = Entry.model_validate(value)
    except ValidationError as error:
        return None, [_fault(one) for one in error.errors(include_url=False)]
    found = list(faults(entry))
    if entry.queue not in queues:
        words = f"there is no queue {entry.queue!r}; there are: {', '.join(queues)}"
        found.append(Fault(("queue",), "", words))
    return entry, found


def _fault(error: ErrorDetails) -> Fault:
    """Return what pydantic found, in words for who writes the file."""
    keys, kind = error["loc"], error["type"]
    quoted = error["input"] if isinstance(error["input"], str) else ""
    key = str(keys[-1]) if keys else ""
    match kind:
        case "extra_forbidden":
            return Fault(keys, "", f"there is no key {key!r}{_meant(key, keys)}")
        case "missing":
            return Fault(keys, "", f"{key} is needed")
        case "union_tag_invalid" | "union_tag_not_found":
            types = ", ".join(_inputs())
            return Fault((*keys, "type"), quoted, f"an input needs a type, one of: {types}")
        case "model_type":
            return Fault(keys, "", f"has to be a table: [{'.'.join(map(str, keys)) or 'name'}]")
    words = error["msg"].removeprefix("Value error, ").replace("Input should be", "has to be")
    return Fault(keys, quoted, f"{key}: {words}")


def _meant(key: str, keys: tuple[int | str, ...]) -> str:
    """Return which key was probably meant, and otherwise which there are."""
    model = Entry if len(keys) < _NO_INPUTS_KEY else _inputs().get(str(keys[-2]), Asked)
    names = list(_fields(model))
    close = difflib.get_close_matches(key, names, n=1)
    return f"; is it {close[0]!r}?" if close else f"; there are: {', '.join(names)}"


def _fields(model: type[BaseModel]) -> Iterator[str]:
    yield from model.model_fields


def _inputs() -> dict[str, type[Asked]]:
    """Return the models of inputs by their type."""
    union = get_args(get_args(Input)[0])
    return {get_args(one.model_fields["type"].annotation)[0]: one for one in union}
