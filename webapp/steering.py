"""What a person can still do to an accepted job: cancel it, or have it run again now."""

import hashlib
from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ledger.errors import AlreadySettled, NoSuchFile, NotSettled
from ledger.record import Job
from tasks.kind import Kind
from tasks.queue import Accepted, retry
from webapp import words
from webapp.jobs import files_in
from webapp.questions import questions
from webapp.services import Services, services
from webapp.submission import find

STARTED_ALREADY: Final = "The job runs already, or waits for a worker."

blueprint = Blueprint("steering", __name__, url_prefix="/jobs/<job_id>")


def run_again(found: Services, job_id: str, key: str | None = None) -> Accepted:
    """Have a job run again now: the same one if it waits for its retry, another if it has ended.

    Args:
        found: the services of the app.
        job_id: which one.
        key: whoever asks again with the same one gets the same other job; it names who asks.

    Raises:
        NoSuchJob: nobody has submitted it.
        UnknownKind: its kind is no longer here.
        NoSuchFile: an upload of its was deleted.
        NotSettled: it runs, or waits for a worker.
        LedgerUnavailable: it is not known whether it will run again.
    """
    job = found.ledger.jobs.get(job_id)
    kind = find(found.kinds, job.kind)
    _require_uploads(found, kind, job)
    # Apart from the keys of submits, and of a length that the ledger takes.
    digest = key and f"retry {hashlib.sha256(f'{job_id} {key}'.encode()).hexdigest()}"
    return retry(found.ledger, found.publisher, kind, job_id, digest)


def _require_uploads(found: Services, kind: Kind, job: Job) -> None:
    asked = questions(kind.inputs).values()
    named = {file for one in asked if one.of_files for file in files_in(job.inputs.get(one.name))}
    if named - {file.id for file in found.ledger.files.uploads_of(job.id)}:
        raise NoSuchFile("A file that the job was given is deleted, so it can't run again.")


@blueprint.get("/cancel")
def ask(job_id: str) -> ResponseReturnValue:
    """Ask whether the job shall stop, for a page without scripts can't keep a question open."""
    found = services()
    job = found.ledger.jobs.get(job_id)
    if job.state.settled:
        return redirect(url_for("jobs.show", job_id=job_id), 303)
    return render_template("cancel.html", job=job, kind=found.kinds.get(job.kind))


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
