"""One poller of the ledger per process tells every open page what has changed.

    watcher ── registers ──► Watch ── revisions? every 250 ms ──► ledger
       ▲                       │
       └── Update, Trouble … ──┘      one reading and one rendering per change, for all watchers

The poller's thread begins with the first watcher and ends with the last. A watcher holds no
connection to the database while nothing happens; it has a bounded queue, and where it can't keep
up, or hears of a log that does not continue its own, it reads the job by itself.
"""

import logging
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from queue import Empty, Full, Queue
from typing import Final

from ledger import Ledger
from ledger.errors import LedgerUnavailable, NoSuchJob
from webapp.fragments import Cursor, Renderer, Update, snapshot

logger = logging.getLogger(__name__)

EVERY: Final = 0.25  # seconds between two questions to the ledger
HEARTBEAT: Final = 15.0  # seconds of silence after which a stream says that it lives
RETRY: Final = 1.0  # seconds after which a watcher asks a silent ledger again
QUEUED: Final = 16  # notes that a slow watcher may leave unread


class Note(Enum):
    """What a watcher is told besides updates."""

    LOOK = auto()  # Something happened: read the job yourself.
    TROUBLE = auto()  # The ledger does not answer.
    SILENCE = auto()  # Nothing has happened for a while.
    CLOSE = auto()  # This process stops, or the job is gone: ask again, elsewhere.


class Watcher:
    """One open page: what it has been sent, and the notes that wait for it."""

    def __init__(self, job: str, seen: Cursor) -> None:
        self.job = job
        self.revision = -1
        self.seen = seen
        self._notes: Queue[Update | Note] = Queue(QUEUED)
        self._behind = threading.Event()
        self._closed = threading.Event()

    def tell(self, note: Update | Note) -> None:
        """Leave a note; where too many are unread, they give way to LOOK. It never waits."""
        if note is Note.CLOSE:
            self._closed.set()
        try:
            self._notes.put_nowait(note)
        except Full:
            self._behind.set()

    def next(self, timeout: float) -> Update | Note:
        """Wait for the next note, or for SILENCE after so many seconds."""
        try:
            note = self._notes.get(timeout=timeout)
        except Empty:
            return Note.SILENCE
        if self._closed.is_set():
            return Note.CLOSE
        if self._behind.is_set():
            # Cleared first: what is told from here on stays, and what is dropped is older than
            # the reading that LOOK asks for.
            self._behind.clear()
            while not self._notes.empty():
                self._notes.get_nowait()
            return Note.LOOK
        return note

    def takes(self, update: Update) -> None:
        """Remember that an update has been sent."""
        self.revision, self.seen = update.revision, update.seen


@dataclass(slots=True)
class _Watched:
    """A job at which somebody looks, as the poller last read it."""

    revision: int
    seen: Cursor
    watchers: set[Watcher] = field(default_factory=set)


class Watch:
    """Who looks at which job, and the thread that asks the ledger for them.

    Args:
        ledger: what it asks.
        renderer: turns what it finds into pages.
        every: seconds between two questions.
        most: watchers at a time; the others have to poll.
    """

    def __init__(
        self, ledger: Ledger, renderer: Renderer, every: float = EVERY, most: int = 400
    ) -> None:
        self._ledger = ledger
        self.renderer = renderer
        self._every = every
        self._most = most
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    @property
    def thread(self) -> threading.Thread | None:
        """The poller, while anybody looks."""
        return self._thread

    @property
    def full(self) -> bool:
        """Whether no further watcher is let in, for there are too many or this process stops."""
        with self._lock:
            watchers = sum(len(one.watchers) for one in self._watched.values())
        return watchers >= self._most or self._closed.is_set()

    def read(self, job: str, after: Cursor) -> Update:
        """Read and render a job by itself.

        Raises:
            NoSuchJob: there is none of this id.
            LedgerUnavailable: the ledger does not answer.
        """
        return self.renderer.update(snapshot(self._ledger, job, after))

    def changes(
        self, job: str, after: Cursor, heartbeat: float = HEARTBEAT
    ) -> Generator[Update | Note]:
        """Yield the job as it stands, then every change, until it is settled or `close_all`.

        Args:
            job: its id.
            after: the last line of the log that is known already.
            heartbeat: seconds after which SILENCE is yielded, so that the caller can find out
                whether anybody is still there.

        Every line of the log after `after` is in exactly one update. The last update of a job
        that is settled says so; a stream that ends otherwise is to be asked for again.
        """
        watcher = Watcher(job, after)
        with self._registered(watcher):
            watcher.tell(Note.LOOK)
            in_trouble = False
            while True:
                note = watcher.next(RETRY if in_trouble else heartbeat)
                if note is Note.CLOSE:
                    return
                if in_trouble and note is Note.SILENCE:
                    note = Note.LOOK
                for found in self._found(watcher, note):
                    if found is Note.CLOSE:
                        return
                    if found is not Note.TROUBLE or not in_trouble:
                        yield found
                    in_trouble = found is Note.TROUBLE
                    if isinstance(found, Update) and found.settled:
                        return

    def _found(self, watcher: Watcher, note: Update | Note) -> Iterator[Update | Note]:
        """Turn a note into what the watcher has not been sent yet."""
        if isinstance(note, Update):
            if note.revision <= watcher.revision:
                return
            if note.after == watcher.seen and note.complete:
                watcher.takes(note)
                yield note
                return
        elif note is not Note.LOOK:
            yield note
            return
        complete = False
        while not complete:
            try:
                update = self.read(watcher.job, watcher.seen)
            except LedgerUnavailable:
                yield Note.TROUBLE
                return
            except NoSuchJob:
                yield Note.CLOSE
                return
            watcher.takes(update)
            complete = update.complete
            yield update

    @contextmanager
    def _registered(self, watcher: Watcher) -> Iterator[None]:
        with self._lock:
            watched = self._watched.setdefault(watcher.job, _Watched(-1, watcher.seen))
            watched.watchers.add(watcher)
            if self._closed.is_set():
                watcher.tell(Note.CLOSE)
            elif self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                watched.watchers.discard(watcher)
                if not watched.watchers:
                    del self._watched[watcher.job]

    def close_all(self) -> None:
        """End every stream at once, and let no new one begin: this process stops."""
        self._closed.set()
        self._tell_everybody(Note.CLOSE)

    def _tell_everybody(self, note: Note) -> None:
        with self._lock:
            watchers = [one for watched in self._watched.values() for one in watched.watchers]
        for watcher in watchers:
            watcher.tell(note)

    def _run(self) -> None:
        """Poll until nobody looks any more."""
        try:
            answers = True
            while self._is_needed():
                answers = self._poll_or_tell(answers)
                self._closed.wait(self._every)
        finally:
            with self._lock:
                failed = self._thread is threading.current_thread()
                if failed:
                    self._thread = None
            if failed:
                # A fault of ours must not leave pages waiting: they ask again, and the next one
                # to come starts another thread.
                self._tell_everybody(Note.CLOSE)

    def _is_needed(self) -> bool:
        with self._lock:
            if self._watched and not self._closed.is_set():
                return True
            self._thread = None
            return False

    def _poll_or_tell(self, answered: bool) -> bool:  # noqa: FBT001 - what the last call returned
        """Poll once and return whether the ledger answered, telling everybody when that turns."""
        try:
            self._poll()
        except LedgerUnavailable as error:
            if answered:
                logger.warning("Open pages stand still, for the ledger is away: %s", error)
                self._tell_everybody(Note.TROUBLE)
            return False
        if not answered:
            logger.warning("The ledger answers again, so open pages go on.")
            self._tell_everybody(Note.LOOK)
        return True

    def _poll(self) -> None:
        with self._lock:
            watched = dict(self._watched)
        revisions = self._ledger.jobs.revisions(watched)
        for job, one in watched.items():
            if revisions.get(job) == one.revision:
                continue
            note: Update | Note
            try:
                note = self.read(job, one.seen)
                one.revision, one.seen = note.revision, note.seen
            except NoSuchJob:
                note = Note.LOOK  # Each watcher finds out, and ends.
            # Listed after the reading: who comes later reads for itself, later still.
            with self._lock:
                watchers = list(one.watchers)
            for watcher in watchers:
                watcher.tell(note)
