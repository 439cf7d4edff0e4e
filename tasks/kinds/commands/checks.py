"""What is wrong with an entry although each of its keys is of the right form, and where."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import PurePosixPath
from typing import NamedTuple

from pydantic import BaseModel

from ledger import Settings
from tasks.kinds.commands.arguments import (
    BadPlaceholder,
    flat,
    is_alone,
    openings,
    placeholders,
)
from tasks.kinds.commands.entry import Entry, Reports
from tasks.kinds.commands.inputs import File, Input, Integer, Number, Secret
from tasks.kinds.commands.places import Key
from tasks.kinds.commands.progress import GROUPS

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHELLS = {"sh", "bash", "dash", "zsh", "ksh", "fish", "busybox"}
_RUNS_TEXT = re.compile(r"-[A-Za-z]*c")


class Fault(NamedTuple):
    """Something wrong: the keys that lead to it, a part of the value, and the reason in words.

    Where it is not `fatal`, the entry is a kind all the same.
    """

    keys: tuple[Key, ...]
    quoted: str
    words: str
    fatal: bool = True


def faults(entry: Entry) -> Iterator[Fault]:
    """Yield all that is wrong with an entry, but for what its placeholders hide."""
    for name, asked in entry.inputs.items():
        yield from _of_input(name, asked)
    used: set[str] = set()
    texts: list[tuple[tuple[str, ...], str]]
    texts = [(("command",), text) for text in flat(entry.command)]
    texts += [(("environment", name), text) for name, text in entry.environment.items()]
    for keys, text in texts:
        try:
            used |= set(placeholders(text))
        except BadPlaceholder as error:
            yield Fault(keys, text, str(error))
            return
        yield from _of_text(entry, keys, text)
    for name in entry.inputs.keys() - used - {entry.stdin}:
        yield Fault(("inputs", name), "", f"nothing uses this input: write {{{name}}} in command")
    if used <= entry.inputs.keys():
        yield from _of_command(entry)
    yield from _of_files(entry)
    yield from _of_environment(entry)
    yield from _of_words(entry)


def _of_input(name: str, asked: Input) -> Iterator[Fault]:
    keys = ("inputs", name)
    if not NAME.fullmatch(name) or hasattr(BaseModel, name):
        words = (
            "no input can be called that; take small letters, digits and _, and no reserved word"
        )
        yield Fault(keys, "", words)
    elif wrong := asked.wrong():
        yield Fault((*keys, wrong[0]), "", wrong[1])


def _of_text(entry: Entry, keys: tuple[str, ...], text: str) -> Iterator[Fault]:
    """Yield what is wrong with one text that may have placeholders."""
    for name in placeholders(text):
        asked = entry.inputs.get(name)
        if asked is None:
            known = ", ".join(entry.inputs) or "none"
            yield Fault(keys, f"{{{name}}}", f"there is no input {name!r}; there are: {known}")
        elif isinstance(asked, Secret) and keys == ("command",):
            yield Fault(
                keys,
                f"{{{name}}}",
                "a secret can't be an argument, which everybody on the machine can read;"
                " give it to the program in environment",
            )
        elif asked.many and not asked.plural and not is_alone(text):
            words = f"{{{name}}} may be no word or several, so it has to be an argument of its own"
            yield Fault(keys, f"{{{name}}}", words)
        elif asked.many and keys != ("command",):
            yield Fault(keys, "", f"{name} may be several words, and a variable is one")


def _of_command(entry: Entry) -> Iterator[Fault]:
    """Yield what is wrong with the command as a whole; all of its placeholders are known."""
    keys = ("command",)
    if not entry.program or placeholders(entry.program):
        yield Fault(keys, "", "the program, which comes first, has to be named by the file itself")
    for item in entry.command:
        group = [item] if isinstance(item, str) else item
        plural = {one for text in group for one in placeholders(text) if entry.inputs[one].plural}
        if len(plural) > 1:
            both = " and ".join(sorted(plural))
            yield Fault(keys, group[0], f"{both} are lists, and one argument or group takes one")
    for name in openings(entry.command):
        asked = entry.inputs[name]
        if isinstance(asked, Integer | Number) and (asked.min is None or asked.min < 0):
            words = (
                f"a negative {name} could be taken for an option: give it min = 0, or write"
                f' --option={{{name}}}, or put it after "--"'
            )
            yield Fault(keys, f"{{{name}}}", words)
    yield from _of_shells(list(flat(entry.command)))


def _of_shells(texts: Sequence[str]) -> Iterator[Fault]:
    if not any(PurePosixPath(text).name in _SHELLS for text in texts):
        return
    for text, script in pairwise(texts):
        if _RUNS_TEXT.fullmatch(text) and placeholders(script):
            words = 'a shell would run what a person writes: use "$1", and give the input after'
            yield Fault(("command",), script, words)


def _of_files(entry: Entry) -> Iterator[Fault]:
    if entry.stdin is not None and not isinstance(entry.inputs.get(entry.stdin), File):
        yield Fault(("stdin",), "", "has to be the name of an input of the type file")
    if entry.stdout is not None and entry.stdout != PurePosixPath(entry.stdout).name:
        yield Fault(("stdout",), "", "has to be a plain file name")
    for pattern in entry.outputs:
        path = PurePosixPath(pattern)
        if not pattern or path.is_absolute() or ".." in path.parts:
            words = "outputs are names or patterns of files in the job's own folder"
            yield Fault(("outputs",), pattern, words)


def _of_environment(entry: Entry) -> Iterator[Fault]:
    for name in entry.environment:
        if not _VARIABLE.fullmatch(name):
            yield Fault(("environment", name), "", f"no variable can be called {name!r}")
    ours = {name.upper() for name in Settings.model_fields}
    for name in entry.inherit:
        if name.upper() in ours:
            words = f"{name} is a setting of Postroom's own, and no program's business"
            yield Fault(("inherit",), name, words)


def _of_words(entry: Entry) -> Iterator[Fault]:
    for code in entry.exit_codes:
        if not code.isdecimal() or int(code) > 255:  # noqa: PLR2004 - of a byte
            yield Fault(("exit_codes", code), "", "an exit code is a number from 0 to 255")
    if entry.progress is not None:
        yield from _of_progress(entry, entry.progress)


def _of_progress(entry: Entry, progress: Reports) -> Iterator[Fault]:
    try:
        groups = re.compile(progress.pattern).groupindex.keys()
    except re.error as error:
        yield Fault(("progress", "pattern"), "", f"is no regular expression: {error}")
        return
    if groups - GROUPS:
        words = f"knows the groups {', '.join(sorted(GROUPS))}, written as (?P<percent>…)"
        yield Fault(("progress", "pattern"), "", words)
    total = progress.total
    if total is not None:
        asked = entry.inputs.get(total)
        if not isinstance(asked, Integer) and (asked is None or not asked.plural):
            words = "has to be the name of an input: an integer, or files or several values"
            yield Fault(("progress", "total"), total, words)
