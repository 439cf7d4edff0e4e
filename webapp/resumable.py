"""Uploads that go on where a connection broke: a server of the tus protocol, version 1.0.

Core, creation (with a first part or without), expiration, termination and checksums, so that any
tus client works with it. The id of an upload, the last part of its address, stands for the file in
a job's inputs once it is whole.
"""

from typing import Final

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Conflict, HTTPException

from ledger import Ledger
from ledger.errors import NoSuchFile, OverQuota, TooLarge
from ledger.partial_rows import Partial
from ledger.partials import Turn
from ledger.record import StoredFile
from webapp import parts
from webapp.errors import read_on
from webapp.parts import CHECKSUMS
from webapp.questions import Question, questions
from webapp.security import owner
from webapp.services import services
from webapp.signatures import HEAD
from webapp.uploads import PART, contradicted, not_accepted

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,expiration,termination,checksum"

blueprint = Blueprint("resumable", __name__, url_prefix="/api/v1/uploads")


class WrongFile(HTTPException):
    """A file that can't be the answer it was sent for."""

    code = 422
    name = "This file will not do"


@blueprint.before_request
def speak_the_same_version() -> ResponseReturnValue | None:
    """Refuse a client of another protocol."""
    if request.method == "OPTIONS" or request.headers.get("Tus-Resumable") == VERSION:
        return None
    words = f"Uploads are sent by the tus protocol: with the header Tus-Resumable: {VERSION}.\n"
    return Response(words, 412, headers={"Tus-Version": VERSION}, mimetype="text/plain")


@blueprint.after_request
def say_the_version(response: Response) -> Response:
    """Say in every answer what is spoken here."""
    response.headers["Tus-Resumable"] = VERSION
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("", methods=["OPTIONS"])
@blueprint.route("/<upload_id>", methods=["OPTIONS"])
def options(upload_id: str = "") -> Response:
    """Say what this server can do."""
    del upload_id
    can = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(services().settings.max_upload),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return Response(status=204, headers=can)


@blueprint.post("")
def create() -> Response:
    """Begin an upload: 201 with its address; a first part may come along."""
    length = parts.number("Upload-Length")
    description = request.headers.get("Upload-Metadata", "")
    told = parts.metadata(description)
    name = told.get("filename") or told.get("name") or "unnamed"
    _require_welcome(name, length, told)
    partial = _begun(services().ledger, name, length, description)
    headers = {
        "Location": url_for("resumable.offset", upload_id=partial.id),
        "Upload-Offset": "0",
        "Upload-Expires": parts.date(partial.expires_at),
    }
    if request.mimetype == PART or length == 0:
        headers["Upload-Offset"] = str(_receive(partial, 0))
    return Response(status=201, headers=headers)


@blueprint.route("/<upload_id>", methods=["HEAD"])
def offset(upload_id: str) -> Response:
    """Say how much is stored; what is whole and not yet a file, as after a death, becomes one."""
    ledger = services().ledger
    try:
        partial = ledger.partials.rows.get(upload_id, owner())
    except NoSuchFile:
        file = _whole(ledger, upload_id)
        return Response(headers=_offset(file.size, file.size))
    stored = ledger.partials.stored(partial)
    if stored == partial.length:
        with ledger.partials.turn(partial) as turn:
            _finish(turn)
    headers = _offset(stored, partial.length)
    headers["Upload-Expires"] = parts.date(partial.expires_at)
    if partial.description:
        headers["Upload-Metadata"] = partial.description
    return Response(headers=headers)


@blueprint.patch("/<upload_id>")
def append(upload_id: str) -> Response:
    """Take the bytes that follow those which are stored; the last of them make it a file."""
    if request.mimetype != PART:
        abort(415, f"Send the bytes as {PART}.")
    begin = parts.number("Upload-Offset")
    ledger = services().ledger
    try:
        partial = ledger.partials.rows.get(upload_id, owner())
    except NoSuchFile:
        file = _whole(ledger, upload_id)
        read_on()
        raise Conflict(f"It is whole already, all {file.size} bytes of it.") from None
    headers = {"Upload-Offset": str(_receive(partial, begin))}
    headers["Upload-Expires"] = parts.date(partial.expires_at)
    return Response(status=204, headers=headers)


@blueprint.delete("/<upload_id>")
def remove(upload_id: str) -> Response:
    """Remove an upload that is not whole, or that no job uses."""
    ledger = services().ledger
    try:
        ledger.partials.discard(ledger.partials.rows.get(upload_id, owner()))
    except NoSuchFile:
        _whole(ledger, upload_id)
        if not ledger.files.remove_unused(upload_id):
            raise Conflict("A job uses this file; delete it on that job's page.") from None
    return Response(status=204)


@blueprint.post("/<upload_id>")
def instead(upload_id: str) -> Response:
    """Do what a client means that can send nothing but POST."""
    verbs = {"PATCH": append, "DELETE": remove, "HEAD": offset}
    meant = request.headers.get("X-HTTP-Method-Override", "")
    if meant not in verbs:
        abort(405, "Say in X-HTTP-Method-Override what is meant: PATCH, DELETE or HEAD.")
    return verbs[meant](upload_id)


def _require_welcome(name: str, length: int, told: parts.Metadata) -> None:
    """Refuse, before any byte of it, a file that can't be taken.

    Raises:
        TooLarge: it passes the limit.
        WrongFile: it is empty, or of another sort than the field that it is for.
    """
    found = services()
    if length > found.settings.max_upload:
        raise TooLarge(name, found.settings.max_upload)
    question = _asked(told)
    if length == 0 and (question is None or question.strict):
        raise WrongFile(f"{name} is empty.")
    wrong = not_accepted(question, name) if question else ""
    if wrong:
        raise WrongFile(wrong)


def _asked(told: parts.Metadata) -> Question | None:
    """Return the question that a file is an answer to, if its sender says."""
    kind = services().kinds.get(told.get("kind", ""))
    return questions(kind.inputs).get(told.get("field", "")) if kind else None


def _begun(ledger: Ledger, name: str, length: int, description: str) -> Partial:
    """Begin an upload for which there is room.

    Raises:
        OverQuota: there is none.
    """
    ledger.quota.require(owner(), length)
    partial = ledger.partials.rows.begin(owner(), name, length, description)
    try:
        ledger.quota.require(owner())
    except OverQuota:
        ledger.partials.discard(partial)
        raise
    return partial


def _receive(partial: Partial, begin: int) -> int:
    """Store the bytes of this request, as far as they came, and return how many there are now.

    Raises:
        Conflict: they do not follow those which are stored.
        UploadBusy: another request is sending.
        WrongFile: they are not what the name says; the upload is removed.
        StorageError: the storage refuses.
    """
    with services().ledger.partials.turn(partial) as turn:
        if turn.offset != begin:
            read_on()
            raise Conflict(f"{turn.offset} bytes are stored: go on from there.")
        for piece in parts.of_request():
            if turn.offset + len(piece) > partial.length:
                abort(413, f"More came than the {partial.length} bytes that were announced.")
            turn.write(piece)
            if begin == 0 and turn.offset == len(piece) >= HEAD:
                _judge(turn, piece[:HEAD])
        if turn.offset == partial.length:
            _finish(turn)
        return turn.offset


def _judge(turn: Turn, head: bytes) -> None:
    """Remove at its first bytes what is not what it is called."""
    partial = turn.partial
    question = _asked(parts.metadata(partial.description))
    if wrong := contradicted(question, partial.name, head):
        turn.discard()
        read_on()
        raise WrongFile(wrong)


def _finish(turn: Turn) -> None:
    _judge(turn, turn.head(HEAD))
    turn.finish()


def _whole(ledger: Ledger, upload_id: str) -> StoredFile:
    """Return an upload of this person that is whole.

    Raises:
        NoSuchFile: there is none, or it has expired.
    """
    found = ledger.files.uploads([upload_id], owner()).get(upload_id)
    if found is None:
        raise NoSuchFile("There is no such upload, or it has expired.")
    return found


def _offset(stored: int, length: int) -> dict[str, str]:
    return {"Upload-Offset": str(stored), "Upload-Length": str(length)}
