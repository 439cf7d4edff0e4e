"""What a running kind logs and prints goes to its job's log, and nobody else's lines do."""

import logging

from tasks.running import LINE_LENGTH, current

PIECE = 1_000_000  # characters of a print that are split into lines at a time

_infrastructure = ("amqp", "billiard", "celery", "kombu", "ledger", "sqlalchemy", "tasks")


class JobLog(logging.Handler):
    """Brings the records of a running job into its log, and nobody else's."""

    def emit(self, record: logging.LogRecord) -> None:
        """Add the record to the log of the job that runs, if it is the job's."""
        if (running := current()) is not None and is_the_jobs(record):
            for line in self.format(record).splitlines() or [""]:
                running.say(record.levelname, line)


def is_the_jobs(record: logging.LogRecord) -> bool:
    """Return whether a record comes from a running kind rather than from what runs it."""
    if current() is None:
        return False
    return record.name.startswith("tasks.kinds.") or not record.name.startswith(_infrastructure)


class Printed:
    """A text stream whose lines go to the running job's log: what `print` writes to."""

    encoding = "utf-8"

    def __init__(self, level: str) -> None:
        self._level = level
        self._begun = ""

    def write(self, text: str) -> int:
        """Take a piece of text; whole lines go to the log."""
        if (running := current()) is not None:
            for start in range(0, len(text), PIECE):
                *lines, begun = (self._begun + text[start : start + PIECE]).split("\n")
                for line in lines:
                    running.say(self._level, _folded(line))
                # Of a line without an end no more is kept than is shown.
                self._begun = _folded(begun)[: LINE_LENGTH + 1]
        return len(text)

    def flush(self) -> None:
        """Bring a line that has no end yet to the log."""
        if self._begun and (running := current()) is not None:
            running.say(self._level, self._begun)
        self._begun = ""

    def isatty(self) -> bool:
        """Say that nobody types here."""
        return False


def _folded(line: str) -> str:
    """Return what a terminal would show of a line that writes over itself."""
    return next((part for part in reversed(line.split("\r")) if part), "")
