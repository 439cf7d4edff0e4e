"""The start page: what can be done here, and what was done last."""

from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, render_template

from tasks.kind import Kind
from webapp.charts.periods import PERIODS
from webapp.history import of_all
from webapp.security import owner
from webapp.services import services

LAST: Final = 8

blueprint = Blueprint("start", __name__)


@blueprint.get("/")
def index() -> str:
    """Show the kinds as cards, the last jobs, and the last day as charts."""
    ledger = services().ledger
    return render_template(
        "start.html",
        jobs=ledger.jobs.page(limit=LAST),
        presets=ledger.presets.usable(owner()),
        charts=of_all(ledger, PERIODS["day"]),
        now=datetime.now(UTC),
    )


@blueprint.app_template_filter()
def first_sentence(kind: Kind) -> str:
    """Return the first sentence of a kind's help text."""
    paragraph = " ".join(kind.help.split("\n\n", maxsplit=1)[0].split())
    sentence, stop, _rest = paragraph.partition(". ")
    return sentence + stop.strip()
