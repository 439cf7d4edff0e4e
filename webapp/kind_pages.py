"""A kind's page: what it does, its form, how long it takes, what failed and each of its jobs."""

from functools import cache
from typing import Final

from flask import Blueprint, render_template, url_for

from webapp.charts.periods import PERIODS
from webapp.charts.times import length
from webapp.history import Past, asked_period
from webapp.security import owner
from webapp.services import services
from webapp.submission import find

CAUSES: Final = 3  # of failures, the last ones

blueprint = Blueprint("kinds", __name__, url_prefix="/kinds")


@blueprint.get("/<kind>")
def show(kind: str) -> str:
    """Show a kind with its history."""
    found = services()
    asked = find(found.kinds, kind)
    name, period = asked_period()
    past = Past.of(found.ledger, asked.name, period)
    lead, *paragraphs = [" ".join(part.split()) for part in asked.help.split("\n\n")]
    return render_template(
        "kind.html",
        kind=asked,
        lead=lead,
        paragraphs=paragraphs,
        period=name,
        periods=PERIODS,
        past=past,
        charts=past.charts(),
        typically=_typically(past),
        presets=[one for one in found.ledger.presets.usable(owner()) if one.kind == asked.name],
        causes=found.ledger.failures.page(limit=CAUSES, kind=asked.name),
        now=past.now,
        # A dot and its row in the table beside it lead to the same page.
        job_link=cache(lambda job: url_for("jobs.show", job_id=job)),
    )


def _typically(past: Past) -> str:
    """Return in words how long a job of the kind takes, if enough of them ever ended well."""
    number = past.typical.number
    if not number:
        return "None has succeeded in the last 30 days, so nobody knows how long one takes."
    if number == 1:
        return f"The only one that succeeded in the last 30 days ran {length(past.typical.at(1))}."
    half, most = length(past.typical.at(0.5)), length(past.typical.at(0.9))
    return (
        f"Half of the {number:,} that succeeded in the last 30 days ran at most {half},"
        f" 9 of 10 at most {most}."
    )
