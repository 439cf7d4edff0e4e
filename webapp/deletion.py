"""Deleting the files of a job that has ended: by whoever submitted it, who is asked once more."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from ledger import Ledger
from ledger.errors import NotSettled
from ledger.record import Job
from webapp.security import owner
from webapp.services import services
from webapp.words import size

blueprint = Blueprint("deletion", __name__, url_prefix="/jobs/<job_id>/delete-files")


@blueprint.get("")
def ask(job_id: str) -> str:
    """Ask whether the files shall go, and say which."""
    found = services()
    job = own_job(found.ledger, job_id)
    if not job.state.settled:
        raise NotSettled("It needs its files until it has ended.")
    files = [*found.ledger.files.outputs_of(job_id), *found.ledger.files.uploads_of(job_id)]
    kind = found.kinds.get(job.kind)
    return render_template("delete_files.html", job=job, kind=kind, files=files)


@blueprint.post("")
def delete(job_id: str) -> ResponseReturnValue:
    """Delete the files, and show the job without them."""
    ledger = services().ledger
    own_job(ledger, job_id)
    freed = ledger.retention.forget_files(job_id)
    flash(f"Its files are deleted: {size(freed)} are free again.", "success")
    return redirect(url_for("jobs.show", job_id=job_id), 303)


def own_job(ledger: Ledger, job_id: str) -> Job:
    """Return a job that the signed-in person has submitted.

    Raises:
        NoSuchJob: there is none of this id.
        Forbidden: it is somebody else's.
    """
    job = ledger.jobs.get(job_id)
    if job.owner != owner():
        abort(403, f"The files are {job.owner}'s, and nobody else can delete them.")
    return job
