import pytest
from sqlalchemy.exc import IntegrityError

from ledger import Ledger
from ledger.errors import AlreadySettled, NoSuchJob
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.record import Ending, State
from ledger.schema import jobs
from tests.ledger.conftest import OwnTime, claimed, submit


def ids(found: list[object]) -> list[str]:
    return [one.id for one in found]  # type: ignore[attr-defined]  # jobs and unsent alike


def test_a_key_used_again_gives_the_job_accepted_first(ledger: Ledger) -> None:
    submission = Submission("hello", "default", {}, "ada", idempotency_key="form-1")

    first, is_new = ledger.jobs.submit(submission)
    second, is_new_again = ledger.jobs.submit(submission)

    assert (first, is_new, is_new_again) == (second, True, False)


def test_the_same_key_of_somebody_else_is_another_job(ledger: Ledger) -> None:
    ada = Submission("hello", "default", {}, "ada", idempotency_key="form-1")
    bob = Submission("hello", "default", {}, "bob", idempotency_key="form-1")

    assert ledger.jobs.submit(ada)[0] != ledger.jobs.submit(bob)[0]


def test_a_new_job_is_left_to_its_submitter_for_a_moment_then_it_is_unsent(
    ledger: Ledger, time: OwnTime
) -> None:
    first, second = submit(ledger), submit(ledger)

    assert ledger.outbox.unsent(grace=3, limit=10) == []
    time.passes(3)
    assert ids([*ledger.outbox.unsent(grace=3, limit=10)]) == [first, second]


def test_a_confirmed_job_is_not_sent_again(ledger: Ledger, time: OwnTime) -> None:
    job = submit(ledger)
    ledger.outbox.mark_sent(job, 0)
    time.passes(60)

    assert ledger.outbox.unsent(grace=3, limit=10) == []


def test_a_late_confirmation_does_not_hide_the_retry_that_came_meanwhile(
    ledger: Ledger, time: OwnTime
) -> None:
    job = submit(ledger)
    retry = Outcome(State.RETRY, Ending.RETRIED, retry_in=5)
    ledger.attempts.settle(claimed(ledger, job), retry)

    ledger.outbox.mark_sent(job, 0)

    time.passes(5)
    assert ids([*ledger.outbox.unsent(grace=3, limit=10)]) == [job]


def test_a_sent_job_that_nobody_claimed_is_overdue(ledger: Ledger, time: OwnTime) -> None:
    job, running = submit(ledger), submit(ledger)
    ledger.outbox.mark_sent(job, 0)
    ledger.outbox.mark_sent(running, 0)
    claimed(ledger, running)

    assert ledger.outbox.overdue("default", 10, 10) == []
    time.passes(10)
    assert ids([*ledger.outbox.overdue("default", 10, 10)]) == [job]
    assert ledger.outbox.overdue("video", 10, 10) == []


def test_pages_go_from_the_newest_to_the_oldest_without_gap_or_repeat(ledger: Ledger) -> None:
    made = [submit(ledger) for _ in range(5)]

    first = ledger.jobs.page(limit=2)
    second = ledger.jobs.page(limit=10, before=first[-1].id)

    assert ids([*first, *second]) == made[::-1]


def test_a_cancelled_waiting_job_ends_at_once(ledger: Ledger) -> None:
    job = submit(ledger)

    ledger.jobs.request_cancel(job)

    assert ledger.jobs.get(job).state is State.REVOKED


def test_a_settled_job_can_not_be_cancelled(ledger: Ledger) -> None:
    claim = claimed(ledger, submit(ledger))
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED))

    with pytest.raises(AlreadySettled, match="SUCCESS"):
        ledger.jobs.request_cancel(claim.job)


def test_a_job_that_nobody_submitted_is_named_in_the_error(ledger: Ledger) -> None:
    with pytest.raises(NoSuchJob, match="no-such-job"):
        ledger.jobs.get("no-such-job")


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": State.SUCCESS},
        {"state": State.STARTED},
        {"state": State.RETRY},
        {"cause": "error"},
        {"state": "LOST"},
    ],
)
def test_wrong_states_can_not_be_written(ledger: Ledger, wrong: dict[str, object]) -> None:
    job = submit(ledger)
    columns = ", ".join(f"{name} = '{value}'" for name, value in wrong.items())

    with pytest.raises(IntegrityError), ledger.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE {jobs.name} SET {columns} WHERE id = '{job}'")  # noqa: S608 - a test's own words
