"""The past by the hour, as the clock counts it, and samples of the queues by the minute."""

from datetime import datetime, timedelta

import pytest

from ledger import Ledger
from ledger.durations import Durations, total
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, State
from ledger.tally import ALL, HOUR, Hour, hour_of
from tasks.counting import Counting
from tests.ledger.conftest import OwnTime, claimed, submit

MANY = 99
FAILED = Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR)


def ran(
    ledger: Ledger, time: OwnTime, waited: float, lasted: float, outcome: Outcome | None = None
) -> str:
    """Have a job wait and run for so many seconds."""
    job = submit(ledger)
    time.passes(waited)
    claim = claimed(ledger, job, job)
    time.passes(lasted)
    ledger.attempts.settle(claim, outcome or Outcome(State.SUCCESS, Ending.SUCCEEDED))
    return job


def numbers(hours: list[Hour]) -> list[tuple[datetime, int, int, int]]:
    return [(one.begins_at, one.succeeded, one.failed, one.cancelled) for one in hours]


def test_an_hour_tells_how_many_ended_and_how_long_they_waited_and_ran(
    ledger: Ledger, time: OwnTime
) -> None:
    start = time.now
    for _ in range(19):
        ran(ledger, time, 1, 4)
    ran(ledger, time, 0.5, 60)
    ran(ledger, time, 3, 0, FAILED)
    ledger.jobs.request_cancel(submit(ledger))

    for kind in ("hello", ALL):
        [hour] = ledger.history.of(kind, start)
        assert numbers([hour]) == [(hour_of(start), 20, 1, 1)]
        assert hour.runs.number == 20
        assert hour.runs.at(0.5) == pytest.approx(timedelta(seconds=4), rel=0.06)
        assert hour.runs.at(0.99) == pytest.approx(timedelta(seconds=60), rel=0.06)
        assert hour.waits.number == 21
    assert ledger.history.of("other", start) == []


def test_the_clock_keeps_the_hours_and_counts_those_again_to_which_something_late_may_come(
    ledger: Ledger, time: OwnTime
) -> None:
    start = time.now
    time.passes(3595)
    ran(ledger, time, 0, 1)
    assert ledger.history.count(MANY) == 1
    late = submit(ledger)
    claim = claimed(ledger, late, late)
    time.passes(1)
    ledger.attempts.settle(claim, FAILED)
    time.passes(HOUR.total_seconds() / 20)
    assert ledger.history.count(MANY) == 2
    assert numbers(ledger.history.of("hello", start)) == [(start, 1, 1, 0)]
    time.passes(HOUR.total_seconds())
    assert ledger.history.count(MANY) == 3
    assert ledger.history.count(MANY) == 2
    time.passes(600)
    assert [ledger.history.count(MANY) for _ in range(2)] == [2, 1]
    assert numbers(ledger.history.of(ALL, start)) == [(start, 1, 1, 0)]


def test_hours_that_nobody_has_counted_follow_from_the_newest_on(
    ledger: Ledger, time: OwnTime
) -> None:
    start = time.now
    for _ in range(3):
        ran(ledger, time, 0, 1)
        time.passes(3599)
    assert ledger.history.count(2) == 2
    assert [begins for begins, *_rest in numbers(ledger.history.of(ALL, start))] == [
        start + 2 * HOUR
    ]
    assert ledger.history.count(4) == 4
    assert len(ledger.history.of(ALL, start)) == 3


def test_a_page_counts_the_hour_under_way_itself_unless_that_would_take_long(
    ledger: Ledger, time: OwnTime
) -> None:
    start = time.now
    ran(ledger, time, 0, 1)
    ledger.history.count(1)
    ran(ledger, time, 0, 1)
    for kind in ("hello", ALL):
        assert numbers(ledger.history.of(kind, start, most=2)) == [(start, 2, 0, 0)]
        assert numbers(ledger.history.of(kind, start, most=1)) == [(start, 1, 0, 0)]


def test_what_is_counted_stays_when_the_jobs_are_forgotten(ledger: Ledger, time: OwnTime) -> None:
    start = time.now
    ran(ledger, time, 0, 1)
    time.passes(2 * HOUR.total_seconds())
    ledger.history.count(MANY)
    assert ledger.retention.forget_jobs(60, 10) == 1
    ledger.history.count(MANY)
    assert numbers(ledger.history.of("hello", start)) == [(start, 1, 0, 0)]


def test_the_newest_that_ran_come_first_and_only_so_many(ledger: Ledger, time: OwnTime) -> None:
    start = time.now
    jobs = [ran(ledger, time, 0, n) for n in (1, 2, 3)]
    ledger.jobs.request_cancel(submit(ledger))
    found = ledger.history.newest("hello", start, 2)
    assert [one.id for one in found] == [jobs[2], jobs[1]]
    assert [one.ran_for for one in found] == [timedelta(seconds=3), timedelta(seconds=2)]
    assert ledger.history.newest("hello", time.now - timedelta(seconds=4), 9) == found


@pytest.mark.parametrize("microseconds", [0, 7, 42, 1_000, 1_099_999, 59_999_999, 86_400_000_000])
def test_a_duration_is_known_to_a_twentieth(microseconds: int) -> None:
    text = str(microseconds)
    kept = Durations.cut([(len(text), text[:2], 1)])
    at = Durations.kept(kept.row()).at(0.5)
    assert at is not None
    assert at / timedelta(microseconds=1) == pytest.approx(microseconds, rel=0.05)


def test_a_clock_that_was_set_back_gives_no_negative_duration() -> None:
    assert Durations.cut([(5, "-1", 3)]).at(0.5) == timedelta(0)


def test_each_queue_gets_a_sample_a_minute_and_old_ones_are_thinned(
    ledger: Ledger, time: OwnTime
) -> None:
    start = time.now
    submit(ledger)
    running = submit(ledger)
    claimed(ledger, running)
    for _ in range(30):
        ledger.depths.sample({"default", "video"})
        ledger.depths.sample({"default", "video"})
        time.passes(60)
    samples = ledger.depths.since(start)
    assert len(samples) == 60
    first, second = samples[:2]
    assert (first.queue, first.at, first.waiting, first.running) == ("default", start, 1, 1)
    assert (second.queue, second.waiting, second.running) == ("video", 0, 0)

    time.passes(86_400)
    ledger.depths.sample(set())
    old = [one for one in ledger.depths.since(start) if one.at < start + HOUR]
    assert [one.at.minute for one in old if one.queue == "default"] == [0, 10, 20]
    time.passes(91 * 86_400)
    ledger.depths.sample(set())
    assert len(ledger.depths.since(start)) == 1


def test_the_clock_counts_at_once_and_then_not_for_a_minute(ledger: Ledger, time: OwnTime) -> None:
    start = time.now
    counting = Counting(ledger, {"default"})
    counting.do()
    assert [one.waiting for one in ledger.depths.since(start)] == [0]
    time.passes(60)
    counting.do()
    assert len(ledger.depths.since(start)) == 1
    Counting(ledger, {"default"}).do()
    assert len(ledger.depths.since(start)) == 2


def test_steps_of_several_hours_are_told_as_one_and_have_all_their_runs(
    ledger: Ledger, time: OwnTime
) -> None:
    start = time.now  # Midnight, so that a step of six hours begins there.
    for seconds in (10, 20, 30):
        ran(ledger, time, 1, seconds)
        time.passes(3 * 3600 - 1 - seconds)
    assert ledger.history.count(24) == 10
    by_hour = ledger.history.of("hello", start)
    by_step = ledger.history.of("hello", start, step=6 * HOUR)

    assert numbers(by_hour) == [(start + at * HOUR, 1, 0, 0) for at in (0, 3, 6)]
    assert numbers(by_step) == [(start, 2, 0, 0), (start + 6 * HOUR, 1, 0, 0)]
    assert by_step[0].runs == total(hour.runs for hour in by_hour[:2])
    assert by_step[0].waits == total(hour.waits for hour in by_hour[:2])
    assert ledger.history.runs("hello", start, start + 6 * HOUR) == by_step[0].runs
