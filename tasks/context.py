"""What a running job may say and ask: progress, track, output, scratch, checkpoint, resume."""

from collections.abc import Iterable, Iterator, Sized
from pathlib import Path
from typing import Any, TypeVar

from ledger.record import Progress
from tasks.joblog import JobLog, Printed, is_the_jobs
from tasks.running import Cancelled, Running, begin, current

__all__ = [
    "Cancelled",
    "JobLog",
    "Printed",
    "Running",
    "begin",
    "checkpoint",
    "current",
    "is_the_jobs",
    "kept",
    "output",
    "progress",
    "resume",
    "scratch",
    "track",
]

Item = TypeVar("Item")


def progress(done: float, total: float | None = None, text: str = "") -> None:
    """Say how far the job is; outside a job it does nothing.

    Raises:
        Cancelled: somebody asked the job to stop. Let it pass.
    """
    if (running := current()) is not None:
        running.move(Progress(done, total, text))


def track(items: Iterable[Item], text: str = "", total: float | None = None) -> Iterator[Item]:
    """Yield the items, and say with each how many are done.

    Args:
        items: anything that can be iterated over.
        text: what is being done, for the page.
        total: how many there are, where `items` has no length.

    Raises:
        Cancelled: somebody asked the job to stop. Let it pass.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    done = 0
    progress(done, total, text)
    for done, item in enumerate(items, 1):
        yield item
        progress(done, total, text)


def output(name: str) -> Path:
    """Return where to write a result file; it becomes the job's when the job succeeds.

    Raises:
        ValueError: the name is more than a file's name.
        RuntimeError: no job runs here.
    """
    if not name or name != Path(name).name or len(name) > 255:  # noqa: PLR2004 - a file system's limit
        raise ValueError(f"{name!r} is not a plain file name")
    running = _required()
    return running.outputs.setdefault(name, running.folder() / name)


def scratch() -> Path:
    """Return a folder for files of the attempt's own, gone when it ends, however it ends.

    Raises:
        RuntimeError: no job runs here.
    """
    folder = _required().folder() / "scratch"
    folder.mkdir(exist_ok=True)
    return folder


def checkpoint(state: Any, *files: Path) -> None:
    """Keep a small JSON state, and files beside it, for the next attempt if this one dies.

    `resume` gives the state to that attempt, and `kept` the files by their names. The files stay
    until the job ends, with those of earlier checkpoints; one of the same name takes its place.
    They are given away: from here on they are where `kept` says. State and files change at once
    or not at all. Each call waits for the ledger and the storage, so call it every few seconds
    rather than every few milliseconds.

    Raises:
        Cancelled: somebody asked the job to stop. Let it pass.
        ClaimLost: another attempt runs the job by now. Let it pass.
        LedgerUnavailable: it is not known whether this is stored. The next call brings the files
            along, so a kind that can may go on.
        StorageError: the files are not stored.
    """
    running = _required()
    running.keep_checkpoint(state, files)
    running.check()


def resume() -> Any:
    """Return the last state that an attempt of this job kept, or None."""
    return _required().checkpoint.state


def kept(name: str) -> Path:
    """Return where a file is to be read that this attempt or an earlier one gave to `checkpoint`.

    Raises:
        KeyError: none of that name was kept.
        StorageError: its bytes are not there, or the storage does not answer.
    """
    return _required().kept(name)


def _required() -> Running:
    running = current()
    if running is None:
        raise RuntimeError("This works only inside a running job.")
    return running
