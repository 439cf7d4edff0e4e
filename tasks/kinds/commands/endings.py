"""How a program ended, in words: what its exit code means, and which limit it ran into."""

import re
import signal
from pathlib import Path

from tasks.kind import ProgramFailed
from tasks.kinds.commands.entry import Entry

# A program that is refused memory ends as it likes; but most say why.
_NO_MEMORY = re.compile(
    r"memory exhausted|out of memory|cannot allocate|can't allocate|bad_alloc|MemoryError"
    r"|not enough memory|insufficient memory|allocation fail|ENOMEM",
    re.IGNORECASE,
)
_TOLD = 300  # characters of a program's last line


class FailedForNow(ProgramFailed):
    """The entry asks for another attempt after this failure."""


def meaning(entry: Entry, status: int, largest: int, last: list[str]) -> str | None:
    """Return what a good ending means, in the entry's words if it has any.

    Args:
        entry: what ran.
        status: its exit code, or the number of the signal that ended it, negative.
        largest: bytes of the largest file that it left.
        last: the last lines that it said.

    Raises:
        ProgramFailed: it failed.
        FailedForNow: it failed, and is to be tried again.
    """
    if status in entry.success:
        return entry.exit_codes.get(str(status))
    limited = _limited(entry, status, largest, last)
    if limited:
        raise ProgramFailed(limited)
    failure = entry.exit_codes.get(str(status)) or _plainly(entry, status, last)
    again = entry.retries and (entry.retry_for is None or status in entry.retry_for)
    raise (FailedForNow if again else ProgramFailed)(failure)


def _limited(entry: Entry, status: int, largest: int, last: list[str]) -> str | None:
    if entry.max_file_size and (status == -signal.SIGXFSZ or largest >= entry.max_file_size):
        return (
            f"It was stopped at a file of {_mega(entry.max_file_size)}, the largest it may write."
        )
    if entry.max_memory and any(_NO_MEMORY.search(line) for line in last):
        return f"It needs more memory than the {_mega(entry.max_memory)} that it may take."
    return None


def _plainly(entry: Entry, status: int, last: list[str]) -> str:
    program = Path(entry.program).name
    if status >= 0:
        said = f": {last[-1][:_TOLD]}" if last else ", and said nothing."
        return f"{program} ended with exit code {status}{said}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    why = ". The kernel does that when memory runs out" if status == -signal.SIGKILL else ""
    return f"{program} was ended by {name}{why}."


def _mega(size: int) -> str:
    return f"{size / 1e6:,.4g} MB"
