from pathlib import Path

import pytest
from billiard.exceptions import SoftTimeLimitExceeded

from ledger.record import Cause, Claim, Ending, Progress, State
from tasks.context import Cancelled, Running
from tasks.kind import BadInput, ProgramFailed, kind
from tasks.outcomes import BadResult, JobFailed, as_json, of_exception, told_to_celery


@kind(title="Try outcomes", time_limit=90, retries=2, retry_for=(OSError,), retry_delay=10)
def tried() -> None:
    """Does nothing."""


class NoLedger:
    """A running attempt's ledger in tests that write nothing."""


def running(retries: int = 0) -> Running:
    claim = Claim("job", 1, "tried", {}, "ada", retries=retries)
    return Running(NoLedger(), claim, Path("nowhere"), 2000, 10**6)  # type: ignore[arg-type]  # never written to


def test_a_time_limit_is_told_with_the_limit() -> None:
    outcome = of_exception(SoftTimeLimitExceeded(), tried, running(), 90)

    assert (outcome.cause, outcome.ending) == (Cause.TIMEOUT, Ending.TIMED_OUT)
    assert "90 s" in outcome.note


def test_a_cancel_is_told_with_how_far_the_job_came() -> None:
    attempt = running()
    attempt.move(Progress(62, 100))

    outcome = of_exception(Cancelled(), tried, attempt, 3)

    assert (outcome.state, outcome.note) == (State.REVOKED, "Stopped at 62 % after 3 s.")


def test_bad_input_has_words_and_no_traceback() -> None:
    outcome = of_exception(BadInput("Line 3 is odd."), tried, running(), 1)

    assert outcome.error is not None
    assert (outcome.error.message, outcome.error.traceback) == ("Line 3 is odd.", None)


def test_a_program_that_failed_has_words_and_no_traceback() -> None:
    outcome = of_exception(ProgramFailed("tar ended."), tried, running(), 1)

    assert outcome.error is not None
    assert (outcome.error.message, outcome.error.traceback) == ("tar ended.", None)


def test_an_error_that_the_kind_retries_waits_longer_each_time_and_then_fails() -> None:
    outcomes = [of_exception(OSError("away"), tried, running(retries), 1) for retries in range(3)]

    assert [outcome.state for outcome in outcomes] == [State.RETRY, State.RETRY, State.FAILURE]
    first, second = (outcome.retry_in for outcome in outcomes[:2])
    assert first is not None
    assert second is not None
    assert second > first


def test_an_error_that_the_kind_does_not_retry_fails_at_once() -> None:
    assert of_exception(ValueError("no"), tried, running(), 1).state is State.FAILURE


def test_a_result_is_kept_as_json() -> None:
    assert as_json({"path": Path("a"), "share": float("nan")}, 100) == {"path": "a", "share": None}


@pytest.mark.parametrize("result", [object(), "x" * 200])
def test_a_result_that_can_not_be_kept_says_why(result: object) -> None:
    with pytest.raises(BadResult):
        as_json(result, 100)


def test_celery_hears_of_a_failure_in_one_line() -> None:
    error = told_to_celery(of_exception(ValueError("no"), tried, running(), 1))

    assert isinstance(error, JobFailed)
    assert str(error) == "ValueError: no"
