"""What a request of the tus protocol carries: words in its headers, and bytes."""

import base64
import binascii
import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import format_datetime
from typing import IO, Final

from flask import abort, request
from werkzeug.exceptions import ClientDisconnected, HTTPException

from webapp.uploads import PIECE

CHECKSUMS: Final = ("sha256", "sha1", "md5")
LARGEST_CHECKED: Final = 1 << 26  # bytes of a part with a checksum; none counts before all agree
LONGEST_METADATA: Final = 4_000  # characters

Metadata = Mapping[str, str]


class ChecksumMismatch(HTTPException):
    """A part's bytes are not those that were meant."""

    code = 460
    name = "Checksum Mismatch"


def number(header: str) -> int:
    """Return a header that counts bytes."""
    text = request.headers.get(header, "")
    if not (text.isascii() and text.isdigit()) or len(text) > 18:  # noqa: PLR2004 - of 64 bits
        abort(400, f"{header} is needed, a whole number of bytes.")
    return int(text)


def metadata(header: str) -> Metadata:
    """Return what a client says of its file: words, each with a text in base64 behind it."""
    if len(header) > LONGEST_METADATA:
        abort(400, f"Upload-Metadata has more than {LONGEST_METADATA} characters.")
    pairs = [part.split() for part in header.split(",") if part.strip()]
    try:
        return {
            word: base64.b64decode("".join(text), validate=True).decode("utf-8")
            for word, *text in pairs
        }
    except (binascii.Error, UnicodeDecodeError):
        abort(400, "Upload-Metadata is not of the form: name base64,name base64.")


def date(moment: datetime) -> str:
    """Return a moment as headers write it."""
    return format_datetime(moment, usegmt=True)


def of_request() -> Iterator[bytes]:
    """Yield the bytes of the request as they come; where it breaks off, they end.

    Bytes with a checksum are yielded when it agrees, so that none of them is stored before.
    """
    checksum = request.headers.get("Upload-Checksum")
    if checksum is None:
        yield from _arriving()
        return
    with tempfile.TemporaryFile() as held:
        _hold(held, checksum)
        held.seek(0)
        while piece := held.read(PIECE):
            yield piece


def _arriving() -> Iterator[bytes]:
    try:
        while piece := request.stream.read(PIECE):
            yield piece
    except (ClientDisconnected, OSError):
        return  # Whoever sent it has gone, or was silent for too long.


def _hold(held: IO[bytes], checksum: str) -> None:
    """Take a whole part aside.

    Raises:
        ChecksumMismatch: it did not come as it was sent, or not whole.
    """
    algorithm, _, expected = checksum.partition(" ")
    if algorithm not in CHECKSUMS:
        abort(400, f"Upload-Checksum begins with one of {', '.join(CHECKSUMS)}.")
    length = request.content_length
    if length is None or length > LARGEST_CHECKED:
        abort(413, f"A part with a checksum has at most {LARGEST_CHECKED} bytes, and says so.")
    found = hashlib.new(algorithm, usedforsecurity=False)
    for piece in _arriving():
        held.write(piece)
        found.update(piece)
    if base64.b64encode(found.digest()).decode() != expected.strip():
        raise ChecksumMismatch("These bytes are not those that were meant: send them again.")
