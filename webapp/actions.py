"""The pages of actions on many jobs: the question, how far it is, what became of it, its undo."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    abort,
    flash,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from ledger.action_record import Action, Outcome, Verb
from ledger.actions import MOST_NAMED, Asked
from ledger.errors import NotUndoable
from tasks import actions
from webapp import action_words
from webapp.search import read_search
from webapp.security import owner
from webapp.services import services

PER_PAGE: Final = 50
LISTED: Final = 30  # of the last actions
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

blueprint = Blueprint("actions", __name__, url_prefix="/actions")


@blueprint.get("")
def index() -> str:
    """List what was done to many jobs at once, the last first."""
    before = request.args.get("before")
    found = services().ledger.actions.newest(LISTED + 1, before)
    older = found[LISTED - 1].id if len(found) > LISTED else None
    return render_template(
        "actions.html", actions=found[:LISTED], older=older, say=action_words, now=_now()
    )


@blueprint.post("/new")
def ask() -> ResponseReturnValue:
    """Ask whether it shall be done, and say to how many; nothing is changed yet."""
    found = services()
    asked = asked_in(request.form, owner())
    if not asked.ids and asked.matching is None:
        flash("No job was selected.", "warning")
        return redirect(url_for("jobs.index"), 303)
    reach = found.ledger.actions.reach(asked, found.kinds)
    return render_template(
        "act.html",
        asked=asked,
        reach=reach,
        until=(reach.at - EPOCH) // timedelta(microseconds=1),
        key=uuid4(),
        say=action_words,
        text=asked.matching and asked.matching.as_text(),
    )


@blueprint.get("/number")
def number() -> Response:
    """Tell exactly how many jobs match a search, as JSON: lists count no further than they must.

    Raises:
        WrongInputs: the search can't be read.
    """
    matching = read_search(request.args.get("q", ""), owner())
    answer = jsonify(number=services().ledger.actions.number(matching))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("")
def begin() -> ResponseReturnValue:
    """Do it, or where there are many have the clock do it; and show how far it is."""
    found = services()
    asked = asked_in(request.form, owner())
    if not asked.ids and asked.matching is None:
        abort(400, "No job was selected.")
    action_id, _new = actions.begin(found.ledger, found.publisher, found.kinds, asked)
    return redirect(url_for("actions.show", action_id=action_id), 303)


def asked_in(form: MultiDict[str, str], asker: str) -> Asked:
    """Return what a form asks for.

    Raises:
        WrongInputs: its search can't be read.
        BadRequest: it is not one of our forms.
    """
    try:
        verb = Verb(form.get("verb", ""))
        until = form.get("until", type=int)
        at = None if until is None else EPOCH + timedelta(microseconds=until)
    except (ValueError, OverflowError):
        abort(400, "The form asks for nothing that can be done to jobs.")
    ids = form.getlist("job")
    if len(ids) > MOST_NAMED:
        abort(400, f"At most {MOST_NAMED:,} jobs can be selected one by one.")
    key = form.get("key")
    matching = read_search(form.get("q", ""), asker) if form.get("all") else None
    return Asked(
        verb,
        asker,
        ids=() if matching is not None else tuple(dict.fromkeys(ids)),
        matching=matching,
        until=at,
        idempotency_key=key and f"form {key[:100]}",
    )


@blueprint.get("/<action_id>")
def show(action_id: str) -> str:
    """Show an action: how far it is, live, and what became of each of its jobs."""
    action = services().ledger.actions.get(action_id)
    return render_template(
        "action.html",
        action=action,
        rows=_rows(action),
        shown=_asked_outcome(),
        say=action_words,
        now=_now(),
    )


@dataclass(frozen=True, slots=True)
class Rows:
    """One page of an action's jobs; `after` leads to the next one, and is None on the last."""

    jobs: list[Any]
    after: str | None


def _rows(action: Action) -> Rows:
    found = services().ledger.actions.jobs_of(
        action.id, PER_PAGE + 1, _asked_outcome(), request.args.get("after", "")
    )
    after = found[PER_PAGE - 1].job if len(found) > PER_PAGE else None
    return Rows(found[:PER_PAGE], after)


def _asked_outcome() -> Outcome | None:
    word = request.args.get("outcome")
    if word is None:
        return None
    try:
        return Outcome(word)
    except ValueError:
        abort(404, f"No job of an action ever becomes {word!r}.")


@blueprint.get("/<action_id>/since")
def since(action_id: str) -> Response:
    """Answer with how far the action is, or with 204 where the page knows that already."""
    action = services().ledger.actions.get(action_id)
    if request.args.get("revision", type=int) == action.revision:
        answer = Response(status=204)
    else:
        answer = Response(json.dumps(_told(action)), mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _told(action: Action) -> Mapping[str, Any]:
    part = render_template("_action.html", action=action, say=action_words, now=_now())
    standing = action_words.standing(action)
    return {
        "revision": action.revision,
        "goes_on": action.goes_on,
        "title": f"{standing.word}: {action_words.title(action)}",
        "tone": standing.tone,
        "said": standing.word
        if action.goes_on
        else f"{standing.word}. {action_words.told(action)}",
        "html": part,
    }


@blueprint.post("/<action_id>/undo")
def undo(action_id: str) -> ResponseReturnValue:
    """Turn the action back, and show how far that is."""
    found = services()
    try:
        actions.undo(found.ledger, found.publisher, found.kinds, action_id)
    except NotUndoable as error:
        flash(str(error), "warning")
    return redirect(url_for("actions.show", action_id=action_id), 303)


def _now() -> datetime:
    return datetime.now(UTC)
