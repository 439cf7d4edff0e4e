"""One program while it runs: in a group of its own, heard through a terminal, ended as a whole."""

import codecs
import os
import select
import signal
import subprocess
import sys
import termios
import time
import tty
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tasks.kinds.commands import become

COLUMNS, ROWS = 120, 40  # of the terminal that the program sees
_PIECE = 65_536  # bytes
_REST = 1.0  # seconds in which the last of what an ended program has said is heard

Hear = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Call:
    """What is to be run, and with what.

    `arguments` begin with the path of the program, `environment` is all that it has of variables.
    `stdin` is what it reads, nothing if None; `stdout` is where its standard output goes, if not to
    the terminal. Each of its processes may take `memory` bytes and write files of `file_size`, 0
    being no limit. `grace` is how many seconds it gets to clean up.
    """

    arguments: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    stdin: Path | None = None
    stdout: Path | None = None
    memory: int = 0
    file_size: int = 0
    grace: float = 1.0

    def started(self, terminal: int) -> subprocess.Popen[bytes]:
        """Start it, on this side of a terminal.

        Raises:
            OSError: it can't be started, for instance because its arguments are too long.
        """
        limits = (str(self.memory), str(self.file_size))
        with (
            Path(self.stdin or os.devnull).open("rb") as stdin,
            self.stdout.open("wb") if self.stdout else nullcontext(terminal) as stdout,
        ):
            return subprocess.Popen(  # noqa: S603 - the file's program, without a shell
                [sys.executable, "-I", "-S", become.__file__, *limits, *self.arguments],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=stdin,
                stdout=stdout,
                stderr=terminal,
                process_group=0,
            )


class Program:
    """Starts a program, and ends it with all that it has started when the block is left.

    It leads a process group, in the session of this process, so that the worker's guard finds it
    too. Its standard error, and its standard output unless that goes to a file, are one terminal:
    what it says arrives in order and at once.

    Raises:
        OSError: as `Call.started` does.
    """

    def __init__(self, call: Call) -> None:
        self._grace = call.grace
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._terminal, theirs = _terminal()
        try:
            self._process = call.started(theirs)
        except BaseException:
            os.close(self._terminal)
            raise
        finally:
            os.close(theirs)
        # Not `wait`, which would free its number: until its group is gone, no other may have it.
        self._ended = os.pidfd_open(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._process.returncode is None:
                self.end(_deaf)
        finally:
            os.close(self._ended)
            os.close(self._terminal)

    def listen(self, hear: Hear) -> int:
        """Hear the program until it has ended; return its exit code, or a signal's, negative.

        What it has left running is killed.
        """
        self._hear(hear, None)
        return self._finish(hear)

    def end(self, hear: Hear) -> int:
        """Ask the program and all that it has started to end, and kill what is left of them."""
        os.killpg(self._process.pid, signal.SIGTERM)
        self._hear(hear, self._grace)
        return self._finish(hear)

    def _finish(self, hear: Hear) -> int:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._hear_the_rest(hear)
        return self._process.wait()

    def _hear(self, hear: Hear, within: float | None) -> None:
        """Hear the program until it has ended, or for so many seconds."""
        until = None if within is None else time.monotonic() + within
        poll = _poll_of(self._ended, self._terminal)
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            ready = dict(poll.poll(None if left is None else left * 1000))
            if self._ended in ready or not ready:
                return
            if self._terminal in ready and not self._read(hear):
                poll.unregister(self._terminal)  # It has closed its outputs, and goes on.

    def _hear_the_rest(self, hear: Hear) -> None:
        # Until the end of what was said; a daemon that has left the group may keep it open.
        poll = _poll_of(self._terminal)
        until = time.monotonic() + _REST
        while poll.poll(_REST * 100) and self._read(hear) and time.monotonic() < until:
            pass
        hear(self._decoder.decode(b"", final=True))

    def _read(self, hear: Hear) -> bool:
        """Hear what there is; return False where nothing can follow."""
        try:
            piece = os.read(self._terminal, _PIECE)
        except OSError:
            return False  # How Linux says that nobody has the terminal open any more.
        hear(self._decoder.decode(piece))
        return bool(piece)


def _deaf(_piece: str) -> None:
    """Let what a program says on its way out go by."""


def _terminal() -> tuple[int, int]:
    """Return both ends of a terminal that changes nothing of what is written to it."""
    ours, theirs = os.openpty()
    try:
        tty.setraw(theirs)
        termios.tcsetwinsize(theirs, (ROWS, COLUMNS))
    except BaseException:
        os.close(ours)
        os.close(theirs)
        raise
    return ours, theirs


def _poll_of(*descriptors: int) -> Any:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    return poll
