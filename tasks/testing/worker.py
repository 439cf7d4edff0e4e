"""Runs an attempt of a job on trial as a worker's child does, here or in a process of its own."""

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from ledger import Ledger, Settings
from ledger.record import JSON, Delivery
from tasks.app import app
from tasks.context import JobLog
from tasks.interrupt import SOFT, Interrupts
from tasks.kind import Kind
from tasks.programs import sparing_what_runs
from tasks.run import Runner

WORKER = "tests"  # the id of the row of the worker that runs all of them

_interrupts = Interrupts()


def attempt(ledger: Ledger, kind: Kind, job: str) -> JSON:
    """Run the job's next attempt in this process; return the result.

    Raises:
        JobFailed: as `Runner.execute` does; so with the others.
        celery.exceptions.Ignore: see there.
    """
    # The message of a dead attempt comes again, counted; so a new attempt may take over.
    delivery = Delivery(job, "message", ledger.jobs.get(job).attempt)
    with _as_in_a_worker():
        return Runner(ledger, WORKER, _interrupts).execute(kind, delivery)


@contextmanager
def _as_in_a_worker() -> Iterator[None]:
    """Bring records to the job's log, and leave the process as it was."""
    root, handler, before = logging.getLogger(), JobLog(), signal.getsignal(SOFT)
    level = root.level
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))
    try:
        with sparing_what_runs():
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        signal.signal(SOFT, before)


def ledger_in(folder: Path) -> Ledger:
    """Return a ledger whose database and files are in a folder."""
    # Named even where that is the default: what the environment says must not reach a test.
    database = f"sqlite:///{folder / 'ledger.sqlite3'}"
    return Ledger(
        Settings(postroom_var=folder, database_url=database, storage_url=str(folder / "storage"))
    )


def _main(folder: str, module: str, kind: str, job: str) -> None:
    import_module(module)
    attempt(ledger_in(Path(folder)), app.tasks[kind].kind, job)


if __name__ == "__main__":
    _main(*sys.argv[1:])
