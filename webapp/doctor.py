"""The doctor's visit: what is wrong with this deployment, on a page and in a terminal."""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import click
from flask import Blueprint, render_template

from tasks.doctor import examine
from tasks.findings import Finding, Verdict
from webapp.services import Services, services
from webapp.terminal import CommandWithoutLedger
from webapp.words import Label

LABELS: Final[Mapping[Verdict, Label]] = {
    Verdict.GOOD: Label("Good", "check-circle", "succeeded"),
    Verdict.DOUBTFUL: Label("Doubtful", "exclamation-triangle", "waiting"),
    Verdict.WRONG: Label("Wrong", "x-octagon", "failed"),
}
# From the first colon after a user's name to the last @: a password may have either in it.
_PASSWORD: Final = re.compile(r"(://[^\s:@/]*:)\S+@|(\bpassword=)[^\s&]+", re.IGNORECASE)

blueprint = Blueprint("doctor", __name__)


@blueprint.get("/doctor")
def page() -> str:
    """Examine this deployment, which takes a few seconds, and show what was found."""
    found = list(findings(services()))
    return render_template(
        "doctor.html", findings=found, summary=summary(found), worst=worst(found), labels=LABELS
    )


@click.command("doctor", cls=CommandWithoutLedger)
def command() -> None:
    """Say what is wrong with this deployment and what repairs it; exit 1 if anything is wrong."""
    found = []
    for one in findings(services()):
        found.append(one)
        in_a_line = " ".join(one.words.split())  # A driver's own words may be several.
        click.echo(f"{one.verdict:<10}{one.name}: {in_a_line}")
        if one.repair:
            click.echo(f"{'':<10}→ {one.repair}")
    click.echo(f"\n{summary(found)}")
    if any(one.verdict is Verdict.WRONG for one in found):
        sys.exit(1)


def findings(found: Services) -> Iterator[Finding]:
    """Yield what the doctor finds, one check after another, without any password.

    Raises:
        LedgerUnavailable: the database went away while the doctor was there.
    """
    for one in examine(found.ledger, found.celery, found.kinds):
        yield replace(one, words=without_passwords(one.words), repair=without_passwords(one.repair))


def without_passwords(text: str) -> str:
    """Return a text, which may quote addresses or a server's own words, with passwords hidden."""
    return _PASSWORD.sub(lambda hit: f"{hit[1]}•••@" if hit[1] else f"{hit[2]}•••", text)


def worst(found: Sequence[Finding]) -> Verdict:
    """Return the worst verdict of all."""
    verdicts = {one.verdict for one in found}
    return next(one for one in (Verdict.WRONG, Verdict.DOUBTFUL, Verdict.GOOD) if one in verdicts)


def summary(found: Sequence[Finding]) -> str:
    """Return in words how many things are wrong and how many are doubtful."""
    count = Counter(one.verdict for one in found)
    wrong, doubtful = count[Verdict.WRONG], count[Verdict.DOUBTFUL]
    if not wrong and not doubtful:
        return "Everything is as it should be."
    return f"Wrong: {wrong}. Doubtful: {doubtful}."
