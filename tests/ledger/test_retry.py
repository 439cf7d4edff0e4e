import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger import Ledger
from ledger.errors import NoSuchJob, NotSettled
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, Error, State
from tests.ledger.conftest import OwnTime, claimed, submit

FAILURE = Outcome(
    State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=Error("ValueError", "no"), note="no"
)


def test_a_job_that_waits_for_its_next_attempt_becomes_due(ledger: Ledger, time: OwnTime) -> None:
    job = submit(ledger)
    later = Outcome(State.RETRY, Ending.RETRIED, error=Error("OSError", "no"), retry_in=3600)
    ledger.attempts.settle(claimed(ledger, job), later)
    assert ledger.outbox.unsent(grace=3, limit=10) == []

    assert ledger.jobs.retry(job) == job

    assert [one.id for one in ledger.outbox.unsent(grace=3, limit=10)] == [job]
    assert ledger.jobs.get(job).due_at == time.now
    assert claimed(ledger, job, "m2").attempt == 2


def test_a_settled_job_keeps_its_end_and_its_inputs_are_another_job(
    ledger: Ledger, time: OwnTime
) -> None:
    upload = ledger.files.receive("a.csv", 100)
    upload.write(b"1")
    file = ledger.files.accept(upload, "ada")
    job = submit(ledger, uploads=[file.id])
    ledger.attempts.settle(claimed(ledger, job), FAILURE)
    ended = ledger.jobs.get(job)
    time.passes(60)

    again = ledger.jobs.get(ledger.jobs.retry(job))

    assert ledger.jobs.get(job) == ended
    assert (again.id != job, again.retried_from, again.state) == (True, job, State.PENDING)
    assert (again.inputs, again.owner, again.queue) == (ended.inputs, ended.owner, ended.queue)
    assert (again.attempt, again.submitted_at, again.error) == (0, time.now, None)
    assert ledger.files.uploads_of(again.id) == [file]


def test_a_job_that_runs_or_waits_is_not_run_again(ledger: Ledger) -> None:
    job = submit(ledger)
    with pytest.raises(NotSettled, match="PENDING"):
        ledger.jobs.retry(job)
    claimed(ledger, job)
    with pytest.raises(NotSettled, match="STARTED"):
        ledger.jobs.retry(job)
    with pytest.raises(NoSuchJob):
        ledger.jobs.retry("none")


def test_the_same_key_leads_to_the_same_other_job_and_another_key_to_another(
    ledger: Ledger,
) -> None:
    job = submit(ledger)
    ledger.attempts.settle(claimed(ledger, job), FAILURE)
    again = ledger.jobs.retry(job, "a key")
    assert ledger.jobs.retry(job, "a key") == again
    ledger.attempts.settle(claimed(ledger, again, "m2"), FAILURE)
    assert ledger.jobs.retry(job, "a key") == again
    assert ledger.jobs.retry(job, "another key") not in {job, again}
    assert ledger.jobs.retry(job) != ledger.jobs.retry(job)


def test_of_several_that_come_with_one_key_at_once_one_makes_a_job(ledger: Ledger) -> None:
    job = submit(ledger)
    ledger.attempts.settle(claimed(ledger, job), FAILURE)
    together = threading.Barrier(4)

    def ask() -> str:
        together.wait()
        return ledger.jobs.retry(job, "a key")

    with ThreadPoolExecutor(4) as pool:
        found = {asked.result() for asked in [pool.submit(ask) for _ in range(4)]}
    assert len(found) == 1
    assert len(ledger.jobs.page(limit=9)) == 2
