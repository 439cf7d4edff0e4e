"""The command line's verbs for accepted jobs: to list, read, fetch, cancel and run them again."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import click

from ledger import Ledger
from ledger.files import display_name
from ledger.record import Job, State, StoredFile
from tasks.inputs import shown
from tasks.kind import Kind
from webapp import words
from webapp.jobs import log_text
from webapp.services import services
from webapp.shapes import without_secrets
from webapp.steering import run_again
from webapp.terminal import Command, json_text
from webapp.uploads import PIECE


@click.command(cls=Command)
@click.option("--state", type=click.Choice(State), help="Only jobs in this state.")
@click.option("--kind", metavar="KIND", help="Only jobs of this kind.")
@click.option("--before", metavar="ID", help="Only jobs that are older than this one.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
def jobs(state: State | None, kind: str | None, before: str | None, limit: int) -> None:
    """List jobs, newest first."""
    states = () if state is None else (state,)
    now = datetime.now(UTC)
    for job in services().ledger.jobs.page(limit=limit, before=before, states=states, kind=kind):
        word, at = words.label(job, now).word, f"{job.submitted_at.astimezone():%Y-%m-%d %H:%M}"
        click.echo(f"{job.id}  {at}  {word:<24}{job.kind}  {job.owner}")


@click.command("show", cls=Command)
@click.argument("job_id", metavar="ID")
def show_job(job_id: str) -> None:
    """Show a job as it stands."""
    found = services()
    job, now = found.ledger.jobs.get(job_id), datetime.now(UTC)
    attempts = found.ledger.jobs.attempts(job_id)
    click.echo(f"{words.label(job, now).word}: {words.why(job, attempts, now).striptags()}")
    for name, value in _told(job, found.kinds.get(job.kind)):
        click.echo(f"{name:<10} {value}")
    for attempt in attempts:
        ran = words.duration(attempt.ran_for(now))
        how = f"{words.ending(attempt).word}, {ran}, on {attempt.worker_name}"
        click.echo(f"attempt {attempt.number:<2} {how}{' ' * bool(attempt.note)}{attempt.note}")
    if job.result is not None:
        click.echo(json_text(job.result))


def _told(job: Job, kind: Kind | None) -> Iterator[tuple[str, str]]:
    yield "id", job.id
    yield "kind", job.kind
    yield "owner", job.owner
    for name, value in without_secrets(job.inputs, kind).items():
        yield "input", f"{name} = {shown(value)}"
    if job.progress.text or job.progress.percent is not None:
        yield "progress", f"{job.progress.percent or 0:.0f} % {job.progress.text}"
    if job.error is not None:
        yield "error", f"{job.error.type}: {job.error.message}"


@click.command(cls=Command)
@click.argument("job_id", metavar="ID")
def log(job_id: str) -> None:
    """Print what a job has said."""
    ledger = services().ledger
    ledger.jobs.get(job_id)
    for line in log_text(ledger, job_id):
        click.echo(line, nl=False)


@click.command(cls=Command)
@click.argument("job_id", metavar="ID")
@click.option("--save", type=click.Path(file_okay=False, path_type=Path), help="Put them there.")
def files(job_id: str, save: Path | None) -> None:
    """List the files that a job has made, or save them in a folder."""
    ledger = services().ledger
    ledger.jobs.get(job_id)
    for file in ledger.files.outputs_of(job_id):
        click.echo(f"{words.size(file.size):>10}  {file.name}")
        if save is not None:
            save_file(ledger, file, save)


def save_file(ledger: Ledger, file: StoredFile, folder: Path) -> None:
    """Copy an output into a folder; a file that is there already is left alone.

    Raises:
        click.ClickException: it can't be written.
        StorageError: the storage does not have the bytes, or does not answer.
    """
    # A name is for display; what a kind made of it must not lead out of the folder.
    target = folder / display_name(file.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ledger.files.open(file) as source, target.open("xb") as copy:
            _copy(source, copy)
    except OSError as error:
        raise click.ClickException(f"{target} can't be written: {error.strerror}.") from error


def _copy(source: IO[bytes], copy: IO[bytes]) -> None:
    try:
        shutil.copyfileobj(source, copy, PIECE)
    except OSError:
        Path(copy.name).unlink()  # A part of a file would pass for the whole.
        raise


@click.command(cls=Command)
@click.argument("job_id", metavar="ID")
def cancel(job_id: str) -> None:
    """Ask a job to stop: one that waits ends at once, one that runs soon."""
    ledger = services().ledger
    ledger.jobs.request_cancel(job_id)
    word = words.label(ledger.jobs.get(job_id), datetime.now(UTC)).word
    click.echo(f"{word}: job {job_id}")


@click.command(cls=Command)
@click.argument("job_id", metavar="ID")
def retry(job_id: str) -> None:
    """Have a job run again now, and print the id of the job that will.

    One that waits for its next attempt runs now. One that has ended keeps its end, and a new job
    does the same again.
    """
    click.echo(run_again(services(), job_id).job)


ALL: Final = (jobs, show_job, log, files, cancel, retry)
