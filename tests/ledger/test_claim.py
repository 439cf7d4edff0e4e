from concurrent.futures import ThreadPoolExecutor

from ledger import Ledger
from ledger.claims import Refused
from ledger.endings import Limits
from ledger.outcome import Outcome
from ledger.record import Cause, Claim, Ending, State
from tests.ledger.conftest import OwnTime, claimed, delivery, submit

SUCCESS = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"answer": 42})


def test_a_waiting_job_is_claimed_once_whatever_number_of_deliveries_race(ledger: Ledger) -> None:
    job = submit(ledger)

    def deliver(number: int) -> Claim | Refused:
        return ledger.claims.claim(delivery(job, f"m{number}"), "one", number)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(deliver, range(8)))

    assert sum(isinstance(answer, Claim) for answer in answers) == 1
    assert ledger.jobs.get(job).attempt == 1


def test_a_second_message_of_a_running_job_is_refused(ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1")

    answer = ledger.claims.claim(delivery(job, "m2", count=5), "two", 2)

    assert answer == Refused("it is STARTED in attempt 1")


def test_the_same_message_with_the_same_count_is_refused(ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1", 1)

    assert isinstance(ledger.claims.claim(delivery(job, "m1", 1), "two", 2), Refused)


def test_who_is_refused_is_told_which_process_of_its_worker_claimed_the_same_delivery(
    ledger: Ledger,
) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1", 1)

    answer = ledger.claims.claim(delivery(job, "m1", 1), "one", 2)

    assert answer == Refused("process 100 claimed it", process=100)


def test_a_claim_whose_answer_got_lost_is_given_to_the_same_process_again(ledger: Ledger) -> None:
    job = submit(ledger)
    first = claimed(ledger, job)

    assert claimed(ledger, job) == first
    assert isinstance(ledger.claims.claim(delivery(job), "one", 101), Refused)
    assert len(ledger.jobs.attempts(job)) == 1


def test_the_same_message_with_a_higher_count_takes_over_at_once(ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1", 0)

    taken = claimed(ledger, job, "m1", 1)

    first, second = ledger.jobs.attempts(job)
    assert taken.attempt == 2
    assert first.ending is Ending.LOST
    assert second.ending is None


def test_a_takeover_from_a_stopping_worker_is_an_interruption(ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job, "m1", 0)
    ledger.workers.stopping("one")

    claimed(ledger, job, "m1", 1)

    assert ledger.jobs.attempts(job)[0].ending is Ending.INTERRUPTED


def test_a_settled_job_refuses_every_delivery(ledger: Ledger) -> None:
    job = submit(ledger)
    ledger.attempts.settle(claimed(ledger, job), SUCCESS)

    answer = ledger.claims.claim(delivery(job, "m1", 1), "two", 2)

    assert answer == Refused("it is SUCCESS in attempt 1")


def test_a_delivery_of_a_job_that_does_not_exist_is_known_as_such(ledger: Ledger) -> None:
    answer = ledger.claims.claim(delivery("no-such-job"), "one", 1)

    assert answer == Refused("no such job", known=False)


def test_a_job_waiting_for_its_retry_is_refused_until_it_is_due(
    ledger: Ledger, time: OwnTime
) -> None:
    job = submit(ledger)
    retry = Outcome(State.RETRY, Ending.RETRIED, retry_in=10)
    ledger.attempts.settle(claimed(ledger, job), retry)

    assert isinstance(ledger.claims.claim(delivery(job, "m2"), "one", 1), Refused)
    time.passes(10)
    again = claimed(ledger, job, "m2")
    assert (again.attempt, again.retries) == (2, 1)


def test_a_cancelled_job_is_revoked_by_its_next_delivery(ledger: Ledger) -> None:
    job = submit(ledger)
    ledger.jobs.request_cancel(job)

    answer = ledger.claims.claim(delivery(job), "one", 1)

    assert isinstance(answer, Refused)
    assert ledger.jobs.get(job).state is State.REVOKED


def test_the_next_attempt_gets_the_state_that_the_last_one_kept(ledger: Ledger) -> None:
    job = submit(ledger)
    ledger.attempts.checkpoint(claimed(ledger, job), {"done": 120})

    assert claimed(ledger, job, "m1", 1).checkpoint == {"done": 120}


def test_a_job_whose_attempts_were_lost_too_often_is_quarantined_at_its_claim(
    ledger: Ledger,
) -> None:
    job = submit(ledger)
    for count in range(Limits().losses):
        claimed(ledger, job, "m1", count)

    answer = ledger.claims.claim(delivery(job, "m1", Limits().losses), "one", 1)

    ended = ledger.jobs.get(job)
    assert isinstance(answer, Refused)
    assert (ended.state, ended.cause) == (State.FAILURE, Cause.CRASHED)
