"""Guesses at a password are counted for a while, each once, and forgotten afterwards."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from ledger import Ledger
from tests.ledger.conftest import OwnTime


def test_guesses_are_counted_for_a_while_and_then_from_one_again(
    ledger: Ledger, time: OwnTime
) -> None:
    assert [ledger.guesses.count("ada here", 60).number for _ in range(3)] == [1, 2, 3]
    assert ledger.guesses.count("ada elsewhere", 60).number == 1
    time.passes(59)
    fourth = ledger.guesses.count("ada here", 60)
    assert (fourth.number, fourth.left) == (4, timedelta(seconds=1))
    time.passes(1)
    first = ledger.guesses.count("ada here", 60)
    assert (first.number, first.left) == (1, timedelta(seconds=60))


def test_a_right_password_begins_anew(ledger: Ledger) -> None:
    ledger.guesses.count("ada here", 60)
    ledger.guesses.forget("ada here")
    assert ledger.guesses.count("ada here", 60).number == 1


def test_of_guesses_that_come_at_once_each_has_a_number_of_its_own(ledger: Ledger) -> None:
    with ThreadPoolExecutor(4) as pool:
        counted = pool.map(lambda _: ledger.guesses.count("ada here", 60).number, range(20))
    assert sorted(counted) == list(range(1, 21))
