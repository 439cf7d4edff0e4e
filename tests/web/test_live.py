"""What an open job page hears: everything once, in order, until the job is settled."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask

from ledger import Ledger
from ledger.errors import LedgerUnavailable
from ledger.logs import START
from ledger.outcome import Outcome
from ledger.record import Claim, Ending, Job, LogLine, Progress, State
from tasks.kind import kinds
from tests.ledger.conftest import claimed, submit
from tests.waiting import until
from webapp.fragments import PIECE, Cursor, Renderer, Snapshot, Update, snapshot
from webapp.live import EXTENSION
from webapp.watch import Watch
from webapp.watchers import QUEUED, Beat, Note

DEADLINE = 10.0  # seconds
DONE = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"greeting": "Hello"})


@pytest.fixture
def watch(app: Flask, ledger: Ledger) -> Iterator[Watch]:
    opened = Watch(ledger, renderer(app), every=0.01)
    yield opened
    opened.close_all()


def renderer(app: Flask) -> Renderer:
    found: Watch = app.extensions[EXTENSION]
    return found.renderer


class Page:
    """What an open page has been sent."""

    def __init__(self, watch: Watch, job: str) -> None:
        self.changes = watch.changes(job, START, heartbeat=0.05)
        self.heard: list[Update | Note] = []
        self.lines: list[str] = []

    def next(self) -> Update | Note | None:
        """Return what comes next, silence aside; None at the stream's end."""
        deadline = time.monotonic() + DEADLINE
        for found in self.changes:
            if found is not Note.SILENCE:
                self.heard.append(found)
                if isinstance(found, Update):
                    self.lines += re.findall(r'class="text">(.*?)</span>', found.log)
                return found
            assert time.monotonic() < deadline, "nothing came"
        return None

    def until_revision(self, revision: int) -> Update:
        while found := self.next():
            if isinstance(found, Update) and found.revision >= revision:
                return found
        raise AssertionError(f"the stream ended before revision {revision}")

    def rest(self) -> Update | Note | None:
        """Read to the stream's end, and return the last that came."""
        while self.next():
            pass
        return self.heard[-1]


def say(ledger: Ledger, claim: Claim, first: int, last: int) -> None:
    ledger.attempts.report(claim, Progress(last, 100, "counting"), lines(claim, first, last))


def lines(claim: Claim, first: int, last: int) -> list[LogLine]:
    now = datetime.now(UTC)
    return [LogLine(claim.attempt, n, now, "INFO", f"line {n}") for n in range(first, last + 1)]


def numbered(first: int, last: int) -> list[str]:
    return [f"line {n}" for n in range(first, last + 1)]


def test_a_page_hears_of_every_change_until_the_job_is_settled(
    watch: Watch, ledger: Ledger
) -> None:
    job = submit(ledger)
    page = Page(watch, job)
    first = page.next()
    assert isinstance(first, Update)
    assert first.title.startswith("Waiting for the broker")
    claim = claimed(ledger, job)
    page.until_revision(1)
    say(ledger, claim, 1, 3)
    assert "counting" in page.until_revision(2).fragments["progress"].html
    ledger.attempts.settle(claim, DONE, lines=lines(claim, 4, 5))
    last = page.rest()
    assert isinstance(last, Update)
    assert (last.settled, last.tone) == (True, "succeeded")
    assert "Hello" in last.fragments["result"].html
    assert page.lines == numbered(1, 5)


def test_nobody_polls_before_the_first_page_or_after_the_last(watch: Watch, ledger: Ledger) -> None:
    assert watch.thread is None
    one, two = Page(watch, submit(ledger)), Page(watch, submit(ledger))
    one.next()
    two.next()
    polling = watch.thread
    assert polling is not None
    assert polling.is_alive()
    one.changes.close()
    assert watch.thread is polling
    two.changes.close()
    polling.join(DEADLINE)
    assert not polling.is_alive()
    assert watch.thread is None
    again = Page(watch, submit(ledger))
    assert isinstance(again.next(), Update)
    assert watch.thread is not None


class Counting(Renderer):
    """A renderer that counts."""

    rendered = 0

    def update(self, seen: Snapshot) -> Update:
        self.rendered += 1
        return super().update(seen)


def test_a_long_piece_of_a_log_is_read_once_for_all_who_look(app: Flask, ledger: Ledger) -> None:
    counting = Counting.of(app, kinds())
    watch = Watch(ledger, counting, every=0.01)
    job = submit(ledger)
    claim = claimed(ledger, job)
    pages = [Page(watch, job) for _ in range(5)]
    for page in pages:
        page.next()
    until("the poller has read the job", lambda: counting.rendered == len(pages) + 1)
    ledger.attempts.settle(claim, DONE, lines=lines(claim, 1, 2 * PIECE + 500))
    for page in pages:
        page.rest()
        assert page.lines == numbered(1, 2 * PIECE + 500)
    assert counting.rendered == len(pages) + 1 + 3
    watch.close_all()


def test_a_change_is_rendered_once_for_all_who_look(app: Flask, ledger: Ledger) -> None:
    counting = Counting.of(app, kinds())
    watch = Watch(ledger, counting, every=0.01)
    job = submit(ledger)
    pages = [Page(watch, job) for _ in range(5)]
    for page in pages:
        page.next()
    until("the poller has read the job", lambda: counting.rendered == len(pages) + 1)
    claimed(ledger, job)
    for page in pages:
        page.until_revision(1)
    assert counting.rendered == len(pages) + 2
    watch.close_all()


def test_a_page_that_cannot_keep_up_misses_nothing(watch: Watch, ledger: Ledger) -> None:
    job = submit(ledger)
    slow, quick = Page(watch, job), Page(watch, job)
    slow.next()
    quick.next()
    claim = claimed(ledger, job)
    for number in range(1, 3 * QUEUED):
        say(ledger, claim, number, number)
        quick.until_revision(number + 1)
    ledger.attempts.settle(claim, DONE)
    quick.rest()
    slow.rest()
    assert slow.lines == quick.lines == numbered(1, 3 * QUEUED - 1)
    assert len(slow.heard) < QUEUED < len(quick.heard)


def test_a_log_longer_than_one_update_comes_in_pieces(watch: Watch, ledger: Ledger) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    ledger.attempts.report(claim, None, lines(claim, 1, 4500))
    page = Page(watch, job)
    page.next()
    ledger.attempts.settle(claim, DONE, lines=lines(claim, 4501, 9000))
    page.rest()
    assert page.lines == numbered(1, 9000)
    assert [one.settled for one in page.heard if isinstance(one, Update)].count(True) == 1


def test_a_page_that_comes_again_goes_on_where_it_was(watch: Watch, ledger: Ledger) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    say(ledger, claim, 1, 3)
    page = Page(watch, job)
    before = page.next()
    assert isinstance(before, Update)
    page.changes.close()
    say(ledger, claim, 4, 6)
    ledger.attempts.settle(claim, DONE, lines=lines(claim, 7, 8))
    page.changes = watch.changes(job, before.seen)
    page.rest()
    assert page.lines == numbered(1, 8)


class Settling:
    """A ledger whose job is settled by its worker between the first two readings of a page."""

    def __init__(self, real: Ledger, settle: Callable[[], object]) -> None:
        self.files = real.files
        self.jobs = self.logs = self
        self.attempts = real.jobs.attempts
        self._real = real
        self._settle: Callable[[], object] | None = settle

    def get(self, job: str) -> Job:
        found = self._real.jobs.get(job)
        self._between()
        return found

    def after(self, job: str, seen: Cursor, limit: int) -> list[LogLine]:
        found = self._real.logs.after(job, seen, limit)
        self._between()
        return found

    def _between(self) -> None:
        settle, self._settle = self._settle, None
        if settle is not None:
            settle()


def test_a_page_that_says_settled_has_the_whole_log(ledger: Ledger) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    settling = Settling(
        ledger, lambda: ledger.attempts.settle(claim, DONE, lines=lines(claim, 1, 2))
    )
    seen = snapshot(settling, job)  # type: ignore[arg-type]  # as much of a ledger as is read
    assert not seen.settled or [line.number for line in seen.lines] == [1, 2]


class Away:
    """A ledger whose database can be taken away."""

    def __init__(self, real: Ledger) -> None:
        self._real = real
        self.away = False
        self.askers: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.askers.add(threading.current_thread().name)
        if self.away:
            raise LedgerUnavailable("the database is away")
        return getattr(self._real, name)


def test_pages_are_told_when_the_ledger_is_away_and_go_on_when_it_is_back(
    app: Flask, ledger: Ledger
) -> None:
    shaky = Away(ledger)
    watch = Watch(shaky, renderer(app), every=0.01)  # type: ignore[arg-type]  # it quacks
    job = submit(ledger)
    page = Page(watch, job)
    page.next()
    shaky.away = True
    assert page.next() is Note.TROUBLE
    claim = claimed(ledger, job)
    ledger.attempts.settle(claim, DONE, lines=lines(claim, 1, 2))
    shaky.away = False
    page.rest()
    assert page.lines == numbered(1, 2)
    assert page.heard.count(Note.TROUBLE) == 1
    watch.close_all()


def test_while_the_ledger_is_away_the_poller_alone_asks_it(app: Flask, ledger: Ledger) -> None:
    shaky = Away(ledger)
    watch = Watch(shaky, renderer(app), every=0.01)  # type: ignore[arg-type]  # it quacks
    first = Page(watch, submit(ledger))
    first.next()
    shaky.away = True
    assert first.next() is Note.TROUBLE
    shaky.askers.clear()
    later = [Page(watch, submit(ledger)) for _ in range(3)]
    assert [page.next() for page in later] == [Note.TROUBLE] * 3
    until("the poller has asked", lambda: shaky.askers)
    assert shaky.askers == {"watch"}
    shaky.away = False
    assert first.next() is Note.BACK
    assert all(isinstance(page.next(), Update) for page in later)
    watch.close_all()


def test_lists_are_told_once_of_each_change(watch: Watch, ledger: Ledger) -> None:
    lists = [watch.beats() for _ in range(2)]
    assert next(lists[0]) == next(lists[1]) == Beat(ledger.listing.pulse())
    job = submit(ledger)
    assert [next(one) for one in lists] == [Beat(ledger.listing.pulse(), lists=2)] * 2
    claimed(ledger, job)
    assert [next(one) for one in lists] == [Beat(ledger.listing.pulse(), lists=2)] * 2


def test_whoever_has_a_bell_never_waits(watch: Watch, ledger: Ledger) -> None:
    rung = threading.Event()
    job = submit(ledger)
    changes = watch.changes(job, START, bell=rung.set)
    assert isinstance(next(changes), Update)
    claimed(ledger, job)
    while (found := next(changes)) is Note.NOTHING:
        assert rung.wait(DEADLINE)
        rung.clear()
    assert isinstance(found, Update)
    assert found.revision == 1
    changes.close()


def test_closing_ends_every_stream_at_once_and_lets_none_begin(
    watch: Watch, ledger: Ledger
) -> None:
    open_pages = [Page(watch, submit(ledger)) for _ in range(3)]
    for page in open_pages:
        page.next()
    ended = [threading.Thread(target=list, args=(page.changes,)) for page in open_pages]
    for thread in ended:
        thread.start()
    watch.close_all()
    for thread in ended:
        thread.join(DEADLINE)
    assert not any(thread.is_alive() for thread in ended)
    assert watch.full
    assert list(watch.changes(submit(ledger), START)) == []


class Broken(Renderer):
    """A renderer with a fault in it."""

    def update(self, seen: Snapshot) -> Update:
        raise ZeroDivisionError(seen.job.id)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_fault_in_the_poller_ends_the_streams_and_not_all_later_ones(
    app: Flask, ledger: Ledger, watch: Watch
) -> None:
    job = submit(ledger)
    page = Page(watch, job)
    page.next()
    failing, watch.renderer = watch.thread, Broken.of(app, kinds())
    assert failing is not None
    ledger.outbox.mark_sent(job, 0)
    page.rest()
    failing.join(DEADLINE)
    watch.renderer = renderer(app)
    assert isinstance(Page(watch, job).next(), Update)
