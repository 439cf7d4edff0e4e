"""How long jobs wait, foreseen by playing: against queues whose end is known, and in proportion."""

import heapq
from random import Random
from statistics import mean

import pytest

from ledger.forecast import (
    ENOUGH,
    USUALLY,
    Busy,
    Checked,
    Run,
    RunTimes,
    like,
    margin,
    quantile,
    rounded_up,
    starts_in,
)


def times(*seconds: float) -> RunTimes:
    return RunTimes(tuple(Run(one, 0, succeeded=True) for one in seconds))


TEN = times(10)


def test_a_free_process_takes_it_at_once() -> None:
    assert starts_in(1, [], [], []) == 0
    assert starts_in(3, [Busy(TEN, 1)], [TEN, TEN], []) == 0


def test_without_a_process_there_is_no_start() -> None:
    with pytest.raises(ValueError, match="process"):
        starts_in(0, [], [], [])


def test_a_running_job_goes_on_for_what_is_left_of_it() -> None:
    assert starts_in(0, [Busy(TEN, 4)], [], []) == 6
    assert starts_in(0, [Busy(TEN, 4), Busy(TEN, 7)], [], []) == 3


def test_each_job_before_it_takes_its_time() -> None:
    assert starts_in(0, [Busy(TEN, 4)], [TEN, TEN], []) == 26
    assert starts_in(1, [Busy(TEN, 4)], [TEN, TEN], []) == 10


def test_a_run_that_outlasts_every_known_one_takes_a_part_of_its_age_more() -> None:
    assert starts_in(0, [Busy(TEN, 40)], [], []) == 10


def test_a_job_that_tells_its_progress_goes_on_at_its_own_pace() -> None:
    assert starts_in(0, [Busy(TEN, 40, done=0.8)], [], []) == pytest.approx(10)
    assert starts_in(0, [Busy(TEN, 4, done=0.1)], [], []) == pytest.approx(36)
    assert starts_in(0, [Busy(TEN, 4, done=1.0)], [], []) == 0
    # What it says at first is not worth more than what others took.
    assert starts_in(0, [Busy(TEN, 4, done=0.01)], [], []) == 6
    assert starts_in(0, [Busy(TEN, 1, done=0.05)], [], []) == 9
    assert starts_in(0, [Busy(TEN, 40, done=0.8)], [], [(TEN, 30)]) == pytest.approx(310)


def test_of_several_processes_the_first_that_ends_counts() -> None:
    mixed = times(*range(1, 101))
    alone = starts_in(0, [Busy(mixed, 0)], [], [])
    of_eight = starts_in(0, [Busy(mixed, 0)] * 8, [], [])
    assert 40 < alone < 60
    assert 3 < of_eight < 16


def test_the_same_facts_give_the_same_answer() -> None:
    mixed = times(*range(1, 101))
    assert len({starts_in(0, [Busy(mixed, 5)] * 3, [mixed] * 5, []) for _ in range(5)}) == 1


@pytest.mark.parametrize("processes", [1, 2, 4, 16])
@pytest.mark.parametrize("before", [25, 60, 400])
def test_behind_a_long_line_the_work_is_divided(processes: int, before: int) -> None:
    chances = Random(1)  # noqa: S311 - a play that can be repeated
    mixed = times(*(chances.expovariate(0.2) for _ in range(300)))
    foreseen = starts_in(0, [Busy(mixed, 0)] * processes, [], [(mixed, before)])

    starts = []
    for _ in range(200):
        ends = [mixed.left(0, chances.random()) for _ in range(processes)]
        heapq.heapify(ends)
        for _ in range(before):
            heapq.heapreplace(ends, ends[0] + mixed.left(0, chances.random()))
        starts.append(ends[0])
    assert foreseen == pytest.approx(mean(starts), rel=0.15)


def test_what_is_typical_comes_from_runs_that_succeeded() -> None:
    runs = RunTimes((Run(1, 0, succeeded=False), Run(10, 0, succeeded=True)))
    typical = runs.typical(None)
    assert typical is not None
    assert (typical.median, typical.p90, typical.runs, typical.alike) == (10, 10, 1, False)
    assert RunTimes((Run(1, 0, succeeded=False),)).typical(None) is None


def test_runs_of_a_like_size_count_alone_where_there_are_some() -> None:
    small = [Run(1, 1_000, succeeded=True)] * 10
    large = [Run(60, 1_000_000, succeeded=True)] * 5
    runs = RunTimes((*small, *large))
    typical = runs.typical(1_100_000)
    assert typical is not None
    assert (typical.median, typical.runs, typical.alike) == (60, 5, True)
    unknown = runs.typical(None)
    assert unknown is not None
    assert (unknown.median, unknown.runs, unknown.alike) == (1, 15, False)
    too_few = RunTimes((*small, *large[:4])).typical(1_100_000)
    assert too_few is not None
    assert not too_few.alike


@pytest.mark.parametrize(
    ("size", "other", "alike"),
    [(0, 0, True), (0, 1, False), (5, 10, True), (10, 5, True), (4, 9, False), (9, 4, False)],
)
def test_sizes_are_alike_up_to_the_double(size: int, other: int, alike: bool) -> None:  # noqa: FBT001 - a table
    assert like(size, other) is alike


def test_a_quantile_is_a_value_that_was_seen() -> None:
    assert quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9) == 9
    assert quantile([7], 0.9) == 7


def test_too_few_past_estimates_give_no_margin() -> None:
    assert margin(60, [Checked(60, 61)] * (ENOUGH - 1)) is None
    assert margin(60, [Checked(60, 61)] * ENOUGH) == 1


def test_a_margin_is_what_most_past_errors_do_not_pass() -> None:
    past = [Checked(100, 100 + error) for error in range(100)]
    most = margin(100, past)
    assert most == 120  # 80 of 100 were within 81 s, which is said as 2 min.
    assert margin(100, [Checked(100, 100 - error) for error in range(100)]) == most


def test_estimates_over_other_times_count_in_proportion_where_the_like_are_too_few() -> None:
    hours = [Checked(3600, 3600 + 360)] * 100
    assert margin(3600, hours) == 600  # 6 min, said as 10.
    assert margin(58, hours) == 10
    seconds = [Checked(58, 59)] * ENOUGH
    assert margin(58, hours + seconds) == 1


def test_a_margin_is_said_in_round_numbers() -> None:
    assert [rounded_up(one) for one in (0, 0.4, 1.2, 6, 31, 61, 700, 3700, 10**6)] == [
        *(1, 1, 2, 10, 60, 120, 900, 7200, 12 * 86_400)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_in_a_queue_of_chance_most_jobs_start_within_their_margin(seed: int) -> None:
    """Jobs come and go by chance; each one's margin comes from those that started before it."""
    chances = Random(seed)  # noqa: S311 - a play that can be repeated
    within = _simulated(chances, jobs=1500, processes=3, load=0.85)
    assert len(within) > 800
    # By construction it is USUALLY or more of them, but for the play of chance.
    assert sum(within) / len(within) >= USUALLY - 0.04


def _simulated(chances: Random, jobs: int, processes: int, load: float) -> list[bool]:
    kinds = {"short": 2.0, "long": 20.0}
    known = {
        name: times(*(chances.expovariate(1 / usual) for _ in range(100)))
        for name, usual in kinds.items()
    }
    mean_run = mean(kinds.values())
    now, ends = 0.0, [0.0] * processes
    started: list[tuple[float, Checked]] = []
    running: list[tuple[float, float, str]] = []
    waiting: list[tuple[float, float, str]] = []
    within: list[bool] = []
    for _ in range(jobs):
        now += chances.expovariate(load * processes / mean_run)
        running = [one for one in running if one[1] > now] + [
            (start, end, kind) for start, end, kind in waiting if start <= now < end
        ]
        waiting = [one for one in waiting if one[0] > now]
        busy = [Busy(known[kind], now - start) for start, _end, kind in running]
        line = [known[kind] for _start, _end, kind in waiting]
        foreseen = starts_in(
            processes - len(running), busy, line[:24], [(one, 1) for one in line[24:]]
        )
        past = [one for start, one in started if start <= now][-400:]
        kind = chances.choice(list(kinds))
        start = max(now, ends[0])
        end = start + chances.expovariate(1 / kinds[kind])
        heapq.heapreplace(ends, end)
        waiting.append((start, end, kind))
        off = margin(foreseen, past)
        if off is not None:
            within.append(abs(start - now - foreseen) <= off)
        started.append((start, Checked(foreseen, start - now)))
    return within
