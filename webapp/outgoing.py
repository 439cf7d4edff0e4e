"""Bytes on their way out: the whole of a file or one range of it, and never too many at a time."""

import io
import threading
from contextlib import ExitStack, suppress
from typing import IO, Any, Final, cast

from flask import Blueprint, Response, current_app, request, send_file
from flask.blueprints import BlueprintSetupState
from werkzeug.exceptions import ServiceUnavailable
from werkzeug.wsgi import FileWrapper

from ledger.errors import StorageError
from ledger.files import Files, display_name
from ledger.record import StoredFile

# Each holds a thread for as long as it takes. Together with the open job pages they leave some of
# gunicorn's threads to everything else.
MOST: Final = 96
RETRY_AFTER: Final = 5  # seconds
PIECE: Final = 1 << 18  # bytes that are read at a time where the kernel can't send by itself
EXTENSION: Final = "postroom.outgoing"

blueprint = Blueprint("outgoing", __name__)


@blueprint.record_once
def count_places(state: BlueprintSetupState) -> None:
    """Give the app its own count of what is on its way."""
    state.app.extensions[EXTENSION] = threading.BoundedSemaphore(MOST)


class Place:
    """One of the MOST places that there are for answers with files.

    Raises:
        ServiceUnavailable: all of them are taken.
    """

    def __init__(self) -> None:
        self._places: threading.BoundedSemaphore = current_app.extensions[EXTENSION]
        self._taken = self._places.acquire(blocking=False)
        if not self._taken:
            raise ServiceUnavailable(
                "So many files are being fetched that this one has to wait. Try again in a moment.",
                retry_after=RETRY_AFTER,
            )

    def leave(self) -> None:
        """Give the place to somebody else; once it is given, this does nothing."""
        if self._taken:
            self._taken = False
            self._places.release()


class Outgoing(io.RawIOBase):
    """A file that is open for an answer, and holds its place until it is closed."""

    def __init__(self, file: IO[bytes], place: Place) -> None:
        self._file = file
        self._place = place

    def readable(self) -> bool:
        """Return True: this is what it is for."""
        return True

    def seekable(self) -> bool:
        """Return True: the storage opens files so."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes, at most so many."""
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to a place in the file."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self._file.tell()

    def fileno(self) -> int:
        """Return the descriptor of a local file.

        Raises:
            OSError: the bytes are elsewhere.
        """
        return self._file.fileno()

    def close(self) -> None:
        """Close the file and give its place back."""
        if not self.closed:
            self._file.close()
            self._place.leave()
        super().close()


def sent(files: Files, file: StoredFile, media_type: str, *, attached: bool) -> Response:
    """Answer with a file, whole or in the one range that the request names.

    A request for several ranges at once, for more of its end than there is, or for what is no range
    gets the whole file, as RFC 9110 allows or asks for; HEAD knows no ranges.

    Args:
        files: where its bytes are.
        file: what is known of it.
        media_type: the browser is told this, and not to guess otherwise.
        attached: whether it is to be saved rather than shown.

    Raises:
        StorageError: the storage does not answer, or has not as many bytes as there were.
        ServiceUnavailable: too many files are on their way.
    """
    with ExitStack() as unless_sent:
        place = Place()
        unless_sent.callback(place.leave)
        opened = Outgoing(files.open(file), place)
        unless_sent.callback(opened.close)
        if opened.seek(0, io.SEEK_END) != file.size:
            # Where fewer come than were announced, a client waits for the rest.
            raise StorageError(f"{file.name} has changed in the storage since it was made.")
        opened.seek(0)
        response = _answer(file, opened, media_type, attached=attached)
        unless_sent.pop_all()
    return response


def _answer(file: StoredFile, opened: Outgoing, media_type: str, *, attached: bool) -> Response:
    response = send_file(
        cast(IO[bytes], opened),
        mimetype=media_type,
        as_attachment=attached,
        download_name=display_name(file.name),  # A line end in a name would end the header, too.
        etag=file.sha256,
        last_modified=file.created_at,
        conditional=False,  # Without the length, which only we know, no range can be answered.
    )
    response.content_length = file.size
    response.accept_ranges = "bytes"
    response.response = FileWrapper(cast(IO[bytes], opened), PIECE)
    in_part = _asks_for_one_range(file.size)
    response.make_conditional(request, accept_ranges=in_part, complete_length=file.size)
    _let_the_kernel_send(response, opened)
    return response


def _asks_for_one_range(size: int) -> bool:
    asked = request.range
    if request.method != "GET" or asked is None or asked.units != "bytes":
        return False
    # Left to itself, werkzeug refuses several ranges, and ends that are longer than the file.
    return len(asked.ranges) == 1 and asked.ranges[0][0] >= -size


def _let_the_kernel_send(response: Response, opened: Outgoing) -> None:
    """Hand a local file to the server, which sends it without a copy of ours.

    The server begins where the file stands, and ends after as many bytes as the header says.
    """
    wrap: Any = request.environ.get("wsgi.file_wrapper")
    if wrap is None or response.status_code not in {200, 206}:
        return
    with suppress(OSError):
        opened.fileno()
        opened.seek(response.content_range.start or 0)
        response.response = wrap(opened, PIECE)
