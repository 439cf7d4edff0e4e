"""No message is acknowledged before the end of its job is on the disk, and each of them then."""

import threading
import time
from select import select
from typing import Any

import pytest
from celery.worker import state

from ledger.errors import LedgerUnavailable
from tasks.acks import BETWEEN, PATIENCE, Acks
from tasks.held import Ack
from tests.waiting import until


class Disk:
    """A ledger of which only the disk matters: it is as slow as the test wants it to be."""

    flushes = True

    def __init__(self) -> None:
        self.asked, self.refusals = 0, 0
        self.goes_on = threading.Event()

    def flush(self) -> None:
        self.asked += 1
        self.goes_on.wait(10)
        if self.refusals:
            self.refusals -= 1
            raise LedgerUnavailable("no space left")


class Message:
    """A delivery that nobody has told of, so that it is acknowledged alone."""

    channel = object()


class Loop:
    """The main process's loop, turned by hand."""

    def add_reader(self, heard: int, act: Any) -> None:
        self.heard, self.act = heard, act

    def turn(self) -> bool:
        self.act()
        return True


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def acks(disk: Disk, loop: Loop) -> Acks:
    made = Acks(disk)  # type: ignore[arg-type]  # what acknowledgements need of it
    made.register_with(loop)
    return made


def sent(acks: Acks, *names: str) -> list[str]:
    """Have messages acknowledged, and return the list to which each adds its name then."""
    seen: list[str] = []
    for name in names:
        acks.send(Ack(Message(), lambda _, name=name: seen.append(name)))  # type: ignore[misc]  # its default
    return seen


def test_messages_wait_for_the_disk_and_are_acknowledged_in_order(
    acks: Acks, disk: Disk, loop: Loop
) -> None:
    seen = sent(acks, "a", "b")
    until("the disk is asked", lambda: disk.asked)
    loop.turn()
    assert seen == []

    disk.goes_on.set()
    until("both are acknowledged", lambda: loop.turn() and seen == ["a", "b"])


def test_what_comes_during_a_wait_for_the_disk_shares_the_next_one(
    acks: Acks, disk: Disk, loop: Loop
) -> None:
    first = sent(acks, "a")
    until("the disk is asked", lambda: disk.asked)
    others = sent(acks, *"bcdef")
    disk.goes_on.set()

    until("all are acknowledged", lambda: loop.turn() and first + others == list("abcdef"))
    assert disk.asked <= 3


def test_the_loop_is_woken(acks: Acks, disk: Disk, loop: Loop) -> None:
    sent(acks, "a")
    disk.goes_on.set()
    until("there is something to read", lambda: select([loop.heard], [], [], 0)[0])


def test_a_disk_that_refuses_is_asked_again(acks: Acks, disk: Disk, loop: Loop) -> None:
    disk.refusals = 1
    disk.goes_on.set()
    seen = sent(acks, "a")
    until("it is acknowledged", lambda: loop.turn() and seen == ["a"])
    assert disk.asked == 2


def test_a_worker_that_stops_acknowledges_what_is_left_and_what_still_comes(
    acks: Acks, disk: Disk, loop: Loop
) -> None:
    disk.goes_on.set()
    seen = sent(acks, "a")
    acks.finish()
    assert seen == ["a"]
    late = sent(acks, "b")
    assert late == ["b"]

    disk.refusals = 1
    assert sent(acks, "c") == []
    loop.turn()
    assert seen == ["a"]


def test_nothing_is_acknowledged_of_a_connection_that_is_gone(
    acks: Acks, disk: Disk, loop: Loop
) -> None:
    gone = sent(acks, "a")
    until("the disk is asked", lambda: disk.asked)
    acks.forget()
    acks.register_with(loop)
    seen = sent(acks, "b")
    disk.goes_on.set()

    until("the new one is acknowledged", lambda: loop.turn() and seen == ["b"])
    assert gone == []


class Sure(Disk):
    """A ledger whose ends are safe as soon as they are recorded."""

    flushes = False


class Timers(Loop):
    """A loop whose timers go off when the test says so, and are gone with a connection."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def call_later(self, pause: float, act: Any) -> None:
        self.pauses.append(pause)
        self.act = act


def acknowledging(loop: Loop) -> Acks:
    made = Acks(Sure())  # type: ignore[arg-type]  # as above
    made.register_with(loop)
    return made


def test_where_ends_are_safe_at_once_the_first_is_acknowledged_without_a_pause() -> None:
    timers = Timers()
    acks = acknowledging(timers)

    first = sent(acks, "a")
    assert timers.pauses == [0]
    timers.turn()
    assert first == ["a"]


def test_what_comes_right_after_an_acknowledgement_shares_the_next_one() -> None:
    timers = Timers()
    acks = acknowledging(timers)
    sent(acks, "a")
    timers.turn()

    others = sent(acks, "b", "c")
    assert timers.pauses[1:] == [pytest.approx(BETWEEN, abs=BETWEEN)]
    timers.turn()
    assert others == ["b", "c"]


def test_a_timer_that_went_with_its_connection_holds_up_no_later_acknowledgement() -> None:
    lost, timers = Timers(), Timers()
    acks = acknowledging(lost)
    gone = sent(acks, "a")
    acks.forget()
    acks.register_with(timers)

    def comes() -> bool:
        sent(acks, "b")
        return bool(timers.pauses)

    until("there is a timer again", comes)
    timers.turn()
    assert gone == []


class Delivered:
    """A delivery of a channel, one of several."""

    channel = object()
    acknowledged = False

    def __init__(self, tag: int) -> None:
        self.delivery_tag = tag


def test_what_follows_a_job_that_still_runs_waits_for_it_while_others_are_at_hand() -> None:
    timers = Timers()
    acks = acknowledging(timers)
    first, second, *others = map(Delivered, range(1, 6))
    for message in (first, second, *others):
        acks.held.add(message)
    seen: list[tuple[int, bool]] = []

    def ends(message: Delivered, **since: float) -> None:
        tag = message.delivery_tag
        acks.send(Ack(message, lambda many: seen.append((tag, many)), **since))

    ends(second)
    timers.turn()
    assert seen == []
    assert len(timers.pauses) == 2, "It is looked at again."
    ends(first)
    timers.turn()
    assert seen == [(2, True)]

    long_ago = time.monotonic() - PATIENCE
    ends(others[1], at=long_ago)
    timers.turn()
    assert seen[1:] == [(4, False)]


def test_nothing_waits_for_a_job_that_runs_where_nothing_else_is_at_hand() -> None:
    timers = Timers()
    acks = acknowledging(timers)
    runs, ends = Delivered(1), Delivered(2)
    acks.held.add(runs)
    acks.held.add(ends)
    seen: list[bool] = []
    state.active_requests.add(runs)
    try:
        acks.send(Ack(ends, seen.append))
        timers.turn()
    finally:
        state.active_requests.discard(runs)
    assert seen == [False]
