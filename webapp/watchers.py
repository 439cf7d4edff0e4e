"""Who looks at an open page, and the notes that wait for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from queue import Empty, Full, Queue
from typing import Final

from webapp.fragments import Cursor, Update

QUEUED: Final = 16  # notes that a slow watcher may leave unread

Bell = Callable[[], None]


class Note(Enum):
    """What a watcher is told besides what it looks at."""

    LOOK = auto()  # Something happened: read it yourself.
    TROUBLE = auto()  # The ledger does not answer.
    BACK = auto()  # It answers again.
    SILENCE = auto()  # Nothing has happened for a while.
    NOTHING = auto()  # Nothing waits at this moment; for those who have a bell.
    CLOSE = auto()  # This process stops, or the job is gone: ask again, elsewhere.


@dataclass(frozen=True, slots=True)
class Beat:
    """Jobs have come, moved on or settled; two beats of the same text say the same.

    `lists` is how many are told of it, which better not all ask for the new list in one moment.
    """

    text: str
    lists: int = 0


Told = Update | Beat | Note


class Watcher:
    """One open page: what it has been sent, and the notes that wait for it.

    Args:
        subject: what it looks at; a job's id, or LISTS of `webapp/watch.py`.
        bell: is called, by another thread, when a note has come. Whoever has one never waits in
            `next`.
    """

    def __init__(self, subject: str, bell: Bell | None = None) -> None:
        self.subject = subject
        self.owed = False  # whether it was to look, and the ledger did not answer
        self._in_trouble = False  # as far as its page has been told
        self._bell = bell
        self._notes: Queue[Told] = Queue(QUEUED)
        self._behind = False
        self._closed = False
        self._heard_at = time.monotonic()

    def tell(self, note: Told) -> None:
        """Leave a note; where too many are unread, they give way to LOOK. It never waits."""
        if note is Note.CLOSE:
            self._closed = True
        try:
            self._notes.put_nowait(note)
        except Full:
            self._behind = True
        if self._bell is not None:
            self._bell()

    def next(self, timeout: float) -> Told:
        """Wait for the next note, or for SILENCE after so many seconds.

        Whoever has a bell is told NOTHING instead of waiting.
        """
        try:
            note = self._notes.get(self._bell is None, timeout)
        except Empty:
            if self._bell is not None and time.monotonic() - self._heard_at < timeout:
                return Note.NOTHING
            note = Note.SILENCE
        self._heard_at = time.monotonic()
        if self._closed:
            return Note.CLOSE
        if self._behind:
            # Cleared first: what is told from here on stays, and what is dropped is older than
            # the reading that LOOK asks for.
            self._behind = False
            self._empty()
            return Note.LOOK
        return note

    def hears(self, found: Told) -> bool:
        """Return whether its page is to be told; of trouble, when it begins and when it ends."""
        was, self._in_trouble = self._in_trouble, found is Note.TROUBLE
        if found is Note.SILENCE or found is Note.NOTHING:
            self._in_trouble = was
        if found is Note.TROUBLE:
            return not was
        return was or found is not Note.BACK

    def _empty(self) -> None:
        while True:
            try:
                self._notes.get_nowait()
            except Empty:
                return


class JobWatcher(Watcher):
    """An open page of one job; `revision` and `seen` are what it has been sent."""

    def __init__(self, job: str, seen: Cursor, bell: Bell | None = None) -> None:
        super().__init__(job, bell)
        self.revision = -1
        self.seen = seen

    def has(self, update: Update) -> bool:
        """Return whether an update holds nothing that it has not been sent."""
        if update.revision != self.revision:
            return update.revision < self.revision
        return update.seen <= self.seen

    def takes(self, update: Update) -> None:
        """Remember that an update has been sent."""
        self.revision, self.seen = update.revision, update.seen
