"""One attempt while it runs: what the kind says is collected here, for a thread to write."""

import shutil
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ledger import Ledger
from ledger.checkpoints import Checkpoint
from ledger.record import Claim, LogLine, Progress

LINE_LENGTH = 4_000  # characters; a longer line is cut, for it is somebody's data, not a log
TAIL = 1_000  # last lines that are kept of a log that passes its limit


class Cancelled(BaseException):
    """Somebody asked the job to stop. A kind may clean up on its way, and must let it pass."""


class Running:
    """One attempt while it runs: collects what the kind says, for a thread to write.

    Args:
        ledger: where `pulse` writes.
        claim: the attempt; each write names it.
        scratch: where the folder is made that belongs to the attempt alone, when it is needed.
        max_lines: of the log; further ones are dropped from its middle.
        max_size: of the log, in characters; as above.
    """

    def __init__(
        self, ledger: Ledger, claim: Claim, scratch: Path, max_lines: int, max_size: int
    ) -> None:
        self.claim = claim
        self.checkpoint = Checkpoint(claim)
        self._scratch = scratch
        self._folder: Path | None = None
        self.outputs: dict[str, Path] = {}
        self.cancelled = False
        self.lost = False
        self._ledger = ledger
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._progress = Progress()
        self._moved = False
        self._lines: list[LogLine] = []
        self._tail: deque[LogLine] = deque()
        self._tail_size = 0
        self._head = max_lines - TAIL
        self._head_room = self._tail_room = max_size // 2
        self._number = 0

    def folder(self) -> Path:
        """Return the attempt's own folder; it is gone when the attempt ends."""
        if self._folder is None:
            folder = self._scratch / f"{self.claim.job}-{self.claim.attempt}"
            folder.mkdir(parents=True, exist_ok=True)
            self._folder = folder
        return self._folder

    def clean(self) -> None:
        """Delete the attempt's folder, if it was ever needed."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def say(self, level: str, text: str) -> None:
        """Add a line to the job's log."""
        if len(text) > LINE_LENGTH:
            text = text[:LINE_LENGTH] + " …"
        with self._lock:
            self._number += 1
            line = LogLine(
                self.claim.attempt,
                self._number,
                datetime.now(UTC),
                level,
                text.replace("\0", "\N{SYMBOL FOR NULL}"),
            )
            if self._number <= self._head and len(text) <= self._head_room:
                self._lines.append(line)
                self._head_room -= len(text)
            else:
                self._head = min(self._head, self._number - 1)
                self._append_to_tail(line)

    def _append_to_tail(self, line: LogLine) -> None:
        self._tail.append(line)
        self._tail_size += len(line.text)
        while len(self._tail) > TAIL or self._tail_size > self._tail_room:
            self._tail_size -= len(self._tail.popleft().text)

    def move(self, to: Progress) -> None:
        """Set the progress, and stop here if somebody asked the job to stop.

        Raises:
            Cancelled: somebody did, or another attempt runs the job by now.
        """
        begun = self._progress.begun
        if not begun and self.claim.attempt > 1 and not self._progress.done:
            begun = to.done  # What it goes on from is the first that it says it has done.
        self._progress, self._moved = replace(to, begun=begun), True
        self.check()

    def check(self) -> None:
        """Stop here if the job shall not go on.

        Raises:
            Cancelled: it shall not.
        """
        if self.cancelled or self.lost:
            raise Cancelled

    @property
    def at(self) -> Progress:
        """How far the attempt is."""
        return self._progress

    def pulse(self) -> None:
        """Write what is new and learn whether to stop.

        Raises:
            ClaimLost: another attempt runs the job, or it has ended.
            LedgerUnavailable: nothing is lost; the next pulse or the end writes it.
        """
        with self._writing:
            self._write()

    def _write(self) -> None:
        with self._lock:
            lines, moved, progress = tuple(self._lines), self._moved, self._progress
            self._moved = False
        if not lines and not moved:
            self.cancelled |= self._ledger.attempts.asked_to_stop(self.claim)
            return
        try:
            asked = self._ledger.attempts.report(self.claim, progress if moved else None, lines)
        except BaseException:  # Whatever it was, the progress is still to be written.
            self._moved = self._moved or moved
            raise
        self.cancelled |= asked
        with self._lock:
            del self._lines[: len(lines)]

    def rest(self) -> tuple[Progress | None, list[LogLine]]:
        """Return what no pulse has written: for the settling write to take along."""
        # A pulse on its way is waited for: what it writes is no longer part of the rest.
        with self._writing, self._lock:
            lines = [*self._lines, *self._tail]
            if self._tail and self._tail[0].number > self._head + 1:
                first = self._tail[0]
                gone = first.number - self._head - 1
                note = f"… {gone:,} lines are left out here, for the log is longer than its limit …"
                lines.insert(
                    len(self._lines),
                    LogLine(first.attempt, first.number - 1, first.at, "WARNING", note),
                )
            return (self._progress if self._moved else None), lines

    def keep_checkpoint(self, state: Any, files: Sequence[Path]) -> None:
        """Store the state, and the files beside it, from which the next attempt continues.

        Raises:
            ClaimLost: another attempt runs the job by now.
            LedgerUnavailable: it is not known whether they are stored; the next time brings them.
            StorageError: they are not stored.
        """
        self._ledger.checkpoints.keep(self.checkpoint, state, files, self.folder())

    def kept(self, name: str) -> Path:
        """Return where a file is that this attempt or an earlier one kept.

        Raises:
            KeyError: none of that name was kept.
            StorageError: its bytes are not there, or the storage does not answer.
        """
        return self._ledger.checkpoints.local(self.checkpoint, name, self.folder())


_running: Running | None = None


def begin(running: Running | None) -> None:
    """Make an attempt the one that this process runs, or none."""
    global _running  # noqa: PLW0603 - a child runs one job at a time, in threads of any kind
    _running = running


def current() -> Running | None:
    """Return the attempt that this process runs."""
    return _running
