"""The API's verbs for batches: submit many jobs as one, and see how far they are."""

from typing import Any, Final

from flask import abort, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ledger.batches import LARGEST
from tasks.queue import submit_many
from webapp import api
from webapp import batch_shapes as shapes
from webapp.api import JobRequest, idempotency_key, json_body
from webapp.mistakes import WrongInputs, mistakes_in
from webapp.security import owner
from webapp.services import services
from webapp.submission import inputs_of_each, same_jobs

blueprint: Final = api.blueprint


class BatchRequest(BaseModel):
    """What is to be done: a list of what would be the body of a POST each."""

    model_config = ConfigDict(extra="forbid")

    jobs: list[JobRequest] = Field(min_length=1, max_length=LARGEST)


@blueprint.post("/batches")
def create_batch() -> ResponseReturnValue:
    """Accept jobs, all or none: 202; or 200 with the batch that the same key made before."""
    found = services()
    try:
        wanted = BatchRequest.model_validate(json_body())
    except ValidationError as error:
        raise WrongInputs(mistakes_in(error)) from error
    asked = [(one.kind, one.inputs) for one in wanted.jobs]
    typed = inputs_of_each(found.ledger, found.kinds, asked, owner())
    key = idempotency_key()
    accepted = submit_many(
        found.ledger,
        found.publisher,
        typed,
        owner=owner(),
        idempotency_key=key and f"batch {key}",
    )
    if not accepted.new and not same_jobs(found.ledger, accepted.batch, typed):
        abort(422, "This Idempotency-Key was used before, for a batch of other jobs.")
    place = {"Location": url_for("api.show_batch", batch_id=accepted.batch)}
    return show_batch(accepted.batch), 202 if accepted.new else 200, place


@blueprint.get("/batches/<batch_id>")
def show_batch(batch_id: str) -> dict[str, Any]:
    """Show how many jobs of a batch are in which state."""
    return shapes.Batch.of(services().ledger.batches.get(batch_id)).answer()
