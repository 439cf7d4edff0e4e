from dataclasses import replace
from datetime import timedelta

import pytest

from ledger import Ledger
from ledger.errors import ClaimLost
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, Error, LogLine, Progress, State, StoredFile
from tests.ledger.conftest import OwnTime, claimed, submit

SUCCESS = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"answer": 42})
FAILURE = Outcome(
    State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=Error("ValueError", "no", "Traceback …")
)


def line(ledger: Ledger, number: int, attempt: int = 1) -> LogLine:
    del ledger
    return LogLine(attempt, number, OwnTime().now, "INFO", f"line {number}")


def test_an_end_is_recorded_with_its_result_progress_and_last_lines(
    ledger: Ledger, time: OwnTime
) -> None:
    claim = claimed(ledger, submit(ledger))
    time.passes(5)

    ledger.attempts.settle(claim, SUCCESS, Progress(3, 3, "done"), [line(ledger, 1)])

    job = ledger.jobs.get(claim.job)
    assert (job.state, job.result, job.progress) == (
        State.SUCCESS,
        {"answer": 42},
        Progress(3, 3, "done"),
    )
    assert job.ran_for(time.now) == timedelta(seconds=5)
    assert [one.text for one in ledger.logs.after(claim.job)] == ["line 1"]
    assert [one.ending for one in ledger.jobs.attempts(claim.job)] == [Ending.SUCCEEDED]


def test_a_failure_keeps_the_exception_and_its_traceback(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))

    ledger.attempts.settle(claim, FAILURE)

    job = ledger.jobs.get(claim.job)
    assert (job.state, job.cause, job.error) == (State.FAILURE, Cause.ERROR, FAILURE.error)


def test_an_attempt_that_was_taken_over_can_write_nothing(ledger: Ledger) -> None:
    job = submit(ledger)
    old = claimed(ledger, job, "m1", 0)
    new = claimed(ledger, job, "m1", 1)

    for write in (
        lambda: ledger.attempts.report(old, Progress(1, 2), [line(ledger, 1)]),
        lambda: ledger.attempts.checkpoint(old, "late"),
        lambda: ledger.attempts.asked_to_stop(old),
        lambda: ledger.attempts.settle(old, FAILURE, None, [line(ledger, 2)]),
    ):
        with pytest.raises(ClaimLost):
            write()
    ledger.attempts.settle(new, SUCCESS)

    assert ledger.jobs.get(job).state is State.SUCCESS
    assert ledger.logs.after(job) == []


def test_no_attempt_settles_twice(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))
    ledger.attempts.settle(claim, SUCCESS)

    with pytest.raises(ClaimLost):
        ledger.attempts.settle(claim, FAILURE)

    assert ledger.jobs.get(claim.job).state is State.SUCCESS


def test_an_end_whose_answer_got_lost_may_be_recorded_again(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))
    table = StoredFile("f1", claim.job, 1, "ada", "table.csv", "text/csv", 3, "abc", OwnTime().now)
    end = replace(SUCCESS, outputs=(table,))

    for _ in range(2):
        ledger.attempts.settle(claim, end, Progress(1, 1), [line(ledger, 1)])

    assert ledger.jobs.get(claim.job).result == {"answer": 42}
    assert [one.text for one in ledger.logs.after(claim.job)] == ["line 1"]
    assert ledger.files.outputs_of(claim.job) == [table]


def test_the_end_of_a_job_that_is_gone_is_refused(ledger: Ledger, time: OwnTime) -> None:
    claim = claimed(ledger, submit(ledger))
    ledger.attempts.settle(claim, SUCCESS)
    time.passes(10)
    assert ledger.retention.forget_jobs(5, limit=10) == 1

    with pytest.raises(ClaimLost):
        ledger.attempts.settle(claim, FAILURE, None, [line(ledger, 1)])


def test_lines_whose_answer_got_lost_may_be_written_again(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))

    ledger.attempts.report(claim, None, [line(ledger, 1)])
    ledger.attempts.settle(claim, SUCCESS, None, [line(ledger, 1), line(ledger, 2)])

    assert [one.text for one in ledger.logs.after(claim.job)] == ["line 1", "line 2"]


def test_an_interrupted_attempt_gives_its_job_back(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))

    ledger.attempts.settle(claim, Outcome(State.PENDING, Ending.INTERRUPTED))

    assert ledger.jobs.get(claim.job).state is State.PENDING
    assert claimed(ledger, claim.job, "m1", 1).attempt == 2


def test_a_report_tells_whether_a_cancel_has_been_asked_for(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))

    assert not ledger.attempts.report(claim, Progress(1, 2), [])
    ledger.jobs.request_cancel(claim.job)

    assert ledger.attempts.report(claim, Progress(2, 2), [])
    assert ledger.attempts.asked_to_stop(claim)


def test_every_visible_change_raises_the_revision(ledger: Ledger) -> None:
    job = submit(ledger)
    seen = [ledger.jobs.get(job).revision]
    ledger.outbox.mark_sent(job, 0)
    seen.append(ledger.jobs.get(job).revision)
    claim = claimed(ledger, job)
    seen.append(ledger.jobs.get(job).revision)
    ledger.attempts.report(claim, None, [line(ledger, 1)])
    seen.append(ledger.jobs.get(job).revision)
    ledger.attempts.settle(claim, SUCCESS)
    seen.append(ledger.jobs.get(job).revision)

    assert seen == sorted(set(seen))
    assert ledger.jobs.revisions([job]) == {job: seen[-1]}
