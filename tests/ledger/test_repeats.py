from sqlalchemy import update

from ledger import Ledger
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, Error, State
from ledger.schema import jobs
from tests.ledger.conftest import claimed, submit

SAME = "f" * 32


def done(ledger: Ledger, job: str) -> str:
    outcome = Outcome(State.SUCCESS, Ending.SUCCEEDED, result="a result")
    ledger.attempts.settle(claimed(ledger, job, message=job), outcome)
    return job


def test_the_newest_that_succeeded_and_the_newest_that_is_to_end_are_found(
    ledger: Ledger,
) -> None:
    done(ledger, submit(ledger, fingerprint=SAME))
    newer = done(ledger, submit(ledger, fingerprint=SAME))
    waiting = submit(ledger, fingerprint=SAME)
    submit(ledger, fingerprint="another")
    submit(ledger)

    earlier = ledger.repeats.of(SAME)
    assert earlier.done
    assert earlier.open
    assert (earlier.done.id, earlier.open.id) == (newer, waiting)
    assert earlier.newest == earlier.open
    assert ledger.repeats.of(SAME, but=waiting).open is None


def test_what_failed_was_cancelled_or_is_deleted_is_no_earlier_result(ledger: Ledger) -> None:
    ledger.jobs.request_cancel(submit(ledger, fingerprint=SAME))
    failed = claimed(ledger, submit(ledger, fingerprint=SAME), message="m2")
    outcome = Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=Error("E", "no"))
    ledger.attempts.settle(failed, outcome)
    stopping = claimed(ledger, submit(ledger, fingerprint=SAME), message="m3")
    ledger.jobs.request_cancel(stopping.job)
    deleted = done(ledger, submit(ledger, fingerprint=SAME))
    with ledger.database.write() as connection:
        mark = update(jobs).where(jobs.c.id == deleted).values(deleted_at=ledger.database.now)
        connection.execute(mark)
    assert not ledger.repeats.of(SAME)


def test_without_a_fingerprint_nothing_is_the_same(ledger: Ledger) -> None:
    done(ledger, submit(ledger))
    assert not ledger.repeats.of(None)


def test_a_job_that_is_retried_has_the_fingerprint_that_its_kind_gives_it_now(
    ledger: Ledger,
) -> None:
    job = submit(ledger, fingerprint="old code", signature="s1")
    ledger.jobs.request_cancel(job)
    again = ledger.jobs.get(ledger.jobs.retry(job, fingerprint="new code"))
    assert (again.fingerprint, again.signature) == ("new code", "s1")
