"""Runs an entry's program for one job: files in, what it says into the log, files out."""

import errno
import logging
import os
import shlex
import shutil
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tasks.ansi import plain
from tasks.context import output, progress, scratch
from tasks.guard import CHILD
from tasks.inputs import Upload
from tasks.kind import BadInput, ProgramFailed
from tasks.kinds.commands.arguments import Words, filled, vector
from tasks.kinds.commands.catalogue import find
from tasks.kinds.commands.endings import meaning
from tasks.kinds.commands.entry import Entry, Reports
from tasks.kinds.commands.folder import Folder
from tasks.kinds.commands.program import COLUMNS, ROWS, Call, Program
from tasks.kinds.commands.progress import Gauge

logger = logging.getLogger(__name__)

_SHOWN = 2_000  # characters of the command line in the log
_PIECES, _LAST = 64, 1_000  # as many pieces of what was said are remembered, so much of each


def run(entry: Entry, file: Path, values: Mapping[str, Any]) -> str | None:
    """Run a program, and return what its exit code means, if the entry says that.

    Args:
        entry: which program, and how.
        file: that declares it; a program's relative path leads from there.
        values: the typed inputs, by name.

    Raises:
        ProgramFailed: it could not be started, or failed; in words.
        BadInput: more was given than a program can take.
        OSError: files can't be copied.
    """
    program = find(entry.program, file)
    if program is None:
        raise ProgramFailed(f"The program {entry.program} is not on the machine of this worker.")
    with _place() as place:
        folder = Folder(place / "files", [one for one in (entry.stdout, *entry.outputs) if one])
        words = _words(entry, values, folder)
        call = _call(entry, program, words, place)
        said = Said(_gauge(entry.progress, values) if entry.progress else None)
        logger.info("Runs: %s", shlex.join([entry.program, *call.arguments[1:]])[:_SHOWN])
        status = _listen(call, said)
        meant = meaning(entry, status, folder.largest(), said.last())
        _keep(entry, folder)
    return meant


def _call(entry: Entry, program: str, words: Words, place: Path) -> Call:
    files = place / "files"
    given = words[entry.stdin] if entry.stdin else None
    return Call(
        [program, *vector(entry.command, words)[1:]],
        files,
        _environment(entry, words, place),
        stdin=files / given[0] if given else None,
        stdout=files / entry.stdout if entry.stdout else None,
        memory=entry.max_memory or 0,
        file_size=entry.max_file_size or 0,
        grace=entry.grace,
    )


def _listen(call: Call, said: "Said") -> int:
    """Run the program to its end and return its status."""
    try:
        program = Program(call)
    except OSError as error:
        if error.errno == errno.E2BIG:
            raise BadInput("That is more than one call of the program takes.") from error
        raise ProgramFailed(f"It could not be started: {error}") from error
    with program:
        return program.listen(said.hear)


@contextmanager
def _place() -> Iterator[Path]:
    """Make a folder within the attempt's own, for as long as the block runs."""
    with tempfile.TemporaryDirectory(
        prefix="command-", dir=scratch(), ignore_cleanup_errors=True
    ) as name:
        place = Path(name)
        for part in ("files", "home", "tmp"):
            (place / part).mkdir()
        yield place


def _words(entry: Entry, values: Mapping[str, Any], folder: Folder) -> Words:
    words: dict[str, list[str] | None] = {}
    for name, asked in entry.inputs.items():
        value = values[name]
        files = [one for one in (value if isinstance(value, list) else [value]) if one]
        if files and all(isinstance(one, Upload) for one in files):
            words[name] = [folder.give(one.path, one.name) for one in files]
        else:
            words[name] = asked.words(value)
    return words


def _environment(entry: Entry, words: Words, place: Path) -> dict[str, str]:
    """Return the variables: a small base, what the entry inherits by name, what it declares."""
    base = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(place / "home"),
        "TMPDIR": str(place / "tmp"),
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLUMNS": str(COLUMNS),
        "LINES": str(ROWS),
        "PAGER": "cat",  # A pager would wait for a person's keys.
    }
    inherited = {name: os.environ[name] for name in entry.inherit if name in os.environ}
    declared = {name: filled(text, words) for name, text in entry.environment.items()}
    given = {name: text for name, text in declared.items() if text is not None}
    # By this the guard knows a program that has made itself a daemon.
    known = {name: os.environ[name] for name in (CHILD,) if name in os.environ}
    return base | inherited | given | known


def _gauge(reports: Reports, values: Mapping[str, Any]) -> Gauge:
    total = values[reports.total] if reports.total else None
    if isinstance(total, list):
        total = len(total)
    return Gauge(reports.pattern, progress, total, begun=int(reports.steps == "begun"))


class Said:
    """What a program says: all of it goes to the job's log, and how far it is to the page."""

    def __init__(self, gauge: Gauge | None) -> None:
        self._gauge = gauge
        self._tail: deque[str] = deque(maxlen=_PIECES)

    def hear(self, piece: str) -> None:
        """Take a piece of text.

        Raises:
            Cancelled: somebody asked the job to stop.
        """
        sys.stdout.write(piece)
        self._tail.append(piece[-_LAST:])
        if self._gauge is not None:
            self._gauge.hear(piece)

    def last(self) -> list[str]:
        """Return the last lines, without colours."""
        lines = "".join(self._tail).replace("\r", "\n").splitlines()
        return [found for line in lines if (found := plain(line).strip())][-10:]


def _keep(entry: Entry, folder: Folder) -> None:
    patterns = [*([entry.stdout] if entry.stdout else []), *entry.outputs]
    found = folder.made(patterns)
    for name, path in found.items():
        shutil.move(path, output(name))
    if entry.outputs and not found:
        logger.warning("The program made no file %s.", " or ".join(entry.outputs))
