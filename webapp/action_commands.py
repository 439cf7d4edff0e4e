"""The command line's verbs for many jobs at once; each asks before it does, and says how many."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import click

from ledger.action_record import Verb
from ledger.actions import Asked
from ledger.users import User
from tasks import actions
from webapp import action_words
from webapp.search import read_search
from webapp.services import services
from webapp.terminal import Command

SLICE: Final = 0.25  # seconds between two looks at how far it is

Who = Callable[[str | None], User]


def group(person: Who, of_user: Callable[[click.Command], click.Command]) -> click.Group:
    """Return the command `job` with its verbs.

    Args:
        person: finds whoever asks, by name; without one it is the first person.
        of_user: the option that takes the name.
    """
    made = click.Group("job", help="Cancel, run again or delete jobs, one or all that match.")
    for verb in Verb:
        made.add_command(of_user(_command(verb, person)))
    made.add_command(undo)
    return made


def _command(verb: Verb, person: Who) -> click.Command:
    def act(ids: tuple[str, ...], q: str | None, user: str | None, *, yes: bool) -> None:
        if bool(ids) == (q is not None):
            raise click.UsageError("Say which jobs: by their ids, or by --matching.")
        asker = person(user).name
        wanted = None if q is None else read_search(q, asker)
        _do(Asked(verb, asker, ids=tuple(dict.fromkeys(ids)), matching=wanted), yes=yes)

    word = action_words.VERBS[verb].word
    return Command(
        str(verb),
        params=[
            click.Argument(["ids"], metavar="[ID]...", nargs=-1),
            click.Option(
                ["--matching", "q"], metavar="SEARCH", help="All that match, as on the page."
            ),
            click.Option(["--yes"], is_flag=True, help="Do it without asking."),
        ],
        callback=act,
        help=f"{word} jobs. {action_words.MEANS[verb]}",
        short_help=f"{word} jobs.",
    )


def _do(asked: Asked, *, yes: bool) -> None:
    """Say how many it would be, ask, and do it to those that were seen."""
    found = services()
    reach = found.ledger.actions.reach(asked, found.kinds)
    for sentence in action_words.told_before(asked.verb, reach):
        click.echo(sentence, err=True)
    if not reach.able:
        return
    if not yes:
        click.confirm(action_words.question(asked.verb, reach), abort=True, prompt_suffix=" ")
    seen = Asked(asked.verb, asked.owner, asked.ids, asked.matching, until=reach.at)
    action_id, _new = actions.begin(found.ledger, found.publisher, found.kinds, seen)
    _follow(action_id)
    if found.ledger.actions.get(action_id).undoable(datetime.now(UTC)):
        click.echo(f"`flask --app webapp job undo {action_id}` takes it back.", err=True)


def _follow(action_id: str) -> None:
    """Carry an action on to its end, and say what became of the jobs.

    Whoever interrupts it leaves it to the workers' clock.
    """
    found = services()
    action = found.ledger.actions.get(action_id)
    with click.progressbar(length=100, label=action_words.title(action)) as bar:
        while action.goes_on:
            actions.carry_on(found.ledger, found.kinds, action_id, SLICE)
            action = found.ledger.actions.get(action_id)
            percent = action_words.percent(action)
            bar.update(0 if percent is None else int(percent) - bar.pos)
    click.echo(action_words.told(action))


@click.command(cls=Command)
@click.argument("action_id", metavar="ACTION")
def undo(action_id: str) -> None:
    """Take back what was done to many jobs, as far as that can be done."""
    found = services()
    actions.undo(found.ledger, found.publisher, found.kinds, action_id)
    _follow(action_id)
