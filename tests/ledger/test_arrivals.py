"""Jobs that come together share a transaction, and are accepted or refused as if alone."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Insert, event, insert
from sqlalchemy.exc import IntegrityError

from ledger import Ledger
from ledger.arrivals import row_of
from ledger.errors import NoSuchBatch
from ledger.jobs import Submission
from ledger.record import State
from ledger.schema import jobs
from tests.ledger.conftest import OwnTime
from tests.waiting import until

HELLO = Submission(kind="hello", queue="default", inputs={"name": "Ada"}, owner="ada")


def with_key(key: str, *uploads: str) -> Submission:
    return Submission("hello", "default", {"name": "Ada"}, "ada", uploads, idempotency_key=key)


def test_jobs_that_come_at_the_same_moment_are_all_accepted_once(ledger: Ledger) -> None:
    keys = [f"{number % 20}" for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda key: ledger.jobs.submit(with_key(key)), keys))
    assert {job.id for job in ledger.jobs.page(limit=99)} == {job for job, _ in found}
    assert sum(new for _, new in found) == 20
    assert len({(key, job) for key, (job, _) in zip(keys, found, strict=True)}) == 20


def test_jobs_that_come_while_another_is_written_share_one_transaction(ledger: Ledger) -> None:
    commits: list[object] = []
    with ThreadPoolExecutor(12) as pool, ledger.database.write() as connection:
        # The first one waits for this transaction, by the one lock of SQLite or by its key.
        connection.execute(*row_of_somebody_who_has_not_committed(ledger))
        first = pool.submit(ledger.jobs.submit, with_key("one"))
        until("the first is being written", lambda: ledger.arrivals.together.acting)
        others = [pool.submit(ledger.jobs.submit, HELLO) for _ in range(9)]
        until("the others wait", lambda: len(ledger.arrivals.together.waiting) == 9)
        event.listen(connection.engine, "commit", commits.append)
        connection.rollback()
        assert first.result(20)[1]
        assert len({one.result(20)[0] for one in others}) == 9
    # The first, which was alone, went by the driver itself.
    assert len(commits) == 1


def row_of_somebody_who_has_not_committed(ledger: Ledger) -> tuple[Insert, dict[str, object]]:
    known = {"state": State.PENDING, "submitted_at": ledger.database.read_clock(), "attempt": 0}
    return insert(jobs), row_of(with_key("one")) | known


def test_those_whose_key_is_used_already_are_left_out_of_many(ledger: Ledger) -> None:
    first, _ = ledger.jobs.submit(with_key("one"))
    keys = ["one", "two", "two", "three"]
    arrived = ledger.arrivals.add_all([with_key(key) for key in keys])
    assert [one is not None for one in arrived] == [False, True, False, True]
    assert ledger.jobs.submit(with_key("one")) == (first, False)
    assert len(ledger.jobs.page(limit=9)) == 3


def test_a_job_that_can_not_be_kept_takes_nobody_with_it(ledger: Ledger) -> None:
    def submit(number: int) -> str:
        if number % 10:
            return ledger.jobs.submit(HELLO)[0]
        with pytest.raises(IntegrityError):
            ledger.jobs.submit(with_key(f"{number}", "no such file"))
        return ""

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(submit, range(60)))
    accepted = {job for job in found if job}
    assert len(accepted) == 54
    assert {job.id for job in ledger.jobs.page(limit=99)} == accepted


def test_many_are_marked_as_sent_but_those_that_have_moved_on(ledger: Ledger) -> None:
    first, second, third = (ledger.jobs.submit(HELLO)[0] for _ in range(3))
    ledger.jobs.request_cancel(second)
    ledger.outbox.mark_all_sent([(first, 0), (second, 0), (third, 1)])
    sent = [ledger.jobs.get(job).sent_at is not None for job in (first, second, third)]
    assert sent == [True, False, False]


def batch(number: int) -> list[Submission]:
    return [Submission("hello", "default", {"name": f"{one}"}, "ada") for one in range(number)]


def test_a_batch_is_left_to_its_submitter_for_twice_the_time(ledger: Ledger, time: OwnTime) -> None:
    _, ids, _held = ledger.batches.submit(batch(2))
    time.passes(5)
    assert ledger.outbox.unsent(grace=3, limit=9) == []
    time.passes(1)
    assert [one.id for one in ledger.outbox.unsent(grace=3, limit=9)] == ids


def test_a_batch_is_accepted_whole_and_in_its_order(ledger: Ledger, time: OwnTime) -> None:
    batch_id, ids, _held = ledger.batches.submit(batch(1500))
    assert ids == sorted(ids)
    rows = [ledger.jobs.get(ids[place]) for place in (0, 1, 1499)]
    assert [row.inputs for row in rows] == [{"name": "0"}, {"name": "1"}, {"name": "1499"}]
    assert {row.batch for row in rows} == {batch_id}
    assert {row.submitted_at for row in rows} == {time.now}
    assert [kind for kind, _ in ledger.batches.asked(batch_id)] == ["hello"] * 1500
    assert [one.id for one in ledger.outbox.unsent(0, 2000)] == ids
    ledger.outbox.mark_sent(ids[0], 0)
    ledger.jobs.request_cancel(ids[1])
    found = ledger.batches.get(batch_id)
    assert (found.jobs, found.unsent, found.settled) == (1500, 1498, False)
    assert found.states == {State.PENDING: 1499, State.REVOKED: 1}


def test_a_batch_whose_key_was_used_is_the_one_accepted_first(ledger: Ledger) -> None:
    first, ids, _held = ledger.batches.submit(batch(3), "once")
    assert ledger.batches.submit(batch(3), "once") == (first, [], 0)
    assert len(ids) == 3
    assert len(ledger.jobs.page(limit=9)) == 3


def test_of_a_batch_with_one_job_that_can_not_be_kept_nothing_is(ledger: Ledger) -> None:
    missing = replace(HELLO, uploads=("no such file",))
    with pytest.raises(IntegrityError):
        ledger.batches.submit([*batch(5), missing], "once")
    assert ledger.jobs.page(limit=9) == []
    with pytest.raises(NoSuchBatch):
        ledger.batches.get("nothing")
