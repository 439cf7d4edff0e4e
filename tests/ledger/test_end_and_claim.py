"""The end of a job and the first claim of the next one are one transaction."""

import pytest

from ledger import Ledger
from ledger.errors import ClaimLost
from ledger.next_job import NextJob
from ledger.outcome import Outcome
from ledger.record import Claim, Delivery, Ending, LogLine, Progress, State
from tests.ledger.conftest import OwnTime, claimed, submit

SUCCESS = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"answer": 42})


def next_job(job: str, message: str = "m2", count: int = 0) -> NextJob:
    return NextJob(Delivery(job, message, count), "one", 7)


def test_an_end_and_the_next_claim_are_recorded_at_once(ledger: Ledger, time: OwnTime) -> None:
    ended, job = claimed(ledger, submit(ledger)), submit(ledger)
    time.passes(5)
    line = LogLine(1, 1, time.now, "INFO", "last words")

    claim = ledger.attempts.settle(ended, SUCCESS, Progress(3, 3, "done"), [line], next_job(job))

    assert claim == Claim(job, 1, "hello", {"name": "Ada"}, "ada", 0, None)
    assert ledger.jobs.get(ended.job).result == {"answer": 42}
    assert [one.text for one in ledger.logs.after(ended.job)] == ["last words"]
    runs = ledger.jobs.get(job)
    assert (runs.state, runs.attempt, runs.started_at) == (State.STARTED, 1, time.now)
    (attempt,) = ledger.jobs.attempts(job)
    assert (attempt.worker_name, attempt.pid, attempt.message) == ("worker-one@here", 7, "m2")
    assert ledger.attempts.settle(claim, SUCCESS) is None
    assert ledger.jobs.get(job).state is State.SUCCESS


def test_what_can_t_be_claimed_the_simple_way_holds_up_no_end(ledger: Ledger) -> None:
    runs, ended, cancelled = submit(ledger), submit(ledger), submit(ledger)
    claimed(ledger, runs, "m2")
    ledger.attempts.settle(claimed(ledger, ended), SUCCESS)
    ledger.jobs.request_cancel(cancelled)

    for other in (runs, ended, cancelled, "no such job"):
        claim = claimed(ledger, submit(ledger))
        assert ledger.attempts.settle(claim, SUCCESS, next_job=next_job(other)) is None
        assert ledger.jobs.get(claim.job).state is State.SUCCESS
    assert ledger.jobs.get(runs).attempt == 1
    assert ledger.jobs.get(ended).attempt == 1


def test_another_message_of_the_very_job_claims_nothing(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))
    assert ledger.attempts.settle(claim, SUCCESS, next_job=next_job(claim.job)) is None
    assert ledger.jobs.get(claim.job).state is State.SUCCESS
    assert [one.ending for one in ledger.jobs.attempts(claim.job)] == [Ending.SUCCEEDED]


def test_who_was_fenced_off_claims_nothing(ledger: Ledger) -> None:
    job, other = submit(ledger), submit(ledger)
    old = claimed(ledger, job, "m1", 0)
    claimed(ledger, job, "m1", 1)

    with pytest.raises(ClaimLost):
        ledger.attempts.settle(old, SUCCESS, next_job=next_job(other))

    assert ledger.jobs.get(other).state is State.PENDING
    assert ledger.jobs.attempts(other) == []


def test_an_end_told_twice_is_no_error_and_the_claim_is_had_by_asking(ledger: Ledger) -> None:
    ended, job = claimed(ledger, submit(ledger)), submit(ledger)
    first = ledger.attempts.settle(ended, SUCCESS, next_job=next_job(job))

    assert ledger.attempts.settle(ended, SUCCESS, next_job=next_job(job)) is None
    its = next_job(job)
    assert ledger.claims.claim(its.delivery, its.worker, its.pid) == first
    assert len(ledger.jobs.attempts(job)) == 1


def test_a_job_that_goes_back_claims_no_other(ledger: Ledger) -> None:
    back, other = claimed(ledger, submit(ledger)), submit(ledger)
    outcome = Outcome(State.PENDING, Ending.INTERRUPTED)
    assert ledger.attempts.settle(back, outcome, next_job=next_job(other)) is None
    assert ledger.jobs.get(other).state is State.PENDING


@pytest.mark.parametrize("message", ["m" * 37, "m\0"])
def test_a_message_that_no_row_can_hold_holds_up_no_end(ledger: Ledger, message: str) -> None:
    ends, other = claimed(ledger, submit(ledger)), submit(ledger)
    ledger.attempts.settle(ends, SUCCESS, next_job=next_job(other, message))
    assert ledger.jobs.get(ends.job).state is State.SUCCESS
    assert [one.ending for one in ledger.jobs.attempts(ends.job)] == [Ending.SUCCEEDED]
