"""What went wrong with a request, in words that say what to do: a page, or JSON for the API."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Blueprint, Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from ledger.errors import (
    AlreadySettled,
    LedgerError,
    LedgerFull,
    LedgerOutdated,
    LedgerUnavailable,
    NameTaken,
    NoSuchAction,
    NoSuchBatch,
    NoSuchFailure,
    NoSuchFile,
    NoSuchJob,
    NoSuchLetter,
    NoSuchPreset,
    NoSuchWorker,
    NotSettled,
    NotUndoable,
    OverQuota,
    StorageError,
    StorageFull,
    TooLarge,
    Unstorable,
    Unusable,
    UploadBusy,
)
from ledger.quota import Kept
from tasks.kind import Kind
from webapp import shapes
from webapp.mistakes import Mistake, WrongInputs
from webapp.security import API, owner
from webapp.services import services
from webapp.submission import UnknownKind

logger = logging.getLogger(__name__)

SERVER_ERROR = 500
READ_ON = 1 << 28  # bytes
PIECE = 1 << 16  # bytes

blueprint = Blueprint("errors", __name__)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a request has no other answer; `advice` says what to do about it."""

    status: int
    title: str
    advice: str
    mistakes: Sequence[Mistake] = ()
    kinds: Sequence[Kind] = ()
    files: Sequence[Kept] = ()


@blueprint.get("/healthz")
def healthz() -> Response:
    """Say that this process lives; it asks nobody else."""
    return Response("ok\n", mimetype="text/plain")


def tell(app: Flask) -> None:
    """Make the app answer every error in our words."""

    def answer_http(error: HTTPException) -> Response:
        answer = answered(problem_of_http(error))
        # Such as what a 405 allows, or how to sign in after a 401.
        for name, value in error.get_headers():
            if name != "Content-Type":
                answer.headers[name] = value
        return answer

    def answer_ours(error: Exception) -> Response:
        problem = _with_files(problem_of(error), error)
        if problem.status >= SERVER_ERROR:
            logger.error(
                "%s %s is answered %d: %s", request.method, request.path, problem.status, error
            )
        if isinstance(error, TooLarge | StorageFull | OverQuota | UploadBusy):
            read_on()
        return answered(problem)

    app.register_error_handler(HTTPException, answer_http)
    for kind in (LedgerError, WrongInputs, UnknownKind):
        app.register_error_handler(kind, answer_ours)


def _with_files(problem: Problem, error: Exception) -> Problem:
    """Say which files could be deleted where there is no room for more."""
    if not isinstance(error, OverQuota):
        return problem
    return replace(problem, files=services().ledger.quota.largest(owner()))


def answered(problem: Problem) -> Response:
    """Return a problem as RFC 9457's JSON where the API was asked, and as a page elsewhere."""
    if request.path.startswith(API):
        return as_json(problem)
    return Response(render_template("error.html", problem=problem), problem.status)


def as_json(problem: Problem) -> Response:
    """Return a problem as RFC 9457 writes it; `errors` has all that is wrong with inputs."""
    shape = shapes.Problem(
        type="about:blank",
        title=problem.title,
        status=problem.status,
        detail=problem.advice,
        errors=[shapes.Mistake(field=one.field, message=one.message) for one in problem.mistakes],
        kinds=[kind.name for kind in problem.kinds],
        files=[shapes.Kept.of(file) for file in problem.files],
    )
    body = shape.model_dump_json(exclude_defaults=True)
    return Response(body, problem.status, mimetype="application/problem+json")


def read_on() -> None:
    """Take the rest of a refused upload and forget it.

    A browser that is still sending shows a broken connection, and never the answer. What is left
    of an enormous file is not waited for.
    """
    left = READ_ON
    while left > 0 and (piece := request.stream.read(PIECE)):
        left -= len(piece)


def problem_of_http(error: HTTPException) -> Problem:
    """Return what Flask or a view has to say, in our words unless it used words of its own."""
    status = error.code or SERVER_ERROR
    if isinstance(error, CSRFError):
        return OUT_OF_DATE
    if error.description is not None and error.description != type(error).description:
        return Problem(status, _title(error), error.description)
    return _HTTP.get(status) or Problem(status, error.name, error.description or "")


def _title(error: HTTPException) -> str:
    return _HTTP[error.code].title if error.code in _HTTP else error.name


def problem_of(error: Exception) -> Problem:
    """Return what one of our own errors means for the person who waits for an answer."""
    if isinstance(error, WrongInputs):
        return Problem(422, "Something is to be corrected", "", error.mistakes)
    if isinstance(error, UnknownKind):
        return Problem(404, "There is no such kind of job", str(error), kinds=error.kinds)
    for kind, problem in _OURS.items():
        if isinstance(error, kind):
            # What a database says of itself is for the log, not for whoever asks.
            silent = isinstance(error, LedgerUnavailable | Unstorable)
            said = "" if silent else f"{error} "
            return replace(problem, advice=f"{said}{problem.advice}".strip())
    return _HTTP[SERVER_ERROR]


OUT_OF_DATE = Problem(
    400,
    "This form is out of date",
    "You have signed in anew since it was opened, or your browser keeps no cookies. Go back, "
    "reload the page and send it again.",
)
_HTTP: Mapping[int | None, Problem] = {
    problem.status: problem
    for problem in (
        Problem(400, "This was not understood", "Go back, reload the page and try again."),
        Problem(403, "This is not for you", "Ask whoever may do this to do it."),
        Problem(404, "There is nothing here", "The address is wrong, or what was here is gone."),
        Problem(405, "This can't be done here", "The address takes another kind of request."),
        Problem(
            413,
            "This is too much at once",
            "A text or the number of files passes what a form takes. Nothing was accepted; make "
            "it smaller and send it again.",
        ),
        Problem(
            SERVER_ERROR,
            "Something is broken here",
            "It is not your fault, and it stands in the log of the web process. Try again; if it "
            "stays broken, tell whoever runs Postroom.",
        ),
    )
}
# The first that fits counts, so a full disk stands before being away. Most errors say themselves
# what happened; here stands what to do.
_OURS: Mapping[type[Exception], Problem] = {
    NoSuchJob: Problem(404, "There is no such job", "Look for it in the list of jobs."),
    NoSuchBatch: Problem(404, "There is no such batch", "Look for its jobs in the list of them."),
    NoSuchFile: Problem(404, "There is no such file", "The page of its job lists what there is."),
    NoSuchFailure: Problem(
        404, "There is no such failure", "The page of failures lists those there are."
    ),
    NoSuchLetter: Problem(
        404, "There is no such dead letter", "The page of failures lists those there are."
    ),
    Unusable: Problem(422, "This message can't be used", "It can be deleted."),
    NameTaken: Problem(409, "The name is taken", ""),
    NoSuchPreset: Problem(404, "There is no such preset", "The presets you may use are listed."),
    UploadBusy: Problem(423, "The file is being sent already", "Try again in a moment."),
    TooLarge: Problem(
        413,
        "The file is too large",
        "Nothing was accepted. Whoever runs Postroom can raise the limit, MAX_UPLOAD.",
    ),
    OverQuota: Problem(
        507,
        "There is no room for more of your files",
        "Nothing was accepted. Delete what you no longer need, on the pages of your jobs, and send "
        "it again.",
    ),
    StorageFull: Problem(
        507,
        "There is no room for files",
        "Nothing was accepted. Send it again when whoever runs Postroom has made room.",
    ),
    StorageError: Problem(
        503, "The file storage does not work", "Nothing was accepted. Try again in a moment."
    ),
    LedgerFull: Problem(
        507,
        "There is no room for jobs",
        "The disk of the ledger is full. Nothing was accepted. Send it again when whoever runs "
        "Postroom has made room.",
    ),
    LedgerUnavailable: Problem(
        503,
        "The ledger does not answer",
        "Its database is away or very busy. What was accepted before is safe. Try again in a "
        "moment.",
    ),
    Unstorable: Problem(
        400,
        "This can't be kept",
        "A text has characters that no database takes, or is too long. Nothing was accepted.",
    ),
    NoSuchWorker: Problem(404, "There is no such worker", ""),
    NoSuchAction: Problem(404, "There is no such action", "Look for it in the list of them."),
    NotUndoable: Problem(409, "This can't be undone", ""),
    AlreadySettled: Problem(409, "The job has ended", ""),
    NotSettled: Problem(409, "The job has not ended yet", ""),
    LedgerOutdated: Problem(503, "The ledger is of another version", ""),
}
