"""The command line's verbs for accepted jobs: to list, read, fetch, cancel and run them again."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

import click

from ledger import Ledger
from ledger.files import display_name
from ledger.record import Job, State, StoredFile
from ledger.users import User
from tasks.inputs import shown
from tasks.kind import Kind
from webapp import outlooks, words
from webapp.archives import archive, names_for
from webapp.jobs import log_text
from webapp.listed import Wanted, listed
from webapp.services import services
from webapp.shapes import without_secrets
from webapp.steering import run_again
from webapp.terminal import Command, json_text
from webapp.uploads import PIECE


def jobs(
    person: Callable[[str | None], User], of_user: Callable[[click.Command], click.Command]
) -> click.Command:
    """Return the verb that lists jobs.

    Args:
        person: finds whoever asks, by name; without one it is the first person.
        of_user: the option that takes the name.
    """

    @click.command("jobs", cls=Command, short_help="List jobs, newest first.")
    @click.argument("q", metavar="[SEARCH]...", nargs=-1)
    @click.option("--state", type=click.Choice(State), help="Only jobs in this state.")
    @click.option("--kind", metavar="KIND", help="Only jobs of this kind.")
    @click.option("--before", metavar="ID", help="Only jobs that are older than this one.")
    @click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
    def made(q: tuple[str, ...], user: str | None, state: State | None, **narrowed: Any) -> None:
        """List jobs, newest first: all of them, or those of a SEARCH as the page takes it.

        Such as: jobs state:failed by:me since:yesterday '"connection refused"'
        """
        text, now = " ".join(q), datetime.now(UTC)
        asker = person(user).name if text else ""
        states = () if state is None else (state,)
        wanted = Wanted(asker, q=text or None, states=states, **narrowed)
        for job in listed(wanted)[0]:
            word, at = words.label(job, now).word, f"{job.submitted_at.astimezone():%Y-%m-%d %H:%M}"
            click.echo(f"{job.id}  {at}  {word:<24}{job.kind}  {job.owner}")

    return of_user(made)


@click.command("show", cls=Command)
@click.argument("job_id", metavar="ID")
def show_job(job_id: str) -> None:
    """Show a job as it stands."""
    found = services()
    job, now = found.ledger.jobs.get(job_id), datetime.now(UTC)
    attempts = found.ledger.jobs.attempts(job_id)
    click.echo(f"{words.label(job, now).word}: {words.why(job, attempts, now).striptags()}")
    for line in outlooks.lines(job):
        click.echo(line)
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
@click.option(
    "--zip", "zipped", type=click.Path(dir_okay=False, path_type=Path), help="Put them into a ZIP."
)
def files(job_id: str, save: Path | None, zipped: Path | None) -> None:
    """List the files that a job has made, or save them: in a folder, in a ZIP, or both.

    Nothing that is there already is written over. Exits 1 where the storage has lost a file,
    after the others are saved.
    """
    ledger = services().ledger
    ledger.jobs.get(job_id)
    outputs = ledger.files.outputs_of(job_id)
    for file in outputs:
        click.echo(f"{words.size(file.size):>10}  {display_name(file.name)}")
    if not outputs or (save is None and zipped is None):
        return
    whole = ledger.files.whole(outputs)
    here = [file for file in outputs if file.id in whole]
    if save is not None:
        for name, file in zip(names_for(here), here, strict=True):
            save_file(ledger, file, save / name)
    if zipped is not None:
        write(zipped, archive(ledger.files, outputs).pieces)
    if lost := [display_name(file.name) for file in outputs if file.id not in whole]:
        raise click.ClickException(f"The storage has lost {', '.join(lost)}.")


def save_file(ledger: Ledger, file: StoredFile, target: Path) -> None:
    """Copy an output to a path where nothing is yet.

    Raises:
        click.ClickException: it can't be written.
        StorageError: the storage does not have the bytes, or does not answer.
    """
    with ledger.files.open(file) as source:
        write(target, iter(partial(source.read, PIECE), b""))


def write(target: Path, pieces: Iterable[bytes]) -> None:
    """Write a file where nothing is yet, whole or not at all.

    Raises:
        click.ClickException: it can't be written.
        StorageError: the storage does not have the bytes, or does not answer.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as copy, ExitStack() as unless_whole:
            # A part of a file would pass for the whole.
            unless_whole.callback(target.unlink)
            copy.writelines(pieces)
            copy.flush()
            unless_whole.pop_all()
    except OSError as error:
        raise click.ClickException(f"{target} can't be written: {error.strerror}.") from error


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


ALL: Final = (show_job, log, files, cancel, retry)
