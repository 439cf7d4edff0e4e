"""Files on their way to a person: outputs and uploads as attachments, previews without any power.

What a job made is never trusted: a download is an attachment that the browser must not sniff, and
a preview carries a policy that takes scripts, forms and the console's origin from it, in a frame
and opened by itself alike.
"""

from typing import Final

from flask import Blueprint, Response, abort, render_template, request, send_file

from ledger import Ledger
from ledger.errors import NoSuchFile
from ledger.record import StoredFile
from webapp import previews
from webapp.previews import Way
from webapp.security import owner
from webapp.services import services

POWERLESS: Final = (
    "sandbox; default-src 'none'; img-src data:; font-src data:; media-src data:;"
    " style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'self'"
)

blueprint = Blueprint("downloads", __name__, url_prefix="/jobs/<job_id>")


@blueprint.get("/files/<name>")
def output(job_id: str, name: str) -> Response:
    """Send an output file as a download, or the bytes of it that were asked for."""
    ledger = services().ledger
    return sent(ledger, ledger.files.output(job_id, name))


@blueprint.get("/files/<name>/preview")
def preview(job_id: str, name: str) -> Response | str:
    """Show an output file, or its beginning."""
    ledger = services().ledger
    file = ledger.files.output(job_id, name)
    way = previews.way_for(file)
    if way is None:
        abort(404, f"{file.name} can't be shown here; download it instead.")
    if way in {Way.PICTURE, Way.PAGE}:
        return shown(ledger, file)
    with ledger.files.open(file) as bytes_of:
        head = previews.head(way, bytes_of)
    return render_template("preview.html", file=file, head=head)


@blueprint.get("/uploads/<file_id>")
def upload(job_id: str, file_id: str) -> Response:
    """Send a file that the signed-in person gave to this job."""
    ledger = services().ledger
    return sent(ledger, upload_of(ledger, job_id, file_id, owner()))


def upload_of(ledger: Ledger, job_id: str, file_id: str, owner: str) -> StoredFile:
    """Return the upload that a person gave to a job.

    Raises:
        NoSuchFile: the job has no such upload, or it is somebody else's.
    """
    for file in ledger.files.uploads_of(job_id):
        if file.id == file_id and file.owner == owner:
            return file
    raise NoSuchFile(f"Job {job_id} has no upload {file_id} of {owner}.")


def sent(ledger: Ledger, file: StoredFile) -> Response:
    """Answer with a file as an attachment, whole or in the ranges that the request names.

    Raises:
        StorageError: the storage does not have the bytes, or does not answer.
    """
    response = send_file(
        ledger.files.open(file),
        mimetype=file.media_type,
        as_attachment=True,
        download_name=file.name,
        etag=file.sha256,
        last_modified=file.created_at,
        conditional=False,  # Without the length, which only we know, no range can be answered.
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = POWERLESS
    response.content_length = file.size
    response.make_conditional(request, accept_ranges=True, complete_length=file.size)
    return response


def shown(ledger: Ledger, file: StoredFile) -> Response:
    """Answer with a picture or a page for the browser to show, and nothing else to do with it.

    Raises:
        StorageError: the storage does not have the bytes, or does not answer.
    """
    response = sent(ledger, file)
    response.headers["Content-Disposition"] = "inline"
    return response
