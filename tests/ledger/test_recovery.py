from ledger import Ledger
from ledger.endings import Limits
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, State
from ledger.recovery import Freed
from tests.ledger.conftest import OwnTime, claimed, delivery, submit

SUCCESS = Outcome(State.SUCCESS, Ending.SUCCEEDED)


def crash(ledger: Ledger, job: str, count: int) -> Freed | None:
    return ledger.recovery.report_death(
        delivery(job, "m1", count), Ending.CRASHED, "Its process died: signal 9 (SIGKILL)."
    )


def test_a_reported_death_frees_the_job_and_names_the_signal(ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job)

    assert crash(ledger, job, 0) == Freed(job, 1)

    (attempt,) = ledger.jobs.attempts(job)
    assert ledger.jobs.get(job).state is State.PENDING
    assert attempt.ending is Ending.CRASHED
    assert "SIGKILL" in attempt.note


def test_the_message_of_a_dead_attempt_is_given_time_to_come_back(
    ledger: Ledger, time: OwnTime
) -> None:
    job = submit(ledger)
    ledger.outbox.mark_sent(job, 0)
    claimed(ledger, job)
    time.passes(3600)

    crash(ledger, job, 0)

    assert ledger.outbox.overdue("default", 10, 10) == []
    time.passes(11)
    assert [one.id for one in ledger.outbox.overdue("default", 10, 10)] == [job]


def test_the_message_of_an_interrupted_attempt_is_given_time_to_come_back(
    ledger: Ledger, time: OwnTime
) -> None:
    job = submit(ledger)
    ledger.outbox.mark_sent(job, 0)
    claim = claimed(ledger, job)
    time.passes(3600)

    ledger.attempts.settle(claim, Outcome(State.PENDING, Ending.INTERRUPTED))

    assert ledger.outbox.overdue("default", 10, 10) == []


def test_a_late_report_corrects_the_word_and_leaves_the_new_attempt_alone(ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1", 0)
    claimed(ledger, job, "m1", 1)

    assert crash(ledger, job, 0) is None

    endings = [attempt.ending for attempt in ledger.jobs.attempts(job)]
    assert endings == [Ending.CRASHED, None]
    assert ledger.jobs.get(job).state is State.STARTED


def test_a_report_about_a_settled_attempt_changes_nothing(ledger: Ledger) -> None:
    job = submit(ledger)
    ledger.attempts.settle(claimed(ledger, job), SUCCESS)

    assert crash(ledger, job, 0) is None
    assert ledger.jobs.get(job).state is State.SUCCESS
    assert ledger.jobs.attempts(job)[0].ending is Ending.SUCCEEDED


def test_the_third_crash_quarantines_the_job(ledger: Ledger) -> None:
    job = submit(ledger)
    for count in range(Limits().crashes):
        claimed(ledger, job, "m1", count)
        freed = crash(ledger, job, count)

    ended = ledger.jobs.get(job)
    assert freed is not None
    assert freed.ended == "3 attempts killed their own process"
    assert (ended.state, ended.cause) == (State.FAILURE, Cause.CRASHED)


def test_a_late_report_of_the_third_crash_leaves_the_attempt_that_runs_by_then(
    ledger: Ledger,
) -> None:
    job = submit(ledger)
    for count in range(Limits().crashes - 1):
        claimed(ledger, job, "m1", count)
        crash(ledger, job, count)
    claimed(ledger, job, "m1", Limits().crashes - 1)
    last = claimed(ledger, job, "m1", Limits().crashes)

    assert crash(ledger, job, Limits().crashes - 1) is None

    assert ledger.jobs.get(job).state is State.STARTED
    ledger.attempts.settle(last, SUCCESS)
    assert ledger.jobs.get(job).state is State.SUCCESS
    assert all(attempt.ending for attempt in ledger.jobs.attempts(job))


def test_interruptions_never_count(ledger: Ledger) -> None:
    job = submit(ledger)
    for count in range(20):
        claim = claimed(ledger, job, "m1", count)
        ledger.attempts.settle(claim, Outcome(State.PENDING, Ending.INTERRUPTED))

    assert claimed(ledger, job, "m1", 20).attempt == 21


def test_a_death_before_the_claim_makes_the_job_unsent_at_once(ledger: Ledger) -> None:
    job = submit(ledger)
    ledger.outbox.mark_sent(job, 0)

    assert crash(ledger, job, 0) is None

    assert [one.id for one in ledger.outbox.unsent(grace=3, limit=10)] == [job]


def test_a_hard_time_limit_ends_the_job_even_where_its_signal_looked_like_a_stop(
    ledger: Ledger,
) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    ledger.attempts.settle(claim, Outcome(State.PENDING, Ending.INTERRUPTED))

    assert ledger.recovery.report_timeout(delivery(job), 60)

    ended = ledger.jobs.get(job)
    assert (ended.state, ended.cause) == (State.FAILURE, Cause.TIMEOUT)
    assert ledger.jobs.attempts(job)[0].ending is Ending.TIMED_OUT


def test_the_jobs_of_a_silent_worker_are_freed_and_its_neighbours_are_not(
    ledger: Ledger, time: OwnTime
) -> None:
    held, kept = submit(ledger), submit(ledger)
    claimed(ledger, held)
    ledger.claims.claim(delivery(kept), "two", 2)
    time.passes(16)
    ledger.workers.beat("two")

    assert ledger.recovery.free_from_stopped_hearts(15) == [Freed(held, 1)]

    assert ledger.jobs.get(held).state is State.PENDING
    assert ledger.jobs.get(kept).state is State.STARTED
    assert [one.id for one in ledger.outbox.unsent(grace=3, limit=10)] == [held]


def test_a_lease_has_one_holder_until_it_lapses(ledger: Ledger, time: OwnTime) -> None:
    assert ledger.leases.take("clock", "one", 10)
    assert not ledger.leases.take("clock", "two", 10)
    time.passes(5)
    assert ledger.leases.take("clock", "one", 10)
    time.passes(9)
    assert not ledger.leases.take("clock", "two", 10)
    time.passes(2)
    assert ledger.leases.take("clock", "two", 10)
