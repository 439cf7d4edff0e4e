"""What an open job page asks for: a stream of changes, or where a proxy buffers, the last one."""

import json
from collections.abc import Iterator
from typing import Final

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState

from ledger.logs import START
from webapp.fragments import Cursor, Renderer, Update, read_cursor, written
from webapp.services import Services, services
from webapp.watch import Note, Watch

EXTENSION: Final = "postroom.watch"
AWAY: Final = "The ledger does not answer. This page goes on by itself as soon as it does."

blueprint = Blueprint("live", __name__, url_prefix="/jobs/<job_id>")


@blueprint.record_once
def open_watch(state: BlueprintSetupState) -> None:
    """Give the app its own watch; the watch's thread begins with the first watcher."""
    found: Services = state.app.extensions["postroom"]
    renderer = Renderer.of(state.app, found.kinds)
    state.app.extensions[EXTENSION] = Watch(found.ledger, renderer)


def watch() -> Watch:
    """Return the current app's."""
    found: Watch = current_app.extensions[EXTENSION]
    return found


def close_all(app: Flask) -> None:
    """End every stream of the app at once, so that its process can stop; pages come again."""
    found: Watch = app.extensions[EXTENSION]
    found.close_all()


@blueprint.get("/events")
def events(job_id: str) -> Response:
    """Stream the job as it stands, then its changes, as server-sent events until it is settled."""
    services().ledger.jobs.get(job_id)  # Unknown jobs get an answer in words, not a stream.
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if watch().full:
        # To a browser's EventSource this says: don't come again. The page polls then.
        return Response(status=204, headers=headers)
    changes = watch().changes(job_id, _asked_cursor())
    return Response(stream(changes), mimetype="text/event-stream", headers=headers)


def stream(changes: Iterator[Update | Note]) -> Iterator[str]:
    """Write changes as server-sent events; each one's id is where a reconnect goes on."""
    yield "retry: 1000\n\n"
    for change in changes:
        if isinstance(change, Update):
            data = json.dumps(change.as_json(), separators=(",", ":"))
            yield f"id: {written(change.seen)}\nevent: change\ndata: {data}\n\n"
        elif change is Note.TROUBLE:
            yield f"event: trouble\ndata: {json.dumps({'text': AWAY})}\n\n"
        else:
            # Keeps proxies from closing, and finds out whether anybody is still there.
            yield ": nothing new\n\n"


@blueprint.get("/since")
def since(job_id: str) -> Response:
    """Answer with what has changed since the page's revision, or with 204 where nothing has."""
    revision = request.args.get("revision", type=int)
    if revision is not None and services().ledger.jobs.revisions([job_id]) == {job_id: revision}:
        answer = Response(status=204)
    else:
        answer = jsonify(watch().read(job_id, _asked_cursor()).as_json())
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _asked_cursor() -> Cursor:
    text = request.headers.get("Last-Event-ID") or request.args.get("after")
    if text is None:
        return START
    try:
        return read_cursor(text)
    except ValueError:
        abort(400, f"{text!r} is no place in a log; it is written like 2.153.")
