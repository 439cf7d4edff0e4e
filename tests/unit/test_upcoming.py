"""What a process knows of the job that it has been given next."""

import os
from typing import Any

import pytest

from ledger.next_job import NextJob
from ledger.record import Claim, Delivery
from tasks.publisher import MESSAGE_HEADER
from tasks.upcoming import Upcoming


class Holding:
    """An inbox with one message in it, as Celery's pool writes them."""

    def __init__(self, job: Any, headers: Any) -> None:
        self._message: Any = (2, (7, None, print, ("hello", job, headers, b"", "", ""), {}))

    def peek(self) -> Any:
        """Return it."""
        return self._message


def upcoming(job: Any = "a job", **headers: Any) -> Upcoming:
    made = Upcoming()
    made.comes_by(Holding(job, headers))  # type: ignore[arg-type]  # as much of one as is used
    return made


def test_where_jobs_come_by_no_pipe_there_is_no_next_one() -> None:
    assert Upcoming().next_job("w") is None


def test_the_next_job_is_named_by_its_message() -> None:
    coming = upcoming(**{MESSAGE_HEADER: "m1", "x-delivery-count": 3})
    assert coming.next_job("w") == NextJob(Delivery("a job", "m1", 3), "w", os.getpid())
    assert upcoming().next_job("w") == NextJob(Delivery("a job", "a job", 0), "w", os.getpid())


@pytest.mark.parametrize(
    ("job", "headers"),
    [
        ("a job", {MESSAGE_HEADER: 5}),
        ("a job", {MESSAGE_HEADER: {"a": 1}}),
        ("a job", {"x-delivery-count": "many"}),
        ("a job", {"x-delivery-count": [1]}),
        (5, {}),
    ],
)
def test_a_message_of_a_strange_form_is_left_to_whoever_runs_it(
    job: Any, headers: dict[str, Any]
) -> None:
    assert upcoming(job, **headers).next_job("w") is None


def test_a_claim_is_had_once_and_for_its_delivery_alone() -> None:
    coming = upcoming()
    its = coming.next_job("w")
    assert its is not None
    claim = Claim("a job", 1, "hello", {}, "ada", 0, None)

    coming.keep(its, claim)
    assert coming.take(Delivery("a job", "a job", 1)) is None
    coming.keep(its, claim)
    assert coming.take(its.delivery) == claim
    assert coming.take(its.delivery) is None
    coming.keep(its, None)
    assert coming.take(its.delivery) is None
