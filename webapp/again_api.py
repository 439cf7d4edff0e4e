"""The API's verbs for running again: with changes, from a preset, or not, for it ran already."""

import hashlib
from typing import Any, Final, TypeVar

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError

from tasks.alike import fingerprint
from tasks.inputs import to_row
from tasks.kind import Kind
from tasks.queue import submit
from webapp import again_shapes as shapes
from webapp import api
from webapp.again_shapes import AgainRequest, PresetRequest
from webapp.api import JobRequest, idempotency_key, json_body
from webapp.keeping import name_of_preset, to_keep, with_changes
from webapp.mistakes import Mistake, WrongInputs, mistakes_in
from webapp.restored import Source, restore, secrets_in
from webapp.security import owner
from webapp.services import services
from webapp.submission import find, gather, inputs_of, without_ids

Model = TypeVar("Model", bound=BaseModel)

blueprint: Final = api.blueprint


def _read(model: type[Model]) -> Model:
    raw = json_body() if request.get_data() else {}
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise WrongInputs(mistakes_in(error)) from error


@blueprint.get("/jobs/<job_id>/again")
def show_again(job_id: str) -> ResponseReturnValue:
    """Show with what a job would run again, and what its kind asks for otherwise since then."""
    found = services()
    job = found.ledger.jobs.get(job_id)
    kind = find(found.kinds, job.kind)
    restored = restore(found.ledger, kind, Source.of_job(job), owner())
    return shapes.Again.of(restored, kind, job_id).answer()


@blueprint.post("/jobs/<job_id>/again")
def run_again(job_id: str) -> ResponseReturnValue:
    """Submit another job with the inputs of this one, some of them changed."""
    found = services()
    job = found.ledger.jobs.get(job_id)
    return _submitted(find(found.kinds, job.kind), Source.of_job(job), f"again {job_id}")


@blueprint.post("/presets/<preset_id>/jobs")
def run_preset(preset_id: str) -> ResponseReturnValue:
    """Submit a job with the inputs of a preset, some of them changed."""
    found = services()
    preset = found.ledger.presets.get(preset_id, owner())
    return _submitted(
        find(found.kinds, preset.kind), Source.of_preset(preset), f"preset {preset_id}"
    )


def _submitted(kind: Kind, source: Source, whence: str) -> ResponseReturnValue:
    found = services()
    secrets = secrets_in(kind, found.ledger.signatures.get(source.signature))
    values = with_changes(kind, source.inputs, _read(AgainRequest).inputs, secrets)
    typed = inputs_of(kind, gather(found.ledger, kind, values, (), owner()))
    key = idempotency_key()
    digest = key and hashlib.sha256(f"{whence} {key}".encode()).hexdigest()
    accepted = submit(
        found.ledger,
        found.publisher,
        kind,
        typed,
        owner=owner(),
        idempotency_key=digest and f"again {digest}",
    )
    made = found.ledger.jobs.get(accepted.job)
    if not accepted.new and without_ids(made.inputs) != without_ids(to_row(typed)):
        abort(422, "This Idempotency-Key was used before, for a job with other inputs.")
    place = {"Location": url_for("api.show", job_id=accepted.job)}
    return api.show(accepted.job), 202 if accepted.new else 200, place


@blueprint.get("/jobs/<job_id>/same")
def same_as(job_id: str) -> ResponseReturnValue:
    """Show other jobs that did the same, or do it."""
    found = services()
    job = found.ledger.jobs.get(job_id)
    earlier = found.ledger.repeats.of(job.fingerprint, but=job_id)
    return shapes.Same.of(earlier, found.kinds.get(job.kind)).answer()


@blueprint.post("/same")
def same() -> ResponseReturnValue:
    """Show the jobs that did what such a request would submit; nothing is submitted."""
    found = services()
    asked = _read(JobRequest)
    kind = find(found.kinds, asked.kind)
    inputs = inputs_of(kind, gather(found.ledger, kind, asked.inputs, (), owner()))
    earlier = found.ledger.repeats.of(fingerprint(kind, to_row(inputs), owner()))
    return shapes.Same.of(earlier, kind).answer()


@blueprint.get("/presets")
def list_presets() -> ResponseReturnValue:
    """List the presets that this person may use."""
    usable = services().ledger.presets.usable(owner(), request.args.get("kind"))
    return shapes.Presets(presets=[shapes.Preset.of(one) for one in usable]).answer()


@blueprint.post("/presets")
def add_preset() -> ResponseReturnValue:
    """Keep inputs under a name; they need not be all that the kind needs."""
    found = services()
    wanted = _read(PresetRequest)
    kind = find(found.kinds, wanted.kind)
    kept = to_keep(kind, gather(found.ledger, kind, wanted.inputs, (), owner()))
    called = name_of_preset(wanted.name)
    added = found.ledger.presets.add(kind.name, owner(), called, kept, shared=wanted.shared)
    place = {"Location": url_for("api.show_preset", preset_id=added)}
    return show_preset(added), 201, place


@blueprint.get("/presets/<preset_id>")
def show_preset(preset_id: str) -> dict[str, Any]:
    """Show a preset."""
    return shapes.Preset.of(services().ledger.presets.get(preset_id, owner())).answer()


@blueprint.put("/presets/<preset_id>")
def put_preset(preset_id: str) -> ResponseReturnValue:
    """Overwrite a preset of one's own: its name, its inputs, and who may use it."""
    found = services()
    wanted = _read(PresetRequest)
    kind = find(found.kinds, found.ledger.presets.get(preset_id, owner()).kind)
    if wanted.kind != kind.name:
        raise WrongInputs([Mistake("kind", f"It is a preset of {kind.name}.")])
    kept = to_keep(kind, gather(found.ledger, kind, wanted.inputs, (), owner()))
    called = name_of_preset(wanted.name)
    found.ledger.presets.change(preset_id, owner(), name=called, shared=wanted.shared)
    found.ledger.presets.overwrite(preset_id, owner(), kept)
    return show_preset(preset_id)


@blueprint.delete("/presets/<preset_id>")
def delete_preset(preset_id: str) -> ResponseReturnValue:
    """Delete a preset of one's own."""
    services().ledger.presets.delete(preset_id, owner())
    return "", 204
