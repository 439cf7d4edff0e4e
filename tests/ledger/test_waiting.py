"""What is known of a waiting job: its line as RabbitMQ has it, workers, runs, pauses, silences."""

import pytest
from sqlalchemy import insert

from ledger import Ledger
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.outlook import Reason, outlook
from ledger.record import Ending, Error, Progress, State, StoredFile
from ledger.schema import files
from ledger.workers import NewWorker
from tests.ledger.conftest import OwnTime, claimed, submit


def sent(ledger: Ledger, kind: str = "hello", **more: object) -> str:
    job = submit(ledger, kind, **more)
    ledger.outbox.mark_sent(job, 0)
    return job


def ran(ledger: Ledger, time: OwnTime, seconds: float, kind: str = "hello") -> str:
    """Return a job that took so long and succeeded."""
    job = sent(ledger, kind)
    claim = claimed(ledger, job, message=f"of {job}"[:36])
    time.passes(seconds)
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED))
    return job


def place(ledger: Ledger, job: str) -> int | None:
    return outlook(ledger.waiting.before(ledger.jobs.get(job))).place


def test_a_jobs_place_is_behind_those_that_were_sent_before_it(
    ledger: Ledger, time: OwnTime
) -> None:
    first, second, late = submit(ledger), submit(ledger), submit(ledger)
    for job in (second, first, late):
        time.passes(1)
        ledger.outbox.mark_sent(job, 0)
    assert [place(ledger, job) for job in (second, first, late)] == [1, 2, 3]
    facts = ledger.waiting.at_the_end("hello", "default")
    assert facts.line.before == 3
    assert list(facts.line.first) == ["hello"] * 3
    assert outlook(facts).place == 4


def test_jobs_sent_in_the_same_moment_have_different_places(ledger: Ledger) -> None:
    assert sorted(place(ledger, sent(ledger)) or 0 for _ in range(3)) == [1, 2, 3]


def test_a_job_of_a_kind_that_is_gone_is_before_nobody_and_is_never_foreseen(
    ledger: Ledger, time: OwnTime
) -> None:
    gone = sent(ledger, "gone")
    time.passes(1)
    job = sent(ledger)
    seen = outlook(ledger.waiting.before(ledger.jobs.get(job), ["hello"]))
    assert (seen.place, seen.more) == (1, False)
    assert ledger.waiting.at_the_end("hello", "default", kinds=["hello"]).line.before == 1
    seen = outlook(ledger.waiting.before(ledger.jobs.get(gone), ["hello"]))
    assert (seen.reason, seen.place, seen.estimate) == (Reason.NO_KIND, None, None)


def test_neither_running_nor_ended_nor_unsent_jobs_are_in_the_line(
    ledger: Ledger, time: OwnTime
) -> None:
    ran(ledger, time, 1)
    claimed(ledger, sent(ledger))
    ledger.jobs.request_cancel(sent(ledger))
    submit(ledger)
    assert ledger.waiting.at_the_end("hello", "default").line.before == 0
    assert len(ledger.waiting.at_the_end("hello", "default").running) == 1


def test_a_retry_waits_for_its_time_and_then_at_the_end_of_the_line(
    ledger: Ledger, time: OwnTime
) -> None:
    job = sent(ledger)
    outcome = Outcome(State.RETRY, Ending.RETRIED, error=Error("E", "no"), retry_in=60)
    ledger.attempts.settle(claimed(ledger, job), outcome)
    other = sent(ledger)
    seen = outlook(ledger.waiting.before(ledger.jobs.get(job)))
    assert (seen.reason, seen.place) == (Reason.RETRY, None)
    assert place(ledger, other) == 1
    time.passes(61)
    ledger.outbox.mark_sent(job, 1)
    assert (place(ledger, other), place(ledger, job)) == (1, 2)


def test_a_job_whose_message_came_back_is_before_all_others(ledger: Ledger, time: OwnTime) -> None:
    job = sent(ledger)
    claim = claimed(ledger, job)
    sent(ledger)
    time.passes(1)
    ledger.attempts.settle(claim, Outcome(State.PENDING, Ending.INTERRUPTED))
    assert place(ledger, job) == 1


def test_a_job_of_another_queue_has_no_place_but_its_work_counts_where_workers_take_both(
    ledger: Ledger,
) -> None:
    ledger.workers.register(NewWorker("both", "b@h", "h", 1, ["default", "video"], 1, "1"))
    other = submit_to(ledger, "video")
    ledger.outbox.mark_sent(other, 0)
    facts = ledger.waiting.at_the_end("hello", "default")
    assert facts.line.before == 0
    assert list(facts.line.first) == ["clip"]


def submit_to(ledger: Ledger, queue: str) -> str:
    return ledger.jobs.submit(Submission(kind="clip", queue=queue, inputs={}, owner="ada"))[0]


def test_behind_a_long_line_the_rest_is_counted_by_kind(ledger: Ledger) -> None:
    for _ in range(30):
        sent(ledger)
    facts = ledger.waiting.at_the_end("hello", "default")
    assert facts.line.before == 30
    assert len(facts.line.first) + sum((facts.line.beyond or {}).values()) == 30


def test_of_a_very_long_line_the_kinds_are_those_of_its_beginning(
    ledger: Ledger, time: OwnTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.waiting.SAMPLE", 35)
    for number in range(45):
        sent(ledger, "odd" if number % 2 else "even")
        time.passes(1)
    line = ledger.waiting.at_the_end("hello", "default").line
    assert (line.before, len(line.first), line.more) == (45, 25, False)
    assert line.first[:3] == ["even", "odd", "even"]
    assert line.beyond == {"even": 10, "odd": 10}  # Of the ten that were seen, five were each.


def test_a_running_jobs_progress_is_known(ledger: Ledger) -> None:
    claim = claimed(ledger, sent(ledger))
    assert ledger.waiting.at_the_end("hello", "default").running[0].done is None
    ledger.attempts.report(claim, Progress(1, 4), [])
    assert ledger.waiting.at_the_end("hello", "default").running[0].done == 0.25


def test_run_times_are_learned_once_each(ledger: Ledger, time: OwnTime) -> None:
    for seconds in (3, 5):
        ran(ledger, time, seconds)
    assert ledger.experience.learn_runs("hello") == 2
    assert ledger.experience.learn_runs("hello") == 0
    ran(ledger, time, 7)
    assert ledger.experience.learn_runs("hello") == 1
    times = (ledger.waiting.at_the_end("hello", "default").times or {})["hello"]
    assert [run.seconds for run in times.runs] == [3, 5, 7]


def test_a_cancelled_run_says_nothing_of_how_long_one_takes(ledger: Ledger, time: OwnTime) -> None:
    job = sent(ledger)
    claim = claimed(ledger, job)
    time.passes(9)
    ledger.attempts.settle(claim, Outcome(State.REVOKED, Ending.CANCELLED))
    assert ledger.experience.learn_runs("hello") == 0


def test_a_run_is_learned_with_the_bytes_that_it_read(ledger: Ledger, time: OwnTime) -> None:
    file = upload(ledger, time, 1234)
    job = sent(ledger, uploads=[file])
    claim = claimed(ledger, job)
    time.passes(2)
    assert ledger.waiting.before(ledger.jobs.get(job)).size == 1234
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED))
    ledger.experience.learn_runs("hello")
    times = (ledger.waiting.at_the_end("hello", "default").times or {})["hello"]
    assert times.runs[0].size == 1234


def upload(ledger: Ledger, time: OwnTime, size: int) -> str:
    stored = StoredFile("f1", None, None, "ada", "a.bin", "x/y", size, "0" * 64, time())
    with ledger.database.write() as connection:
        values = {name: getattr(stored, name) for name in StoredFile.__slots__}
        connection.execute(insert(files).values(values))
    return stored.id


def test_an_estimate_of_a_waiting_job_is_checked_when_it_starts(
    ledger: Ledger, time: OwnTime
) -> None:
    job = sent(ledger)
    ledger.experience.keep("default", ledger.jobs.get(job), 12)
    time.passes(10)
    assert ledger.experience.check("default") == 0
    claimed(ledger, job)
    assert ledger.experience.check("default") == 1
    past = ledger.waiting.at_the_end("hello", "default").past
    assert [(one.foreseen, one.waited) for one in past] == [(12, 10)]


def test_an_estimate_of_the_next_job_is_checked_with_the_one_that_comes(
    ledger: Ledger, time: OwnTime
) -> None:
    sent(ledger)  # Earlier, so it is not the one.
    time.passes(1)
    ledger.experience.keep("default", None, 5)
    time.passes(2)
    job = sent(ledger)
    ledger.experience.check("default")
    time.passes(4)
    claimed(ledger, job)
    ledger.experience.check("default")
    past = ledger.waiting.at_the_end("hello", "default").past
    assert [(one.foreseen, one.waited) for one in past] == [(5, 4)]


def test_an_estimate_of_the_next_job_is_dropped_where_none_comes_soon(
    ledger: Ledger, time: OwnTime
) -> None:
    ledger.experience.keep("default", None, 0)
    time.passes(6)
    job = sent(ledger)
    ledger.experience.check("default")
    claimed(ledger, job)
    assert ledger.experience.check("default") == 0
    assert ledger.waiting.at_the_end("hello", "default").past == []


def test_an_estimate_of_a_job_that_is_cancelled_is_dropped(ledger: Ledger) -> None:
    job = sent(ledger)
    ledger.experience.keep("default", ledger.jobs.get(job), 12)
    ledger.jobs.request_cancel(job)
    assert ledger.experience.check("default") == 0
    assert ledger.waiting.at_the_end("hello", "default").past == []


def test_open_estimates_are_dropped_when_something_happens_that_none_foresees(
    ledger: Ledger,
) -> None:
    job = sent(ledger)
    ledger.experience.keep("default", ledger.jobs.get(job), 12)
    ledger.experience.drop_open("default")
    claimed(ledger, job)
    assert ledger.experience.check("default") == 0


def test_only_the_newest_estimates_are_kept(
    ledger: Ledger, time: OwnTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.experience.KEPT_ESTIMATES", 3)
    for foreseen in range(5):
        job = sent(ledger)
        ledger.experience.keep("default", ledger.jobs.get(job), foreseen)
        time.passes(1)
        claimed(ledger, job, message=f"m{foreseen}")
        ledger.experience.check("default")
    past = ledger.waiting.at_the_end("hello", "default").past
    assert sorted(one.foreseen for one in past) == [2, 3, 4]


def test_a_pause_and_a_silence_are_told_with_their_beginning(ledger: Ledger, time: OwnTime) -> None:
    ledger.experience.silent()
    began = time.now
    time.passes(5)
    ledger.experience.silent()
    seen = outlook(ledger.waiting.at_the_end("hello", "default"))
    assert (seen.reason, seen.since) == (Reason.BROKER, began)
    ledger.experience.answers()
    ledger.queues.pause("default", "ada", "the disk is full")
    seen = outlook(ledger.waiting.at_the_end("hello", "default"))
    assert seen.reason is Reason.PAUSED
    assert seen.pause is not None
    assert (seen.pause.by, seen.pause.why) == ("ada", "the disk is full")
    ledger.queues.resume("default")
    assert outlook(ledger.waiting.at_the_end("hello", "default")).reason is Reason.NEXT


def test_a_worker_whose_heart_stopped_is_told_of_for_a_day(ledger: Ledger, time: OwnTime) -> None:
    time.passes(16)
    assert outlook(ledger.waiting.at_the_end("hello", "default")).reason is Reason.SILENT
    time.passes(86_400)
    assert outlook(ledger.waiting.at_the_end("hello", "default")).reason is Reason.NO_WORKER


def test_of_a_line_that_is_very_long_only_so_much_is_counted(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.waiting.MOST_BEFORE", 3)
    for _ in range(5):
        sent(ledger)
    line = ledger.waiting.at_the_end("hello", "default").line
    assert (line.before, line.more) == (3, True)
