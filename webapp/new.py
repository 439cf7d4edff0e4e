"""A new job: the form of its kind, empty, filled or with what is wrong in it."""

from collections.abc import Iterable, Iterator
from typing import cast
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from ledger.record import StoredFile
from tasks.kind import Kind
from tasks.queue import submit
from webapp import outlooks
from webapp.forms import JobForm, filled
from webapp.mistakes import WrongInputs
from webapp.questions import Question, questions
from webapp.security import owner
from webapp.services import services
from webapp.submission import find, gather, inputs_of, key_of_form
from webapp.uploads import Incoming, known
from webapp.words import size

FORM_KEY = "form-key"  # No parameter of a function can be called so.

blueprint = Blueprint("new", __name__, url_prefix="/new")


@blueprint.get("/<kind>")
def show(kind: str) -> ResponseReturnValue:
    """Show the form, filled as the address says."""
    found = services()
    asked = find(found.kinds, kind)
    form = filled(asked, found.settings.max_upload, request.args)
    form.show(dict(_named(form)), ())
    return page(asked, form, str(uuid4()))


def _named(form: JobForm) -> Iterator[tuple[str, list[StoredFile]]]:
    for answer in form:
        if answer.question.of_files:
            yield answer.name, known(services().ledger, answer.question, answer.data, owner())[0]


@blueprint.post("/<kind>")
def send(kind: str) -> ResponseReturnValue:
    """Submit a job, or show the form again with everything that is wrong in it."""
    found = services()
    asked = find(found.kinds, kind)
    form = JobForm(asked, found.settings.max_upload, request.form)
    given = gather(
        found.ledger, asked, form.values(), arrived(asked, request.files.items(multi=True)), owner()
    )
    form_key = request.form.get(FORM_KEY) or str(uuid4())
    try:
        inputs = inputs_of(asked, given)
    except WrongInputs as error:
        form.show(given.files, error.mistakes)
        return page(asked, form, form_key), 422
    accepted = submit(
        found.ledger,
        found.publisher,
        asked,
        inputs,
        owner=owner(),
        idempotency_key=key_of_form(form_key, asked, inputs),
    )
    return redirect(url_for("jobs.show", job_id=accepted.job), 303)


def page(kind: Kind, form: JobForm, form_key: str) -> str:
    """Return the page with the form."""
    lead, *paragraphs = [" ".join(part.split()) for part in kind.help.split("\n\n")]
    return render_template(
        "new.html",
        kind=kind,
        form=form,
        form_key=form_key,
        waiting=outlooks.part(outlooks.of_kind(kind.name)),
        lead=lead,
        paragraphs=paragraphs,
        limit=services().settings.max_upload,
        size=size,
        with_files=any(answer.question.of_files for answer in form),
    )


def arrived(
    kind: Kind, files: Iterable[tuple[str, FileStorage]]
) -> Iterator[tuple[Question, Incoming]]:
    """Yield the files of a request that answer a question; a field without a file has no name."""
    asked = questions(kind.inputs)
    for name, file in files:
        if file.filename and name in asked and asked[name].of_files:
            yield asked[name], cast(Incoming, file.stream)
