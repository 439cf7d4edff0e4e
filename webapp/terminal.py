"""A command at a terminal: inside the app, and with its errors in a line instead of a traceback."""

import json
from typing import Any

import click
from flask.cli import ScriptInfo

from ledger.errors import LedgerError
from webapp.errors import problem_of
from webapp.mistakes import WrongInputs
from webapp.services import Services, services
from webapp.submission import UnknownKind


class Command(click.Command):
    """A command on a ledger that is there and current."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it.

        Raises:
            click.ClickException: it can't be done; the words say what to do.
        """
        with ctx.ensure_object(ScriptInfo).load_app().app_context():
            try:
                self.prepare()
                return super().invoke(ctx)
            except WrongInputs as error:
                flags = {param.name: _flag(param) for param in ctx.command.params}
                named = [(flags.get(one.field, one.field), one.message) for one in error.mistakes]
                lines = [f"{flag}: {words}" if flag else words for flag, words in named]
                raise click.ClickException("\n  ".join(["Nothing was done.", *lines])) from error
            except (LedgerError, UnknownKind) as error:
                raise click.ClickException(_line(error)) from error

    def prepare(self) -> None:
        """Make sure of the ledger.

        Raises:
            LedgerOutdated: it has other tables.
            LedgerUnavailable: it does not answer.
        """
        services().ledger.require_current()


def _flag(param: click.Parameter) -> str:
    """Return how a parameter is written, or nothing for one that has its place."""
    return param.opts[0] if isinstance(param, click.Option) else ""


class CommandWithoutLedger(Command):
    """A command that has something to say even where the ledger is away."""

    def prepare(self) -> None:
        """Ask for nothing."""


def _line(error: Exception) -> str:
    advice = problem_of(error).advice
    # A page keeps to itself how a database is reached; whoever sits here may know.
    told = advice if str(error) in advice else f"{error} {advice}"
    return " ".join(told.split())


def services_of(ctx: click.Context) -> Services:
    """Return the services before a command runs, for commands that depend on them."""
    found: Services = ctx.ensure_object(ScriptInfo).load_app().extensions["postroom"]
    return found


def json_text(value: Any) -> str:
    """Return JSON for a person, or for the next program in a pipe."""
    return json.dumps(value, indent=2, ensure_ascii=False)
