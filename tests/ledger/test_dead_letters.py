from ledger import Ledger
from ledger.record import Ending, State
from ledger.recovery import DEAD_PAUSE
from tests.ledger.conftest import OwnTime, claimed, submit


def test_a_waiting_job_whose_message_died_is_sent_again_after_a_pause(
    ledger: Ledger, time: OwnTime
) -> None:
    job = submit(ledger)
    ledger.outbox.mark_sent(job, 0)

    assert ledger.recovery.message_died(job, "m1")

    assert ledger.outbox.unsent(grace=3, limit=9) == []
    time.passes(DEAD_PAUSE)
    assert [one.id for one in ledger.outbox.unsent(grace=3, limit=9)] == [job]


def test_a_running_attempt_whose_own_message_died_is_over(ledger: Ledger, time: OwnTime) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1")

    assert ledger.recovery.message_died(job, "m1")

    assert ledger.jobs.get(job).state is State.PENDING
    assert [one.ending for one in ledger.jobs.attempts(job)] == [Ending.LOST]
    time.passes(DEAD_PAUSE)
    assert claimed(ledger, job, "m2").attempt == 2


def test_another_message_of_a_running_job_may_die(ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1")

    assert ledger.recovery.message_died(job, "m2")

    assert ledger.jobs.get(job).state is State.STARTED


def test_a_message_that_names_no_job_is_kept_whatever_it_holds(ledger: Ledger) -> None:
    assert not ledger.recovery.message_died("none", "m1")

    ledger.dead_letters.keep("x" * 99, "default", "rejected", {"a": b"\0", "b": [1]}, b"\0\xff{}")

    (letter,) = ledger.dead_letters.newest(9)
    assert (letter.job, letter.body) == ("x" * 36, "\\x00\\xff{}")
    assert letter.headers["b"] == [1]
