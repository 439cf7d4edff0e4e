"""Files on their way in: a request's body is written straight into the storage, and looked at."""

import logging
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import PurePath
from typing import IO, Any, Final, cast

import flask

from ledger import Ledger
from ledger.errors import OverQuota, StorageError
from ledger.files import Files, display_name, media_type
from ledger.record import StoredFile
from ledger.storage import Writer
from webapp.hints import accepted
from webapp.mistakes import Mistake
from webapp.questions import Question
from webapp.security import owner
from webapp.services import services
from webapp.signatures import HEAD, contradiction

PIECE: Final = 1 << 20  # bytes that are copied at a time
PART: Final = "application/offset+octet-stream"  # what tus calls the bytes of an upload
MOST_PARTS: Final = 10_000  # of a form: texts, ids and files
LONGEST_TEXT: Final = 10_000_000  # bytes of one text in a form, and of a body without files

logger = logging.getLogger(__name__)


class Incoming:
    """A file that arrives piece by piece and is in the storage when it is there.

    It has no row, and is deleted when it is closed, unless it has been kept. Nothing is stored
    before its first byte.

    Args:
        files: where it goes.
        name: as the sender calls it.
        limit: bytes; a larger file is refused.
    """

    def __init__(self, files: Files, name: str, limit: int) -> None:
        self.name = display_name(name)
        self.head = b""
        self._files = files
        self._limit = limit
        self._writer: Writer | None = None

    def write(self, piece: bytes) -> int:
        """Store a piece.

        Raises:
            TooLarge: the limit is passed.
            StorageError: the storage refuses.
        """
        if self._writer is None:
            self._writer = self._files.receive(self.name, self._limit)
        if len(self.head) < HEAD:
            self.head += piece[: HEAD - len(self.head)]
        return self._writer.write(piece)

    def seek(self, _offset: int, _whence: int = 0) -> int:
        """Do nothing: werkzeug rewinds what it has written, and nobody reads it from here."""
        return 0

    def wrong(self, question: Question) -> str:
        """Return why this file can't be the answer, or nothing."""
        if not self.head and question.strict:
            return f"{self.name} is empty."
        return not_accepted(question, self.name) or contradicted(question, self.name, self.head)

    def keep(self, owner: str) -> StoredFile:
        """Give the file a row.

        Raises:
            StorageError: its last bytes could not be written.
            LedgerUnavailable: the row could not be written.
        """
        if self._writer is None:
            self._writer = self._files.receive(self.name, self._limit)  # Not a byte came.
        writer, self._writer = self._writer, None
        return self._files.accept(writer, owner)

    def close(self) -> None:
        """Delete what has not been kept.

        Raises:
            StorageError: the storage does not answer.
        """
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.discard()


class Request(flask.Request):
    """A request whose files go to the storage while they arrive, and nowhere in between.

    Without files, a body is held in memory, and so it is bounded; each file has a limit of its own,
    and so has each upload that comes in parts.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.incoming: list[Incoming] = []
        self.max_form_memory_size = LONGEST_TEXT
        self.max_form_parts = MOST_PARTS
        if self.mimetype not in {"multipart/form-data", PART}:
            self.max_content_length = LONGEST_TEXT

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        found = services()
        if not self.incoming and "person" in flask.g:
            # Before a byte of it is stored; the rest of the form is as good as nothing beside it.
            found.ledger.quota.require(owner(), self.content_length or 0)
        incoming = Incoming(found.ledger.files, filename or "", found.settings.max_upload)
        self.incoming.append(incoming)
        return cast(IO[bytes], incoming)

    def close(self) -> None:
        """Delete the files that nobody has kept: their request was refused, or broke off."""
        for incoming in self.incoming:
            try:
                incoming.close()
            except StorageError as error:
                logger.warning("An unwanted upload is left in the storage: %s", error)


def keep(
    arrived: Iterable[tuple[Question, Incoming]], owner: str
) -> tuple[dict[str, list[StoredFile]], list[Mistake]]:
    """Keep the files that can be answers; return them by question, and what is wrong with others.

    Raises:
        StorageError: a file's last bytes could not be written.
        LedgerUnavailable: a row could not be written.
    """
    kept: dict[str, list[StoredFile]] = {}
    mistakes = []
    for question, incoming in arrived:
        wrong = incoming.wrong(question)
        if wrong:
            mistakes.append(Mistake(question.name, wrong))
            incoming.close()
        else:
            file = incoming.keep(owner)
            kept.setdefault(question.name, []).append(file)
            _require_room(services().ledger, file)
    return kept, mistakes


def _require_room(ledger: Ledger, file: StoredFile) -> None:
    """Remove a file again that is too much.

    Raises:
        OverQuota: it is.
    """
    try:
        ledger.quota.require(file.owner)
    except OverQuota:
        ledger.files.remove_unused(file.id)
        raise


def contradicted(question: Question | None, name: str, head: bytes) -> str:
    """Return why a file's first bytes make it no answer, or nothing."""
    return contradiction(name, head) if question is None or question.strict else ""


def not_accepted(question: Question, name: str) -> str:
    """Return why a file of this name can't be the answer, or nothing."""
    if not question.strict:
        return ""
    suffix, kind = PurePath(name).suffix.lower(), media_type(name)
    for pattern in question.accept:
        if suffix == pattern.lower() or fnmatch(kind, pattern):
            return ""
    return f"{name} will not do: give {accepted(question.accept)}." if question.accept else ""


def known(
    ledger: Ledger, question: Question, ids: Iterable[str], owner: str
) -> tuple[list[StoredFile], list[Mistake]]:
    """Return the uploads of this person that are named, and what is wrong with the others.

    Raises:
        LedgerUnavailable: the database does not answer.
    """
    ids = list(dict.fromkeys(ids))
    found = ledger.files.uploads(ids, owner) if ids else {}
    gone = "A file that was uploaded earlier is no longer here; choose it again."
    mistakes = [Mistake(question.name, gone)] if len(found) < len(ids) else []
    wrong = {file.id: not_accepted(question, file.name) for file in found.values()}
    mistakes += [Mistake(question.name, words) for words in wrong.values() if words]
    return [found[one] for one in ids if one in found and not wrong[one]], mistakes
