"""Charts as values: scales with round ticks, bars that show the least, words that say it all."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from ledger.depths import Sample
from ledger.durations import Durations
from ledger.history import Ended
from ledger.record import State
from ledger.tally import Hour
from webapp.charts import scales
from webapp.charts.depth import LINES, depth
from webapp.charts.dots import MOST, dots
from webapp.charts.ended import HEIGHT, LEAST, ended
from webapp.charts.periods import PERIODS, Period, slots, spoken, ticks
from webapp.charts.spread import RUNS, spread

NOW = datetime(2026, 3, 4, 9, 20, tzinfo=UTC)
DAY = PERIODS["day"]


def said(markup: str) -> str:
    return re.sub("<[^>]+>", "", markup)


def hour(at: int, succeeded: int = 0, failed: int = 0, cancelled: int = 0) -> Hour:
    runs = Durations({2_000_000: succeeded}) if succeeded else Durations()
    return Hour("", NOW.replace(hour=at, minute=0), succeeded, failed, cancelled, runs, runs)


@pytest.mark.parametrize(
    ("most", "values"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (7, [0, 5, 10]),
        (143, [0, 50, 100, 150]),
        (20_000, [0, 10_000, 20_000]),
    ],
)
def test_numbers_have_a_scale_of_round_ones_from_zero(most: int, values: list[int]) -> None:
    scale, found = scales.counts(most)
    assert found == values
    assert scale.share(most) <= 1


def test_durations_have_a_scale_on_which_tenfold_is_equally_far() -> None:
    scale, found = scales.durations(timedelta(seconds=0.3), timedelta(seconds=45))
    assert found == [0.1, 1, 10, 60]
    assert scale.share(1) - scale.share(0.1) == pytest.approx(scale.share(10) - scale.share(1))
    assert (scale.share(0), scale.share(60), scale.share(900)) == (0, 1, 1)
    scale, found = scales.durations(timedelta(0), timedelta(days=90))
    assert scale.share(timedelta(days=90).total_seconds()) == 1


@pytest.mark.parametrize("period", PERIODS.values(), ids=PERIODS)
def test_a_period_ends_with_the_slot_under_way(period: Period) -> None:
    found = slots(period, [hour(9, 3), hour(8, 4)], NOW)
    assert len(found) == period.slots
    assert found[-1].begins <= NOW < found[-1].ends
    assert sum(slot.hour.succeeded for slot in found) == 7
    assert all(one.ends == other.begins for one, other in pairwise(found))
    assert 4 <= len(ticks(period, NOW)) <= 9


def test_bars_say_what_ended_between_which_times() -> None:
    chart = ended(DAY, slots(DAY, [hour(7, 1, cancelled=1), hour(8, 2000, 143)], NOW), NOW)
    assert [bar.words for bar in chart.bars] == [
        "Between 07:00 and 08:00 UTC 1 job succeeded",
        "Between 07:00 and 08:00 UTC 1 job was cancelled",
        "Between 08:00 and 09:00 UTC 2,000 jobs succeeded",
        "Between 08:00 and 09:00 UTC 143 jobs failed",
    ]
    assert said(chart.says) == (
        "In the last 24 hours 2,001 jobs succeeded, 143 failed and 1 was cancelled. Most failures"
        " came between 4 Mar, 08:00 UTC and 4 Mar, 09:00 UTC: 143."
    )
    assert [said(cell) for cell in chart.rows[0]][1:] == ["2,000", "143", "0"]


@pytest.mark.parametrize("numbers", [(2000, 1), (1, 2000), (0, 5), (5, 0), (1, 1)])
def test_every_bar_is_seen_and_lies_within(numbers: tuple[int, int]) -> None:
    chart = ended(DAY, slots(DAY, [hour(8, *numbers), hour(7, 1)], NOW), NOW)
    assert len(chart.bars) == 1 + sum(map(bool, numbers))
    for bar in chart.bars:
        assert bar.height >= LEAST
        assert bar.y >= -LEAST
        assert bar.y + bar.height <= HEIGHT + LEAST
        assert 0 <= bar.x < bar.x + bar.width <= 100
        below = bar.y >= chart.ground
        assert below == (bar.tone == "failed")


def test_nothing_is_drawn_of_a_time_in_which_nothing_ended() -> None:
    empty = slots(DAY, [], NOW)
    charts = [
        ended(DAY, empty, NOW),
        spread(RUNS, DAY, empty, NOW),
        depth(DAY, [], NOW),
        dots(DAY, [], 0, None, NOW),
    ]
    assert all(chart.empty for chart in charts)
    assert said(charts[0].says) == "Nothing ended in the last 24 hours."


def test_lines_break_where_nothing_ran() -> None:
    chart = spread(RUNS, DAY, slots(DAY, [hour(3, 1), hour(4, 2), hour(7, 5)], NOW), NOW)
    half, most = chart.lines
    assert re.fullmatch(r"M\S+ \S+L\S+ \S+M\S+ \S+", half.path)
    assert (half.number, most.number) == (1, 2)
    words = [point.words for point in half.points if point]
    assert words[-1] == "Between 07:00 and 08:00 UTC half of 5 jobs ran at most 2.0 s"
    assert said(chart.says) == (
        "In the last 24 hours half of 8 jobs ran at most 2.0 s, and 19 of 20 at most 2.0 s."
    )


def test_of_a_single_job_no_half_is_spoken() -> None:
    chart = spread(RUNS, DAY, slots(DAY, [hour(7, 1)], NOW), NOW)
    assert said(chart.says) == "In the last 24 hours 1 job ran, for 2.0 s."


def test_the_deepest_queues_have_lines_and_the_others_one_together() -> None:
    at = NOW.replace(minute=0)
    samples = [Sample(f"q{n}", at, n, 0) for n in range(9)]
    chart = depth(DAY, [*samples, Sample("q8", at + timedelta(minutes=1), 40, 0)], NOW)
    assert [line.name for line in chart.lines] == ["q8", "q7", "q6", "6 other queues"]
    assert len(chart.lines) == LINES
    assert said(chart.says).startswith("In the last 24 hours at most 40 jobs waited in q8, about")
    assert list(chart.rows[0][1:]) == ["40", "7", "6", "15"]


def test_dots_say_how_many_are_left_out() -> None:
    jobs = [
        Ended(f"job {n}", state, NOW - timedelta(minutes=n + 1), NOW - timedelta(minutes=n))
        for n, state in enumerate([State.SUCCESS, State.FAILURE, State.REVOKED] * (MOST // 3))
    ]
    chart = dots(DAY, jobs, 12_431, 12, NOW)
    assert [dot.tone for dot in chart.dots[:3]] == ["succeeded", "failed", "cancelled"]
    assert chart.dots[1].words == "Failed after 1 min, 4 Mar, 09:19:00 UTC"
    assert chart.dots[1].job == "job 1"
    assert said(chart.says) == (
        "300 jobs of the 12,431 that ended in the last 24 hours: the newest 12 of each hour."
    )
    assert "The only job that ended in" in dots(DAY, jobs[:1], 1, None, NOW).says
    assert "All 2 jobs" in dots(DAY, jobs[:2], 2, None, NOW).says
    assert "never ran" in dots(DAY, jobs[:2], 3, None, NOW).says


def test_a_slot_of_another_day_is_named_with_its_day() -> None:
    assert spoken((NOW, NOW + timedelta(hours=1)), NOW) == "Between 09:20 and 10:20 UTC"
    early = NOW - timedelta(days=3)
    assert spoken((early, early + timedelta(hours=6)), NOW) == (
        "Between 1 Mar 09:20 and 1 Mar 15:20 UTC"
    )
