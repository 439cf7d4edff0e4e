"""The command line: every verb that `flask --app webapp` has; here those of people and new jobs."""

import sys
import time
from contextlib import ExitStack
from functools import partial
from typing import Any, Final

import click
from flask import Flask
from pydantic import BaseModel

from ledger.users import User
from tasks.inputs import to_row
from tasks.kind import Kind
from tasks.queue import submit
from webapp import (
    action_commands,
    again_commands,
    batch_commands,
    doctor,
    drill,
    failure_commands,
    floor_commands,
    job_commands,
    options,
    people,
)
from webapp.batch_commands import USED, key_of, submit_lines
from webapp.following import ended_well, follow, show
from webapp.questions import questions
from webapp.services import services
from webapp.submission import UnknownKind, find, gather, inputs_of, without_ids
from webapp.terminal import Command, json_text, services_of

PAUSE: Final = 0.5  # seconds
INTERRUPTED: Final = 130  # the exit status of what Ctrl-C has ended

of_user = click.option("--user", metavar="NAME", help="By default the first person there was.")


def add_to(app: Flask) -> None:
    """Give the `flask` command of this app our verbs."""
    job = action_commands.group(person, of_user)
    job.add_command(again_commands.again(person, of_user))
    for command in (
        link,
        user,
        token,
        Submit("submit", help=SUBMIT, subcommand_metavar="KIND [OPTIONS]"),
        job_commands.jobs(person, of_user),
        *job_commands.ALL,
        job,
        again_commands.presets(person, of_user),
        failure_commands.group(person, of_user),
        floor_commands.list_queues,
        floor_commands.list_workers,
        floor_commands.queue_group(person, of_user),
        floor_commands.worker_group(person, of_user),
        doctor.command,
        drill.command,
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
    click.Option(
        ["--key"], metavar="WORDS", help="Submitted again with the same ones, it is the same job."
    ),
    click.Option(
        ["--from"],
        type=click.File(encoding="utf-8"),
        help="Submit a batch, all or nothing: each line of the file, or of - for standard input,"
        " is a JSON object with the inputs of a job. The other options go for every line that"
        " says nothing else. Prints the batch's id.",
    ),
)


def submit_kind(kind: Kind, **given: Any) -> None:
    """Submit a job of a kind as its options say."""
    found = services()
    own = {one.name: given[one.name] for one in _OWN if one.name not in questions(kind.inputs)}
    owner = person(own.get("user")).name
    texts = options.texts(kind, given)
    limit = found.settings.max_upload
    asked = questions(kind.inputs)
    with ExitStack() as stack:
        arrived = options.files_in(kind, texts, found.ledger.files, limit, stack)
        values = {
            name: asked[name].read(text) for name, text in texts.items() if not asked[name].of_files
        }
        gathered = gather(found.ledger, kind, values, arrived, owner)
    if lines := own.get("from"):
        key = key_of(own.get("key"), "batch")
        batch = submit_lines(kind, lines, gathered, owner, key)
        if own.get("wait"):
            batch_commands.wait_for(batch)
        click.echo(batch)
        return
    job = _submitted(kind, inputs_of(kind, gathered), owner, key_of(own.get("key"), "job"))
    if own.get("wait"):
        wait_for(job)
    else:
        click.echo(job)


def _submitted(kind: Kind, inputs: BaseModel, owner: str, key: str | None) -> str:
    found = services()
    accepted = submit(found.ledger, found.publisher, kind, inputs, owner=owner, idempotency_key=key)
    if not accepted.new:
        job = found.ledger.jobs.get(accepted.job)
        if (job.kind, without_ids(job.inputs)) != (kind.name, without_ids(to_row(inputs))):
            raise click.ClickException(USED)
    return accepted.job


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
