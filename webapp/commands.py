"""The command line: the verbs of the pages for a person at a terminal, on the same functions."""

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

import click
from flask import Flask

from ledger import Ledger
from ledger.files import display_name
from ledger.record import Job, State, StoredFile
from ledger.users import User
from tasks.inputs import shown
from tasks.kind import Kind
from tasks.queue import submit
from webapp import options, people, words
from webapp.following import ended_well, follow, show
from webapp.jobs import log_text
from webapp.questions import questions
from webapp.services import services
from webapp.shapes import without_secrets
from webapp.submission import UnknownKind, find, gather, inputs_of
from webapp.terminal import Command, json_text, services_of
from webapp.uploads import PIECE

PAUSE: Final = 0.5  # seconds
INTERRUPTED: Final = 130  # the exit status of what Ctrl-C has ended

of_user = click.option("--user", metavar="NAME", help="By default the first person there was.")


def add_to(app: Flask) -> None:
    """Give the `flask` command of this app our verbs."""
    for command in (
        link,
        user,
        token,
        Submit("submit", help=SUBMIT, subcommand_metavar="KIND [OPTIONS]"),
        jobs,
        show_job,
        log,
        files,
    ):
        app.cli.add_command(command)


def person(name: str | None) -> User:
    """Return the person of this name, or the first one.

    Raises:
        click.ClickException: nobody has the name.
    """
    ledger = services().ledger
    found = people.first(ledger) if name is None else ledger.users.named(name)
    if found is None:
        raise click.ClickException(
            f"Nobody is called {name}. `flask --app webapp user add {name}` adds them."
        )
    return found


@click.command(cls=Command)
@of_user
def link(user: str | None) -> None:
    """Print a link that signs in once, within ten minutes."""
    found = services()
    secret = found.ledger.users.new_link(person(user), people.LINK_LIFETIME)
    click.echo(f"http://127.0.0.1:{found.settings.port}/link/{secret}")


@click.group
def user() -> None:
    """Add people."""


@user.command(cls=Command)
@click.argument("name")
@click.password_option()
def add(name: str, password: str) -> None:
    """Add a person, who signs in with the password."""
    added = people.add(services().ledger, name, password)
    click.echo(f"{added.name} can sign in.")


@click.command(cls=Command)
@click.argument("name")
@of_user
def token(name: str, user: str | None) -> None:
    """Print a token for the API; NAME says what it is for. It is shown this once."""
    click.echo(services().ledger.users.new_token(person(user), name))


SUBMIT: Final = """Submit a job, and print its id.

KIND is one of the commands below; `submit KIND --help` tells its options."""


class Submit(click.Group):
    """A command for each kind, made when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the kinds."""
        return list(services_of(ctx).kinds)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command of a kind, with an option for each of its inputs."""
        found = services_of(ctx)
        try:
            kind = find(found.kinds, cmd_name)
        except UnknownKind as error:
            ctx.fail(str(error))
        asked = options.options(kind, found.settings.max_upload)
        # A kind may have inputs of these names; then they are the kind's.
        own = [one for one in _OWN if one.name not in questions(kind.inputs)]
        return Command(
            kind.name,
            params=[*asked, *own],
            callback=partial(submit_kind, kind),
            help=f"{kind.title}.\n\n{kind.help}",
            short_help=kind.title,
        )


_OWN: Final = (
    click.Option(["--wait"], is_flag=True, help="Follow the job; exit 1 unless it succeeds."),
    click.Option(["--user"], metavar="NAME", help="Whose job; by default the first person's."),
)


def submit_kind(kind: Kind, **given: Any) -> None:
    """Submit a job of a kind as its options say."""
    found = services()
    own = {one.name for one in _OWN} - questions(kind.inputs).keys()
    owner = person(given["user"] if "user" in own else None).name
    texts = options.texts(kind, given)
    limit = found.settings.max_upload
    asked = questions(kind.inputs)
    with ExitStack() as stack:
        arrived = options.files_in(kind, texts, found.ledger.files, limit, stack)
        values = {
            name: asked[name].read(text) for name, text in texts.items() if not asked[name].of_files
        }
        inputs = inputs_of(kind, gather(found.ledger, kind, values, arrived, owner))
    accepted = submit(found.ledger, found.publisher, kind, inputs, owner=owner)
    if "wait" in own and given["wait"]:
        wait_for(accepted.job)
    else:
        click.echo(accepted.job)


def wait_for(job_id: str) -> None:
    """Follow a job to its end; print its result, and exit 1 if it did not succeed."""
    click.echo(f"Accepted: job {job_id}", err=True)
    changes = follow(services().ledger, job_id, partial(time.sleep, PAUSE))
    try:
        job = show(changes, live=sys.stderr.isatty())
    except KeyboardInterrupt:
        click.echo(f"\nThe job goes on; `flask --app webapp show {job_id}` shows it.", err=True)
        sys.exit(INTERRUPTED)
    if not ended_well(job):
        sys.exit(1)
    if job.result is not None:
        click.echo(json_text(job.result))


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
