"""Watching one job from a terminal until it is settled: its log as it grows, and how far it is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import click

from ledger import Ledger
from ledger.errors import LedgerUnavailable
from ledger.logs import START
from ledger.record import Job, LogLine, State
from tasks.ansi import plain
from webapp import words

CLEAR = "\r\x1b[K"


def follow(ledger: Ledger, job_id: str, pause: Callable[[], object]) -> Iterator[Job | LogLine]:
    """Yield the job each time it has changed, after its new lines; the settled job comes last.

    Args:
        ledger: where the job is.
        job_id: which one.
        pause: waits a little before the ledger is asked again.

    Raises:
        NoSuchJob: there is none of this id.
    """
    seen, revision = START, -1
    while True:
        try:
            # The row first: when it says settled, the log read after it is complete.
            job = ledger.jobs.get(job_id)
            lines = list(ledger.logs.whole(job_id, seen))
        except LedgerUnavailable:
            pause()  # The job goes on without us, and so do we.
            continue
        yield from lines
        if lines:
            seen = (lines[-1].attempt, lines[-1].number)
        if job.revision != revision:
            revision = job.revision
            yield job
        if job.state.settled:
            return
        pause()


def show(changes: Iterator[Job | LogLine], *, live: bool) -> Job:
    """Write what happens to a job to the terminal, and return the job as it ended.

    Args:
        changes: as `follow` yields them.
        live: whether the last line can be written over, to show how far the job is.
    """
    below = ""
    for change in changes:
        if isinstance(change, LogLine):
            click.echo(f"{CLEAR if below else ''}{plain(change.text)}", err=True)
        else:
            job, below = change, _below(change) if live else ""
        if live:
            click.echo(f"{CLEAR}{below}", nl=False, err=True)
    return job


def _below(job: Job) -> str:
    if job.state.settled:
        return ""
    percent = job.progress.percent
    far = f"{percent:.0f} %" if percent is not None else ""
    parts = (words.label(job, datetime.now(UTC)).word, far, job.progress.text)
    return "  ".join(part for part in parts if part)


def ended_well(job: Job) -> bool:
    """Say how a settled job ended, and return whether it is as it was wanted."""
    click.echo(f"{words.label(job, datetime.now(UTC)).word}: job {job.id}", err=True)
    if job.error is not None:
        click.echo(f"{job.error.type}: {job.error.message}", err=True)
    return job.state is State.SUCCESS
