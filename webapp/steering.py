"""What a person can still do to an accepted job: cancel it, or have it run again now."""

from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from ledger.errors import AlreadySettled, NotSettled
from tasks.queue import Accepted, retry
from webapp import words
from webapp.services import Services, services
from webapp.submission import find

STARTED_ALREADY: Final = "The job runs already, or waits for a worker."

blueprint = Blueprint("steering", __name__, url_prefix="/jobs/<job_id>")


def run_again(found: Services, job_id: str) -> Accepted:
    """Have a job run again now: the same one if it waits for its retry, another if it has ended.

    Raises:
        NoSuchJob: nobody has submitted it.
        UnknownKind: its kind is no longer here.
        NotSettled: it runs, or waits for a worker.
        LedgerUnavailable: it is not known whether it will run again.
    """
    kind = find(found.kinds, found.ledger.jobs.get(job_id).kind)
    return retry(found.ledger, found.publisher, kind, job_id)


@blueprint.post("/cancel")
def cancel(job_id: str) -> ResponseReturnValue:
    """Ask the job to stop, and show it."""
    ledger = services().ledger
    try:
        ledger.jobs.request_cancel(job_id)
    except AlreadySettled:
        ended = words.label(ledger.jobs.get(job_id), datetime.now(UTC)).word
        flash(f"There was nothing left to cancel, for the job had ended: {ended}.", "warning")
    return redirect(url_for("jobs.show", job_id=job_id), 303)


@blueprint.post("/retry")
def run_now(job_id: str) -> ResponseReturnValue:
    """Have the job run now, and show the one that will."""
    try:
        running = run_again(services(), job_id).job
    except NotSettled:
        flash(STARTED_ALREADY, "info")
        running = job_id
    return redirect(url_for("jobs.show", job_id=running), 303)
