"""The API's verbs for many jobs at once: ask, show, list the jobs, undo."""

from datetime import UTC, datetime
from typing import Any, Final

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from ledger.action_record import Outcome
from ledger.actions import Asked
from tasks import actions
from webapp import action_shapes as shapes
from webapp import api
from webapp.api import idempotency_key, json_body
from webapp.mistakes import WrongInputs, mistakes_in
from webapp.search import read_search
from webapp.security import owner
from webapp.services import services

PER_PAGE: Final = 200

blueprint: Final = api.blueprint


@blueprint.post("/actions")
def begin_action() -> ResponseReturnValue:
    """Do something to many jobs: 202; or 200 with what the same idempotency key asked before."""
    found = services()
    try:
        wanted = shapes.ActionRequest.model_validate(json_body())
    except ValidationError as error:
        raise WrongInputs(mistakes_in(error)) from error
    key = idempotency_key()
    asked = Asked(
        wanted.verb,
        owner(),
        ids=wanted.jobs,
        matching=None if wanted.matching is None else read_search(wanted.matching, owner()),
        idempotency_key=key and f"api {key}",
    )
    action_id, new = actions.begin(found.ledger, found.publisher, found.kinds, asked)
    earlier = found.ledger.actions.get(action_id)
    words = "" if asked.matching is None else asked.matching.as_text()
    if not new and (earlier.verb, earlier.words) != (asked.verb, words):
        abort(422, "This Idempotency-Key was used before, for another action.")
    return show_action(action_id), 202 if new else 200, {"Location": _place(action_id)}


@blueprint.get("/actions/<action_id>")
def show_action(action_id: str) -> dict[str, Any]:
    """Show an action as it stands."""
    action = services().ledger.actions.get(action_id)
    return shapes.Action.of(action, datetime.now(UTC)).answer()


@blueprint.get("/actions/<action_id>/jobs")
def jobs_of_action(action_id: str) -> ResponseReturnValue:
    """List the jobs of an action, with what became of each."""
    ledger = services().ledger
    ledger.actions.get(action_id)
    word, after = request.args.get("outcome"), request.args.get("after", "")
    try:
        outcome = None if word is None else Outcome(word)
    except ValueError:
        abort(400, f"No job of an action ever becomes {word!r}.")
    found = ledger.actions.jobs_of(action_id, PER_PAGE + 1, outcome, after)
    page = found[:PER_PAGE]
    further = None
    if len(found) > PER_PAGE:
        further = url_for(
            "api.jobs_of_action", action_id=action_id, outcome=word, after=page[-1].job
        )
    shown = [shapes.ActionJob(job=one.job, outcome=one.outcome, made=one.made) for one in page]
    return shapes.ActionJobs(jobs=shown, next=further).answer()


@blueprint.post("/actions/<action_id>/undo")
def undo_action(action_id: str) -> ResponseReturnValue:
    """Turn an action back, as far as that can be done."""
    found = services()
    actions.undo(found.ledger, found.publisher, found.kinds, action_id)
    return show_action(action_id), 202, {"Location": _place(action_id)}


def _place(action_id: str) -> str:
    return url_for("api.show_action", action_id=action_id)
