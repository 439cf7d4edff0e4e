"""A message in a process's pipe is had by the process or by the one that takes it back."""

import fcntl
import multiprocessing
import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from billiard.queues import _SimpleQueue

from tasks import pipes


@pytest.fixture
def queue() -> Iterator[Any]:
    made = _SimpleQueue()
    yield made
    for end in (made._reader, made._writer):  # noqa: SLF001 - billiard's queue has no other way in
        end.close()


def lock(queue: Any) -> None:
    """Do as a process does before it reads a message."""
    fcntl.lockf(queue._reader.fileno(), fcntl.LOCK_SH)  # noqa: SLF001 - as above


def inbox(queue: Any, most: int = 10_000) -> pipes.Inbox:
    """Return the end of a process that receives so many messages at the most."""
    return pipes.Inbox(queue, lambda received: received < most)


@pytest.fixture
def holder(queue: Any) -> Iterator[int]:
    """Give a process that holds the pipe's lock, as while it reads a message."""
    ready, told = multiprocessing.Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        lock(queue)
        told.send("holds")
        signal.pause()
        os._exit(0)
    assert ready.recv() == "holds"
    yield pid
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def test_messages_come_in_their_order(queue: Any) -> None:
    receive = inbox(queue).receive
    queue.put(1)
    queue.put(2)
    assert [receive(1), receive(1)] == [(True, 1), (True, 2)]


def test_what_is_taken_back_the_process_never_gets(queue: Any) -> None:
    receive = inbox(queue).receive
    queue.put("mine")
    queue.put("yours")
    assert pipes.take_back(queue) == "mine"
    assert receive(1) == (True, "yours")
    assert pipes.take_back(queue) is None


def test_nothing_is_taken_back_while_the_process_reads(queue: Any, holder: int) -> None:
    assert holder
    queue.put("yours")
    assert pipes.take_back(queue) is None
    assert inbox(queue).receive(1) == (True, "yours")


def test_a_process_that_dies_while_it_reads_leaves_no_lock_behind(queue: Any) -> None:
    pid = os.fork()
    if pid == 0:
        lock(queue)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    queue.put("mine")
    assert pipes.take_back(queue) == "mine"


def test_two_that_read_at_once_share_no_message(queue: Any) -> None:
    """One process reads all the while, and what is taken back meanwhile is whole."""
    heard, tells = multiprocessing.Pipe(duplex=False)
    pid = os.fork()
    if pid == 0:
        receive, got = inbox(queue).receive, []
        while "end" not in got:
            there, message = receive(1)
            if there:
                got.append(message)
        tells.send(got)
        os._exit(0)
    sent = [f"{number} {'x' * 2000}" for number in range(2000)]
    taken = []
    for message in sent:
        queue.put(message)
        if (back := pipes.take_back(queue)) is not None:
            taken.append(back)
    queue.put("end")
    got = heard.recv() if heard.poll(30) else []  # Else it waits for the rest of a message.
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert sorted(got + taken) == sorted([*sent, "end"])
    assert got
    assert taken


def test_what_a_process_has_looked_at_is_its_own(queue: Any) -> None:
    its = inbox(queue)
    assert its.peek() is None
    queue.put("its own")
    queue.put("the next")
    assert its.peek() == "its own"
    assert its.peek() == "its own"
    assert pipes.take_back(queue) == "the next"
    assert its.receive(1) == (True, "its own")
    assert its.peek() is None


def test_a_process_that_ends_after_this_message_looks_at_no_other(queue: Any) -> None:
    its = inbox(queue, most=1)
    queue.put("the last")
    queue.put("another's")
    assert its.receive(1) == (True, "the last")
    assert its.peek() is None
    assert pipes.take_back(queue) == "another's"
