"""What a process says arrives whole and in order, and an end goes along with the next beginning."""

import os
import pickle
import select
from collections.abc import Iterator
from typing import Any

import pytest
from billiard.pool import ACK, READY
from billiard.queues import _SimpleQueue

from tasks.pool import Process
from tasks.replies import Replies, ReplyHandler


class Pipe:
    """billiard's pipe, with both of its ends held here."""

    def __init__(self) -> None:
        self.queue = _SimpleQueue(rnonblock=True)
        ends = self.queue._reader, self.queue._writer  # noqa: SLF001 - billiard has no other way in
        self.reads, self.writes = (end.fileno() for end in ends)
        self.read_again: list[int] = []
        self.messages: list[Any] = []

    def reading(self) -> Iterator[None]:
        """Return what the main process's loop goes through when there is something to read."""
        handler = ReplyHandler.__new__(ReplyHandler)
        return handler._recv_message(self._add_reader, self.reads, self.messages.append)  # noqa: SLF001 - as the loop does

    def _add_reader(self, fd: int, *_what: object) -> None:
        self.read_again.append(fd)

    def hang_up(self) -> None:
        self.queue._writer.close()  # noqa: SLF001 - as above

    def is_empty(self) -> bool:
        return not select.select([self.reads], [], [], 0)[0]


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    made = Pipe()
    yield made
    made.queue.close()


def framed(message: object) -> bytes:
    body = pickle.dumps(message)
    return len(body).to_bytes(4, "big") + body


def test_an_end_goes_along_with_the_beginning_of_the_next_job_if_that_is_at_hand(
    pipe: Pipe,
) -> None:
    at_hand = True
    replies = Replies(pipe.queue, lambda: at_hand)
    replies.put((READY, (1, "its result")))
    assert pipe.is_empty()
    replies.put((ACK, (2,)))
    list(pipe.reading())
    assert pipe.messages == [(READY, (1, "its result")), (ACK, (2,))]

    at_hand = False
    replies.put((READY, (2, "another")))
    assert pipe.queue.get() == (READY, (2, "another"))


def test_a_process_that_ends_says_what_it_has_held_back_before_it_waits_to_be_heard(
    pipe: Pipe,
) -> None:
    process = Process.__new__(Process)
    process.on_ready_counter = None
    process.outq = Replies(pipe.queue, lambda: True)
    process.outq.put((READY, (1,)))
    process._ensure_messages_consumed(completed=1)  # noqa: SLF001 - as billiard does at its end
    assert pipe.queue.get() == (READY, (1,))
    process.outq.flush()
    assert pipe.is_empty()


@pytest.mark.parametrize("cut", {*range(1, 49)} - {24})  # After 24 bytes the first one is whole.
def test_half_a_message_is_waited_for(pipe: Pipe, cut: int) -> None:
    whole = framed("first") + framed("second")
    os.write(pipe.writes, whole[:cut])
    reading = pipe.reading()
    next(reading)
    assert pipe.messages == []

    os.write(pipe.writes, whole[cut:])
    assert list(reading) == []
    assert pipe.messages == ["first", "second"]
    assert pipe.read_again == [pipe.reads]


def test_where_there_is_nothing_no_half_a_message_is_waited_for(pipe: Pipe) -> None:
    assert list(pipe.reading()) == []
    assert pipe.messages == []


def test_a_message_that_no_pipe_can_hold_comes_in_parts(pipe: Pipe) -> None:
    large = "x" * 200_000
    left = framed(large)
    reading = pipe.reading()
    os.set_blocking(pipe.writes, False)
    while left:
        left = left[os.write(pipe.writes, left) :]
        next(reading, None)
    assert pipe.messages == [large]


def test_a_process_that_is_gone_has_closed_its_pipe(pipe: Pipe) -> None:
    pipe.hang_up()
    with pytest.raises(EOFError):
        list(pipe.reading())


def test_a_message_that_breaks_off_is_none(pipe: Pipe) -> None:
    os.write(pipe.writes, framed("all of it")[:-2])
    pipe.hang_up()
    with pytest.raises(OSError, match="breaks off"):
        list(pipe.reading())
    assert pipe.messages == []
