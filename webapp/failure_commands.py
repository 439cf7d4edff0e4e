"""The command line's verbs for failures: a list for a cron mail, one cause, retry, known or not."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime

import click

from ledger.failures import Group, Tally
from ledger.users import User
from webapp import failure_words
from webapp.again_all import requeue, retry_group
from webapp.failures import SHOW, seen_of
from webapp.services import services
from webapp.terminal import Command

Who = Callable[[str | None], User]
Wrap = Callable[[click.Command], click.Command]

HELP = """Causes of failures, and what can be done about them.

Without a verb it lists those that nobody knows of, and exits 1 if there are any: in a crontab,
`flask --app webapp failures` sends a mail exactly when there is something to look at."""


def group(person: Who, of_user: Wrap) -> click.Group:
    """Return the command `failures` with its verbs.

    Args:
        person: finds whoever asks, by name; without one it is the first person.
        of_user: the option that takes the name.
    """

    @click.command(cls=Command)
    @click.argument("group_id", metavar="ID")
    def retry(group_id: str, user: str | None) -> None:
        """Have those of a cause's jobs run again that nobody has retried; none of them twice."""
        again = retry_group(services(), group_id, person(user).name)
        click.echo(failure_words.again_in_words(again))
        if again.action is not None:
            click.echo(f"The workers do it, as the action {again.action}.")

    @click.command(cls=Command)
    @click.argument("group_id", metavar="ID")
    @click.argument("note", default="")
    def known(group_id: str, note: str, user: str | None) -> None:
        """Mark a cause as known, with a NOTE for whoever meets it next."""
        services().ledger.failures.mark(group_id, person(user).name, note)
        click.echo("It is known now, and quiet until its kind fails so with other code.")

    @click.command("requeue", cls=Command)
    @click.argument("letter_id", metavar="ID")
    def requeue_letter(letter_id: str, user: str | None) -> None:
        """Have what a dead letter asks for run as a job, and print the job's id."""
        click.echo(requeue(services(), letter_id, person(user).name))

    made = click.Group("failures", help=HELP, invoke_without_command=True, callback=_unless_a_verb)
    for command in (of_user(retry), of_user(known), of_user(requeue_letter), show, unknown, listed):
        made.add_command(command)
    return made


@click.pass_context
def _unless_a_verb(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        with listed.make_context("list", [], parent=ctx) as of_list:
            listed.invoke(of_list)


@click.command("list", cls=Command)
@click.option("--show", type=click.Choice(list(SHOW)), default="open", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
def listed(show: str, limit: int) -> None:
    """List causes; exit 1 if there are any that nobody knows of."""
    ledger, now = services().ledger, datetime.now(UTC)
    groups = ledger.failures.page(limit=limit, quiet=SHOW[show])
    tallies = ledger.failures.tallies([one.id for one in groups], now)
    for one in groups:
        _tell(one, tallies[one.id], now)
    if letters := ledger.dead_letters.count():
        click.echo(f"Dead letters: {letters}.")
    if ledger.failures.sums()[False].groups:
        sys.exit(1)


def _tell(one: Group, tally: Tally, now: datetime) -> None:
    since = f"{one.first_at.astimezone():%Y-%m-%d %H:%M}"
    click.echo(f"{one.id}  {failure_words.label_of(one, now).word}")
    click.echo(f"  {one.reason.error_type}: {one.reason.message}")
    told = f"{failure_words.jobs_in_words(one.jobs)} of {one.reason.kind} since {since}"
    place = f", in {one.reason.place}" if one.reason.place else ""
    click.echo(f"  {told}{place}; affected: {failure_words.people(tally.by_owner)}")
    if one.known:
        click.echo(f"  Known to {one.known.by}: {one.known.note}")


@click.command("show", cls=Command)
@click.argument("group_id", metavar="ID")
def show(group_id: str) -> None:
    """Show a cause: its newest traceback, what its jobs have in common, what repairs it."""
    now = datetime.now(UTC)
    seen = seen_of(services(), group_id, now)
    _tell(seen.group, seen.tally, now)
    click.echo(f"  {failure_words.trend_in_words(seen.tally.by_hour)}")
    click.echo(f"  {failure_words.fates_in_words(seen.fates)}")
    if seen.repair:
        click.echo(f"  → {seen.repair}")
    for one in seen.compared.likenesses:
        others = (
            ""
            if one.succeeded is None
            else f", of the successes {failure_words.share(one.succeeded)}"
        )
        mark = "*" if one.apart else " "
        click.echo(f"  {mark} {one.of}: {one.words} ({failure_words.share(one.failed)}{others})")
    click.echo("\n".join(filter(None, ("", seen.frames, seen.last_words))))


@click.command(cls=Command)
@click.argument("group_id", metavar="ID")
def unknown(group_id: str) -> None:
    """Have a known cause seen again."""
    services().ledger.failures.unmark(group_id)
    click.echo("It wants to be looked at again.")
