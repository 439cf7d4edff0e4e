"""A new job: the form of its kind, empty, filled or with what is wrong in it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, cast
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from werkzeug.datastructures import FileStorage

from ledger.record import StoredFile
from ledger.repeats import Earlier
from tasks.alike import fingerprint
from tasks.inputs import to_row
from tasks.kind import Kind
from tasks.queue import submit
from webapp import outlooks
from webapp.forms import JobForm, filled
from webapp.mistakes import WrongInputs
from webapp.questions import Question, questions
from webapp.restored import Restored, Source, restore
from webapp.security import owner
from webapp.services import Services, services
from webapp.submission import find, gather, inputs_of, key_of_form
from webapp.uploads import Incoming, known
from webapp.words import size

# No parameter of a function can be called so.
FORM_KEY: Final = "form-key"
FROM_JOB: Final = "from-job"
FROM_PRESET: Final = "from-preset"
PRESET: Final = "preset"  # A shorter word for links, of kinds that have no such input.
ANYWAY: Final = "run-anyway"  # The job that somebody was offered instead.

blueprint = Blueprint("new", __name__, url_prefix="/new")


@blueprint.get("/<kind>")
def show(kind: str) -> ResponseReturnValue:
    """Show the form, filled as the address says, or as an earlier job or a preset was."""
    found = services()
    asked = find(found.kinds, kind)
    restored = restored_for(found, asked, request.args)
    earlier = restored.texts if restored else {}
    form = filled(asked, found.settings.max_upload, request.args, earlier)
    named = {name: files for name, files in _named(form) if name in request.args}
    if restored:
        form.show(restored.files | named, restored.mistakes, restored.notes)
    else:
        form.show(named, ())
    return page(asked, form, str(uuid4()), restored)


def _named(form: JobForm) -> Iterator[tuple[str, list[StoredFile]]]:
    for answer in form:
        if answer.question.of_files:
            yield answer.name, known(services().ledger, answer.question, answer.data, owner())[0]


def restored_for(found: Services, kind: Kind, wanted: Mapping[str, str]) -> Restored | None:
    """Return what the form is to be filled with, if an address or a form names a source.

    Raises:
        NoSuchJob: there is no such job.
        NoSuchPreset: there is none that this person may use.
        LedgerUnavailable: the database does not answer.
    """
    preset = wanted.get(FROM_PRESET)
    if PRESET not in questions(kind.inputs):
        preset = preset or wanted.get(PRESET)
    if preset:
        source = Source.of_preset(found.ledger.presets.get(preset, owner()))
    elif job := wanted.get(FROM_JOB):
        source = Source.of_job(found.ledger.jobs.get(job))
    else:
        return None
    return restore(found.ledger, kind, source, owner())


@blueprint.post("/<kind>")
def send(kind: str) -> ResponseReturnValue:
    """Submit a job, or show the form again: with all that is wrong in it, or with an offer.

    The offer is the job that did the same already, or does it; whoever sends the form again after
    it has the job run.
    """
    found = services()
    asked = find(found.kinds, kind)
    form = JobForm(asked, found.settings.max_upload, request.form)
    given = gather(
        found.ledger, asked, form.values(), arrived(asked, request.files.items(multi=True)), owner()
    )
    form_key = request.form.get(FORM_KEY) or str(uuid4())
    restored = restored_for(found, asked, request.form)
    notes = restored.notes if restored else {}
    try:
        inputs = inputs_of(asked, given)
    except WrongInputs as error:
        form.show(given.files, error.mistakes, notes)
        return page(asked, form, form_key, restored), 422
    key = key_of_form(form_key, asked, inputs)
    if offer := _offer(found, asked, inputs, key):
        form.show(given.files, (), notes)
        return page(asked, form, form_key, restored, offer), 409
    accepted = submit(
        found.ledger, found.publisher, asked, inputs, owner=owner(), idempotency_key=key
    )
    return redirect(url_for("jobs.show", job_id=accepted.job), 303)


def _offer(found: Services, kind: Kind, inputs: BaseModel, key: str) -> Earlier:
    """Return what did the same before, unless this person was told of it or sent this form then."""
    earlier = found.ledger.repeats.of(fingerprint(kind, to_row(inputs), owner()))
    if earlier.newest is None or earlier.newest.id == request.form.get(ANYWAY):
        return Earlier()
    return Earlier() if found.ledger.jobs.with_key(owner(), key) else earlier


def page(
    kind: Kind,
    form: JobForm,
    form_key: str,
    restored: Restored | None = None,
    offer: Earlier | None = None,
) -> str:
    """Return the page with the form."""
    ledger = services().ledger
    lead, *paragraphs = [" ".join(part.split()) for part in kind.help.split("\n\n")]
    return render_template(
        "new.html",
        kind=kind,
        form=form,
        form_key=form_key,
        waiting=outlooks.part(outlooks.of_kind(kind.name, _size(form))),
        lead=lead,
        paragraphs=paragraphs,
        limit=services().settings.max_upload,
        size=size,
        with_files=any(answer.question.of_files for answer in form),
        restored=restored,
        offer=offer,
        offered=ledger.files.outputs_of(offer.done.id) if offer and offer.done else [],
        presets=ledger.presets.usable(owner(), kind.name),
        reader=owner(),
    )


def _size(form: JobForm) -> int | None:
    """Return the bytes of the files that a form has, or None where it has none."""
    sizes = [file.size for answer in form for file in answer.files]
    return sum(sizes) if sizes else None


def arrived(
    kind: Kind, files: Iterable[tuple[str, FileStorage]]
) -> Iterator[tuple[Question, Incoming]]:
    """Yield the files of a request that answer a question; a field without a file has no name."""
    asked = questions(kind.inputs)
    for name, file in files:
        if file.filename and name in asked and asked[name].of_files:
            yield asked[name], cast(Incoming, file.stream)
