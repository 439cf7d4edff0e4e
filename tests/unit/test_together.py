"""Threads that ask for the same at the same moment are served by one of them, in one go."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from ledger.together import Together
from tests.waiting import until


class Door:
    """Acts only while it is open, and keeps what it was given in each go."""

    def __init__(self, *, opened: bool = True) -> None:
        self.gos: list[list[int]] = []
        self.open = threading.Event()
        if opened:
            self.open.set()

    def act(self, asked: list[int]) -> Sequence[int | Exception]:
        self.gos.append(asked)
        assert self.open.wait(20)
        return [ValueError(str(one)) if one < 0 else 10 * one for one in asked]


def test_who_comes_alone_is_served_alone_and_at_once() -> None:
    door = Door()
    together = Together(door.act)
    assert [together.do(1), together.do(2)] == [10, 20]
    assert door.gos == [[1], [2]]


def behind_a_closed_door(
    door: Door, together: Together[int, int], asked: Sequence[int], pool: ThreadPoolExecutor
) -> list[Future[int]]:
    """Have one thread act and the others wait for it, in the order of what they ask."""
    threads = [pool.submit(together.do, asked[0])]
    until("the first acts", lambda: door.gos)
    for number, one in enumerate(asked[1:], 1):
        threads.append(pool.submit(together.do, one))
        until("it waits", lambda: len(together.waiting) == number)  # noqa: B023 - asked at once
    return threads


def test_who_comes_meanwhile_is_served_in_one_go_in_the_order_of_coming() -> None:
    door = Door(opened=False)
    together = Together(door.act, most=3)
    with ThreadPoolExecutor() as pool:
        threads = behind_a_closed_door(door, together, [1, 2, 3, 4, 5], pool)
        door.open.set()
        assert [thread.result(20) for thread in threads] == [10, 20, 30, 40, 50]
    assert door.gos == [[1], [2, 3, 4], [5]]


def test_an_error_is_told_only_to_the_one_that_it_is_about() -> None:
    door = Door(opened=False)
    with ThreadPoolExecutor() as pool:
        threads = behind_a_closed_door(door, together := Together(door.act), [1, -2, 3], pool)
        door.open.set()
        assert (threads[0].result(20), threads[2].result(20)) == (10, 30)
        with pytest.raises(ValueError, match="-2"):
            threads[1].result(20)
    assert together.do(4) == 40


def test_who_has_waited_long_enough_is_not_served_any_more() -> None:
    door = Door(opened=False)
    together = Together(door.act)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(together.do, 1)
        until("the first acts", lambda: door.gos)
        with pytest.raises(TimeoutError):
            together.do(2, patience=0.01)
        door.open.set()
        assert first.result(20) == 10
    assert together.do(3) == 30
    assert door.gos == [[1], [3]]


def test_nobody_waits_for_one_that_failed_for_all() -> None:
    door = Door(opened=False)

    def fail(asked: list[int]) -> Sequence[int | Exception]:
        door.act(asked)
        raise KeyError(asked[0])

    together: Together[int, int] = Together(fail)
    with ThreadPoolExecutor() as pool:
        threads = behind_a_closed_door(door, together, [1, 2, 3], pool)
        door.open.set()
        errors = [thread.exception(20) for thread in threads]
    assert [type(error) for error in errors] == [KeyError, KeyError, RuntimeError]
