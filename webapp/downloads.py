"""Files on their way to a person: outputs and uploads as attachments, previews without any power.

What a job made is never trusted: a download is an attachment that the browser must not sniff, and
a preview carries a policy that takes scripts, forms and the console's origin from it, in a frame
and opened by itself alike.
"""

import logging
from typing import Final

from flask import Blueprint, Response, abort, render_template, request

from ledger import Ledger
from ledger.errors import NoSuchFile
from ledger.record import StoredFile
from webapp import outgoing, previews
from webapp.archives import archive
from webapp.outgoing import Place
from webapp.previews import Way
from webapp.security import owner
from webapp.services import services

logger = logging.getLogger(__name__)

PER_PAGE: Final = 200  # files
_NOTHING: Final = (
    "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline';"
    " form-action 'none'; frame-ancestors 'self'; media-src "
)
POWERLESS: Final = f"sandbox; {_NOTHING}data:"
# A program of the browser's own shows these, apart from every site, and no script of the file's own
# may run around it. In a sandbox, players get no bytes, and not every browser shows a PDF.
_POLICIES: Final = {
    Way.SOUND: f"{_NOTHING}'self'",
    Way.VIDEO: f"{_NOTHING}'self'",
    Way.PDF: f"{_NOTHING}'none'",
}

blueprint = Blueprint("downloads", __name__, url_prefix="/jobs/<job_id>")


@blueprint.get("/files")
def index(job_id: str) -> str:
    """List all files that the job has made, a page at a time."""
    ledger = services().ledger
    job, files = ledger.jobs.get(job_id), ledger.files.outputs_of(job_id)
    first = max(request.args.get("from", 0, type=int), 0)
    return render_template(
        "files.html",
        job=job,
        kind=services().kinds.get(job.kind),
        files=files,
        shown=files[first : first + PER_PAGE],
        first=first,
        earlier=max(first - PER_PAGE, 0) if first else None,
        later=first + PER_PAGE if first + PER_PAGE < len(files) else None,
    )


@blueprint.get("/files.zip")
def everything(job_id: str) -> Response:
    """Send all files that the job has made as one ZIP."""
    return zipped(services().ledger, job_id)


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
        abort(404, f"{previews.name_of(file)} can't be shown here; download it instead.")
    if way not in {Way.TABLE, Way.TEXT}:
        return shown(ledger, file, way)
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
    """Answer with a file as an attachment, whole or in the range that the request names.

    Raises:
        StorageError: the storage does not have the bytes, or does not answer.
        ServiceUnavailable: too many files are on their way.
    """
    response = outgoing.sent(ledger.files, file, file.media_type, attached=True)
    return _without_power(response, POWERLESS)


def shown(ledger: Ledger, file: StoredFile, way: Way) -> Response:
    """Answer with a file for the browser to show, and nothing else to do with it.

    Raises:
        StorageError: the storage does not have the bytes, or does not answer.
        ServiceUnavailable: too many files are on their way.
    """
    media_type = previews.media_type_of(file)
    response = outgoing.sent(ledger.files, file, media_type, attached=False)
    return _without_power(response, _POLICIES.get(way, POWERLESS))


def zipped(ledger: Ledger, job_id: str) -> Response:
    """Answer with a ZIP of all files of a job, made while it is sent.

    Raises:
        NoSuchJob: nobody has submitted it.
        NoSuchFile: it has made none.
        StorageError: the storage does not answer, or has none of the files.
        ServiceUnavailable: too many files are on their way.
    """
    job, files = ledger.jobs.get(job_id), ledger.files.outputs_of(job_id)
    if not files:
        raise NoSuchFile(f"Job {job_id} has made no files.")
    made = archive(ledger.files, files)
    if made.gone:
        logger.error(
            "Job %s is sent without %d of its %d files, for the storage has lost their bytes: %s",
            job_id,
            len(made.gone),
            len(files),
            ", ".join(file.id for file in made.gone),
        )
    response = Response(made.pieces, mimetype="application/zip")
    response.call_on_close(Place().leave)
    if made.length is not None:
        response.content_length = made.length
    response.headers.set(
        "Content-Disposition", "attachment", filename=f"{job.kind}-{job.id[-8:]}.zip"
    )
    return _without_power(response, POWERLESS)


def _without_power(response: Response, policy: str) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Content-Security-Policy"] = policy
    return response
