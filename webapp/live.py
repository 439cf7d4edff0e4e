"""What an open page asks for: a stream of changes, or where a proxy buffers, the last one."""

import json
from collections.abc import Callable, Generator, Iterator
from typing import Final

from flask import Blueprint, Flask, Response, abort, current_app, jsonify, request
from flask.blueprints import BlueprintSetupState

from ledger.logs import START
from webapp.fragments import Cursor, Renderer, Update, read_cursor, written
from webapp.services import Services, services
from webapp.streams import Stream, Streams
from webapp.watch import Watch
from webapp.watchers import Beat, Bell, Note, Told

EXTENSION: Final = "postroom.watch"
STREAMS: Final = "postroom.streams"
AWAY: Final = "The ledger does not answer. This page goes on by itself as soon as it does."

blueprint = Blueprint("live", __name__, url_prefix="/jobs")


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


def part_from_streams(app: Flask, most: int) -> Streams:
    """Have the app's streams part from their threads, so many at a time; return who keeps them.

    The server must know what to do with `Parted`.
    """
    found: Watch = app.extensions[EXTENSION]
    found.most = most
    streams = app.extensions[STREAMS] = Streams()
    return streams


def close_all(app: Flask) -> None:
    """End every stream of the app at once, so that its process can stop; pages come again."""
    found: Watch = app.extensions[EXTENSION]
    found.close_all()


@blueprint.get("/<job_id>/events")
def events(job_id: str) -> Response:
    """Stream the job as it stands, then its changes, as server-sent events until it is settled."""
    services().ledger.jobs.get(job_id)  # Unknown jobs get an answer in words, not a stream.
    after = _asked_cursor()
    found = watch()
    return _streamed(lambda bell: found.changes(job_id, after, bell=bell))


@blueprint.get("/pulse/events")
def beats() -> Response:
    """Stream a beat whenever an open list of jobs may be out of date."""
    found = watch()
    return _streamed(lambda bell: found.beats(bell=bell))


def _streamed(begin: Callable[[Bell | None], Iterator[Told]]) -> Response:
    """Answer with a stream, which has a thread of its own where the server can't do without."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    if watch().full:
        # To a browser's EventSource this says: don't come again. The page polls then.
        return Response(status=204, headers=headers)
    streams: Streams | None = current_app.extensions.get(STREAMS)
    body: Iterator[str] | Stream
    if streams is None:
        body = stream(begin(None))
    else:
        body = Stream(streams, lambda bell: stream(begin(bell)))
    return Response(body, mimetype="text/event-stream", headers=headers)


def stream(told: Iterator[Told]) -> Generator[str]:
    """Write what a page is told as server-sent events.

    The id of a change is the place in the log where a reconnect goes on. A piece is empty where
    there is nothing at the moment.
    """
    yield "retry: 1000\n\n"
    for note in told:
        match note:
            case Update():
                yield f"id: {written(note.seen)}\nevent: change\ndata: {note.json}\n\n"
            case Beat():
                data = json.dumps({"pulse": note.text, "lists": note.lists})
                yield f"event: beat\ndata: {data}\n\n"
            case Note.TROUBLE | Note.BACK:
                words = AWAY if note is Note.TROUBLE else None
                yield f"event: trouble\ndata: {json.dumps({'text': words})}\n\n"
            case Note.NOTHING:
                yield ""
            case _:
                # Keeps proxies from closing, and finds out whether anybody is still there.
                yield ": nothing new\n\n"


@blueprint.get("/<job_id>/since")
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
