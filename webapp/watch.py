"""One poller of the ledger per process tells every open page what has changed.

    watcher ── registers ──► Watch ── revisions? a few times a second ──► ledger
       ▲                       │
       └── Update, Beat … ─────┘     one reading and one rendering per change, for all watchers

The poller's thread begins with the first watcher and ends with the last. A watcher holds no
connection to the database while nothing happens; it has a bounded queue, and where it can't keep
up, or hears of a log that does not continue its own, it reads the job by itself.
"""

import logging
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from ledger import Ledger
from ledger.errors import LedgerUnavailable, NoSuchJob
from ledger.logs import START
from webapp.fragments import Cursor, Renderer, Update, snapshot
from webapp.watchers import Beat, Bell, JobWatcher, Note, Told, Watcher

logger = logging.getLogger(__name__)

EVERY: Final = 0.15  # seconds between two questions to the ledger
HEARTBEAT: Final = 15.0  # seconds of silence after which a stream says that it lives
LISTS: Final = ""  # what an open list of jobs looks at; no job has this id

Found = TypeVar("Found")


@dataclass(slots=True)
class _Watched:
    """Something at which somebody looks, as the poller last read it; lists have but their pulse."""

    seen: Cursor
    revision: int = -1
    text: str = ""
    watchers: set[Watcher] = field(default_factory=set)


class Watch:
    """Who looks at what, and the thread that asks the ledger for them.

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
        self.most = most
        self._every = every
        self._lock = threading.Lock()
        self._watched: dict[str, _Watched] = {}
        self._watchers = 0
        self._away = False
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    @property
    def thread(self) -> threading.Thread | None:
        """The poller, while anybody looks."""
        return self._thread

    @property
    def full(self) -> bool:
        """Whether no further watcher is let in, for there are too many or this process stops."""
        return self._watchers >= self.most or self._closed.is_set()

    def read(self, job: str, after: Cursor) -> Update:
        """Read and render a job by itself.

        Raises:
            NoSuchJob: there is none of this id.
            LedgerUnavailable: the ledger does not answer.
        """
        return self.renderer.update(snapshot(self._ledger, job, after))

    def changes(
        self, job: str, after: Cursor, heartbeat: float = HEARTBEAT, bell: Bell | None = None
    ) -> Generator[Update | Note]:
        """Yield the job as it stands, then every change, until it is settled or `close_all`.

        Args:
            job: its id.
            after: the last line of the log that is known already.
            heartbeat: seconds after which SILENCE is yielded, so that the caller can find out
                whether anybody is still there.
            bell: where it is given, the generator never waits: it yields NOTHING, and the bell is
                rung, by another thread, when there is something.

        Every line of the log after `after` is in exactly one update. The last update of a job
        that is settled says so; a stream that ends otherwise is to be asked for again.
        """
        watcher = JobWatcher(job, after, bell)
        with self._registered(watcher, after):
            for note in self._notes(watcher, heartbeat):
                for found in self._of_job(watcher, note):
                    if found is Note.CLOSE:
                        return
                    if watcher.hears(found):
                        yield found
                    if isinstance(found, Update) and found.settled:
                        return

    def beats(
        self, heartbeat: float = HEARTBEAT, bell: Bell | None = None
    ) -> Generator[Beat | Note]:
        """Yield the beat of this moment, and another whenever a list of jobs may be out of date.

        Args:
            heartbeat: as with `changes`.
            bell: as with `changes`.
        """
        watcher, last = Watcher(LISTS, bell), ""
        with self._registered(watcher, START):
            for note in self._notes(watcher, heartbeat):
                found = self._looked(watcher, self._beat) if note is Note.LOOK else note
                if isinstance(found, Beat):
                    last, before = found.text, last
                    if last == before:
                        continue
                if watcher.hears(found) and not isinstance(found, Update):
                    yield found

    @staticmethod
    def _notes(watcher: Watcher, heartbeat: float) -> Iterator[Told]:
        """Yield what a watcher is told, LOOK first, until it is to close."""
        watcher.tell(Note.LOOK)
        while (note := watcher.next(heartbeat)) is not Note.CLOSE:
            yield Note.LOOK if note is Note.BACK and watcher.owed else note

    def _of_job(self, watcher: JobWatcher, note: Told) -> Iterator[Update | Note]:
        """Turn a note into what the watcher has not been sent yet."""
        if isinstance(note, Update):
            if watcher.has(note):
                return
            if note.after == watcher.seen:
                watcher.takes(note)
                yield note
                return
            note = Note.LOOK
        if note is Note.LOOK:
            yield from self._read_by_itself(watcher)
        elif isinstance(note, Note):  # Beats are for lists.
            yield note

    def _read_by_itself(self, watcher: JobWatcher) -> Iterator[Update | Note]:
        complete = False
        while not complete:
            try:
                found = self._looked(watcher, lambda: self.read(watcher.subject, watcher.seen))
            except NoSuchJob:
                found = Note.CLOSE
            if isinstance(found, Update):
                watcher.takes(found)
            complete = not isinstance(found, Update) or found.complete
            yield found

    def _looked(self, watcher: Watcher, read: Callable[[], Found]) -> Found | Note:
        """Have something read for one watcher, or owe it that while the ledger is away.

        An absent database can keep each who asks waiting for seconds: only the poller asks then.
        """
        watcher.owed = True
        if self._away:
            return Note.TROUBLE
        try:
            found = read()
        except LedgerUnavailable as error:
            self._lose(error)
            return Note.TROUBLE
        watcher.owed = False
        return found

    def _beat(self) -> Beat:
        return Beat(self._ledger.listing.pulse())

    @contextmanager
    def _registered(self, watcher: Watcher, seen: Cursor) -> Iterator[None]:
        with self._lock:
            watched = self._watched.setdefault(watcher.subject, _Watched(seen))
            watched.watchers.add(watcher)
            self._watchers += 1
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
                self._watchers -= 1
                if not watched.watchers:
                    del self._watched[watcher.subject]

    def close_all(self) -> None:
        """End every stream at once, and let no new one begin: this process stops."""
        self._closed.set()
        self._tell_everybody(Note.CLOSE)

    def _tell_everybody(self, note: Note) -> None:
        with self._lock:
            watched = list(self._watched.values())
        for one in watched:
            self._tell(one, note)

    def _tell(self, one: _Watched, note: Told) -> None:
        with self._lock:
            watchers = list(one.watchers)
        for watcher in watchers:
            watcher.tell(note)

    def _run(self) -> None:
        """Poll until nobody looks any more."""
        try:
            while self._is_needed():
                try:
                    self._poll()
                except LedgerUnavailable as error:
                    self._lose(error)
                else:
                    self._find_again()
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

    def _lose(self, error: LedgerUnavailable) -> None:
        if not self._away:
            self._away = True
            logger.warning("Open pages stand still, for the ledger is away: %s", error)
            self._tell_everybody(Note.TROUBLE)

    def _find_again(self) -> None:
        if self._away:
            self._away = False
            logger.warning("The ledger answers again, so open pages go on.")
            self._tell_everybody(Note.BACK)

    def _poll(self) -> None:
        with self._lock:
            watched = dict(self._watched)
        lists = watched.pop(LISTS, None)
        if lists is not None and (text := self._ledger.listing.pulse()) != lists.text:
            lists.text = text
            self._tell(lists, Beat(text, len(lists.watchers)))
        if watched:
            revisions = self._ledger.jobs.revisions(watched)
            for job, one in watched.items():
                if revisions.get(job) != one.revision:
                    self._read_for_all(job, one)

    def _read_for_all(self, job: str, one: _Watched) -> None:
        """Read a job once for all who look, in as many pieces as its log needs."""
        complete = False
        while not complete:
            note: Update | Note
            try:
                note = self.read(job, one.seen)
                one.revision, one.seen, complete = note.revision, note.seen, note.complete
            except NoSuchJob:
                note, complete = Note.LOOK, True  # Each watcher finds out, and ends.
            # Listed after the reading: who comes later reads for itself, later still.
            self._tell(one, note)
