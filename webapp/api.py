"""The JSON API: submit, show, list, cancel, retry, log and files, on the functions of the pages."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.logs import START
from ledger.record import State
from tasks.inputs import to_row
from tasks.kind import Kind
from tasks.queue import submit
from webapp import openapi, outlooks, shapes
from webapp.deletion import own_job
from webapp.downloads import sent, zipped
from webapp.fragments import Cursor, read_cursor, written
from webapp.jobs import log_text
from webapp.listed import Wanted, listed
from webapp.mistakes import Mistake, WrongInputs, mistakes_in
from webapp.new import arrived
from webapp.questions import from_json, questions
from webapp.security import owner
from webapp.services import services
from webapp.steering import run_again
from webapp.submission import Given, find, gather, inputs_of, without_ids
from webapp.waiting_shapes import OutlookQuery

Model = TypeVar("Model", bound=BaseModel)

LONGEST_KEY: Final = 190  # characters; the ledger keeps ten more for who made the key
JSON: Final = "application/json"
FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


class JobRequest(BaseModel):
    """What is to be done: the body of a POST."""

    model_config = ConfigDict(extra="forbid")

    kind: str
    inputs: dict[str, Any] = {}


class Listing(BaseModel):
    """Which jobs are to be listed: the query of a GET; `q` is a search as the page takes it."""

    model_config = ConfigDict(extra="forbid")

    q: str | None = None
    state: list[State] = []
    kind: str | None = None
    before: str | None = None
    limit: int = Field(50, ge=1, le=200)


@blueprint.post("/jobs")
def create() -> ResponseReturnValue:
    """Accept a job: 202; or 200 with the job that the same idempotency key made before."""
    found = services()
    kind, given = _given()
    inputs = inputs_of(kind, given)
    key = idempotency_key()
    accepted = submit(
        found.ledger,
        found.publisher,
        kind,
        inputs,
        owner=owner(),
        idempotency_key=key and f"api {key}",
    )
    job = accepted.row or found.ledger.jobs.get(accepted.job)
    if not accepted.new and _told(job.kind, job.inputs) != _told(kind.name, to_row(inputs)):
        abort(422, "This Idempotency-Key was used before, for a job with other inputs.")
    place = {"Location": url_for("api.show", job_id=job.id)}
    return shapes.Job.of(job, kind).answer(), 202 if accepted.new else 200, place


def _told(kind: str, row: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return kind, without_ids(row)


def idempotency_key() -> str | None:
    """Return what names this request, so that it does nothing more when it is sent again.

    Raises:
        BadRequest: it is too long, or has letters that don't print.
    """
    key = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        abort(400, f"An Idempotency-Key has 1 to {LONGEST_KEY} printable characters.")
    return key


def _given() -> tuple[Kind, Given]:
    """Return what the request asks for, from JSON or from a form with files."""
    found = services()
    if request.is_json:
        asked = _parsed(JobRequest, json_body())
        kind = find(found.kinds, asked.kind)
        return kind, gather(found.ledger, kind, asked.inputs, (), owner())
    if request.mimetype not in FORMS:
        abort(415, f"Send {JSON}, or {FORMS[0]} where there are files.")
    kind = find(found.kinds, request.form.get("kind", ""))
    files = arrived(kind, request.files.items(multi=True))
    given = gather(found.ledger, kind, _values_in_form(kind), files, owner())
    asked_for = questions(kind.inputs)
    stray = [
        Mistake(name, "There is no such input for a file.")
        for name in request.files
        if name not in asked_for or not asked_for[name].of_files
    ]
    return kind, replace(given, mistakes=[*given.mistakes, *stray])


def json_body() -> Any:
    """Return what the request's body says.

    Raises:
        BadRequest: it is not JSON.
    """
    try:
        return from_json(request.get_data())
    except ValueError as error:
        abort(400, f"The body is not JSON: {error}.")


def _values_in_form(kind: Kind) -> dict[str, Any]:
    """Return raw values: one part for each input, or all of them as JSON in a part "inputs"."""
    asked = questions(kind.inputs)
    values: dict[str, Any] = {}
    if "inputs" in request.form and "inputs" not in asked:
        try:
            values |= from_json(request.form["inputs"])
        except (ValueError, TypeError):
            abort(400, "The part inputs is not a JSON object.")
    for name in request.form.keys() - {"inputs", "kind"}:
        texts = request.form.getlist(name)
        values[name] = asked[name].read(texts) if name in asked else texts
    return values


def _parsed(model: type[Model], raw: Any) -> Model:
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise WrongInputs(mistakes_in(error)) from error


@blueprint.get("/jobs")
def index() -> ResponseReturnValue:
    """List jobs, newest first; `next` leads to the next page, and is null on the last one."""
    found = services()
    several = {name: request.args.getlist(name) for name in request.args}
    query = {name: values if name == "state" else values[-1] for name, values in several.items()}
    asked = _parsed(Listing, query)
    jobs, below = listed(
        Wanted(owner(), asked.limit, asked.q, asked.state, asked.kind, asked.before)
    )
    further = None
    if below is not None:
        further = f"{url_for('api.index')}?{urlencode(several | {'before': [below]}, doseq=True)}"
    shown = [shapes.Job.of(job, found.kinds.get(job.kind)) for job in jobs]
    return shapes.Jobs(jobs=shown, next=further).answer()


@blueprint.get("/jobs/<job_id>")
def show(job_id: str) -> dict[str, Any]:
    """Show a job as it stands, and where it waits, why."""
    job = services().ledger.jobs.get(job_id)
    return outlooks.job_in_full(job).answer()


@blueprint.post("/jobs/<job_id>/cancel")
def cancel(job_id: str) -> ResponseReturnValue:
    """Ask a job to stop: one that waits has ended when this answers, one that runs will."""
    services().ledger.jobs.request_cancel(job_id)
    return show(job_id), 202


@blueprint.post("/jobs/<job_id>/retry")
def retry(job_id: str) -> ResponseReturnValue:
    """Have a job run again now, and show the one that will; for one that has ended, it is new.

    The same idempotency key leads to the same new job.
    """
    key = idempotency_key()
    job_id = run_again(services(), job_id, key and f"{owner()} {key}").job
    return show(job_id), 202, {"Location": url_for("api.show", job_id=job_id)}


@blueprint.get("/jobs/<job_id>/log")
def log(job_id: str) -> ResponseReturnValue:
    """Send the log after a cursor: as text to its end, or as JSON a piece at a time."""
    ledger = services().ledger
    ledger.jobs.get(job_id)
    after = _cursor()
    if request.accept_mimetypes.best_match(["text/plain", JSON]) != JSON:
        return Response(log_text(ledger, job_id, after), mimetype="text/plain")
    lines = ledger.logs.after(job_id, after)
    last = (lines[-1].attempt, lines[-1].number) if lines else after
    return shapes.Log.of(lines, written(last)).answer()


def _cursor() -> Cursor:
    text = request.args.get("after")
    try:
        return START if text is None else read_cursor(text)
    except ValueError:
        abort(400, f"{text!r} is no place in a log; it is written like 2.153.")


@blueprint.get("/jobs/<job_id>/files")
def files(job_id: str) -> ResponseReturnValue:
    """List the files that the job has made."""
    ledger = services().ledger
    ledger.jobs.get(job_id)
    return shapes.Files.of(job_id, ledger.files.outputs_of(job_id)).answer()


@blueprint.delete("/jobs/<job_id>/files")
def delete_files(job_id: str) -> ResponseReturnValue:
    """Delete the files of a job of one's own that has ended, and its uploads that no other uses."""
    ledger = services().ledger
    own_job(ledger, job_id)
    ledger.retention.forget_files(job_id)
    return "", 204


@blueprint.get("/jobs/<job_id>/files.zip")
def files_as_zip(job_id: str) -> ResponseReturnValue:
    """Send all files that the job has made as one ZIP."""
    return zipped(services().ledger, job_id)


@blueprint.get("/jobs/<job_id>/files/<name>")
def file(job_id: str, name: str) -> ResponseReturnValue:
    """Send a file's bytes, whole or the range that is asked for."""
    ledger = services().ledger
    return sent(ledger, ledger.files.output(job_id, name))


@blueprint.get("/kinds")
def kinds() -> ResponseReturnValue:
    """List the kinds of jobs, with the JSON schemas of their inputs."""
    shown = [shapes.Kind.of(kind) for kind in services().kinds.values()]
    return shapes.Kinds(kinds=shown).answer()


@blueprint.get("/kinds/<kind>/outlook")
def kind_outlook(kind: str) -> ResponseReturnValue:
    """Say when a job of a kind would run, were it submitted now, with files of that size."""
    size = _parsed(OutlookQuery, request.args.to_dict()).size
    return outlooks.shaped(outlooks.of_kind(kind, size)).answer()


@blueprint.get("/openapi.json")
def description() -> ResponseReturnValue:
    """Describe the API, as OpenAPI 3.1."""
    return openapi.document(services().kinds, Listing, LONGEST_KEY)
