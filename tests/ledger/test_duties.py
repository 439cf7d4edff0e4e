import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from ledger import Ledger, Settings
from ledger.duties import Backlog
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.record import Ending, Progress, State
from tests.ledger.conftest import OwnTime, claimed, delivery, submit
from tests.services import PostgreSQL


def test_what_runs_is_told_by_worker_with_how_far_it_is(ledger: Ledger, time: OwnTime) -> None:
    first, second, third = (submit(ledger) for _ in range(3))
    ledger.attempts.report(claimed(ledger, first), Progress(1, 4), [])
    since = time.now
    time.passes(1)
    claimed(ledger, second)

    running = ledger.duties.running()

    assert [(one.job, one.since) for one in running["one"]] == [(first, since), (second, time.now)]
    assert [(one.kind, one.attempt) for one in running["one"]] == [("hello", 1)] * 2
    assert [one.percent for one in running["one"]] == [25, None]
    assert third not in str(running)


def test_a_dead_worker_is_told_what_became_of_its_jobs(ledger: Ledger, time: OwnTime) -> None:
    jobs = [submit(ledger) for _ in range(3)]
    claims = [claimed(ledger, job, job) for job in jobs]
    ledger.attempts.settle(claims[0], Outcome(State.SUCCESS, Ending.SUCCEEDED))
    time.passes(20)
    ledger.workers.beat("two")
    ledger.recovery.free_from_stopped_hearts(15)
    ledger.claims.claim(delivery(jobs[2], "again"), "two", 100)

    (left,) = ledger.duties.left_by(["one", "two"], limit=9).values()

    assert [(one.job, one.ending, one.state) for one in left] == [
        (jobs[2], Ending.LOST, State.STARTED),
        (jobs[1], Ending.LOST, State.PENDING),
    ]
    assert len(ledger.duties.left_by(["one"], limit=1)["one"]) == 1


def test_a_backlog_tells_what_waits_by_queue_and_since_when(ledger: Ledger, time: OwnTime) -> None:
    first = time.now
    sent, retried, _unsent = (submit(ledger) for _ in range(3))
    ledger.jobs.submit(Submission("film", "video", {}, "ada"))
    ledger.outbox.mark_sent(sent, 0)
    later = Outcome(State.RETRY, Ending.RETRIED, retry_in=60)
    ledger.attempts.settle(claimed(ledger, retried), later)
    time.passes(1)
    claimed(ledger, submit(ledger))

    backlogs = ledger.duties.backlogs()

    assert backlogs["video"] == Backlog(1, 0, 1, first)
    assert backlogs["default"] == Backlog(2, 1, 1, first)


def test_the_rates_are_those_of_the_last_minute(ledger: Ledger, time: OwnTime) -> None:
    for outcome in (Outcome(State.SUCCESS, Ending.SUCCEEDED), None):
        claim = claimed(ledger, submit(ledger))
        if outcome:
            ledger.attempts.settle(claim, outcome)

    assert ledger.duties.rates(["hello"]) == ({"default": 2}, {"default": 1})
    assert ledger.duties.rates(["other"]) == ({"default": 2}, {})
    time.passes(61)
    assert ledger.duties.rates(["hello"]) == ({}, {})


@pytest.mark.postgres
def test_rates_are_counted_on_postgresql_from_the_ends_of_a_minute_alone(
    postgresql: PostgreSQL, tmp_path: Path
) -> None:
    ledger = Ledger(Settings(postroom_var=tmp_path, database_url=postgresql.database()))
    ledger.upgrade()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(ledger.database.engine, "before_cursor_execute", note)
    assert ledger.duties.rates(["hello"]) == ({}, {})
    event.remove(ledger.database.engine, "before_cursor_execute", note)
    statement, values = asked[-1]
    with ledger.database.read() as connection:
        connection.exec_driver_sql("SET enable_seqscan = off")
        explained = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
        plan = " ".join(row[0] for row in explained)
    ledger.close()

    assert "ix_jobs_ended" in plan
    assert re.search(r"Index Cond: [^:]*finished_at > ", plan.replace("::", " "))
