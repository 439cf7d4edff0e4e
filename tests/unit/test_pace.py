"""How many jobs a worker fetches ahead: by how long those before them took."""

from tasks.pace import CALM, DEPTHS, ENOUGH, LONG, Pace, Run

NOW = 1_800_000_000.0
DEEP = DEPTHS[0]


def ran(pace: Pace, *seconds: float, queue: str = "default", now: float = NOW) -> None:
    for each in seconds:
        pace.ended(Run(queue, now - each), now)


def depth(pace: Pace, *running: float, now: float = NOW) -> int:
    """Return how many jobs of the queue to hold, while jobs run for these seconds."""
    runs = [Run("default", now - each) for each in running]
    return pace.look(["default"], runs, now)["default"]


def test_at_first_a_process_holds_the_job_that_it_runs_and_no_other() -> None:
    assert depth(Pace()) == 1


def test_jobs_that_take_no_time_are_fetched_ahead_and_longer_ones_less_so() -> None:
    for seconds, deep in ((0.001, 64), (0.005, 16), (0.02, 4), (0.03, 1)):
        pace = Pace()
        ran(pace, *[seconds] * ENOUGH)
        assert depth(pace) == deep


def test_a_few_short_jobs_are_no_reason_to_fetch_ahead() -> None:
    pace = Pace()
    ran(pace, *[0.001] * (ENOUGH - 1))
    assert depth(pace) == 1


def test_nothing_is_fetched_ahead_of_a_queue_that_has_become_quiet() -> None:
    pace = Pace()
    ran(pace, *[0.001] * ENOUGH)
    assert depth(pace) == DEEP
    ran(pace, 0.001)
    assert depth(pace) == DEEP
    assert depth(pace) == 1


def test_a_small_change_of_pace_makes_no_new_consumers() -> None:
    pace = Pace()
    ran(pace, *[0.001] * ENOUGH)
    assert depth(pace) == DEEP
    ran(pace, *[0.003] * ENOUGH)
    assert depth(pace) == DEEP
    ran(pace, *[0.01] * ENOUGH)
    assert depth(pace) == 4


def test_jobs_that_prove_shorter_are_fetched_further_ahead() -> None:
    pace = Pace()
    ran(pace, *[0.01] * ENOUGH)
    assert depth(pace) == 4
    ran(pace, *[0.001] * (ENOUGH - 1))
    assert depth(pace) == 4
    ran(pace, *[0.001] * ENOUGH)
    assert depth(pace) == DEEP


def test_a_look_is_asked_for_once_when_enough_jobs_have_ended() -> None:
    asked = []
    pace = Pace()
    pace.on_enough = lambda: asked.append(True)
    assert depth(pace) == 1
    ran(pace, *[0.001] * (ENOUGH - 1))
    assert not asked
    ran(pace, *[0.001] * 5)
    assert len(asked) == 1
    assert depth(pace) == DEEP
    ran(pace, *[0.001] * ENOUGH)
    assert len(asked) == 1


def test_a_process_has_half_of_what_it_holds_at_hand_while_all_is_short() -> None:
    pace = Pace()
    assert pace.at_hand([]) == 1
    ran(pace, *[0.001] * ENOUGH, queue="quick")
    pace.look(["quick", "default"], [], NOW)
    assert pace.at_hand([]) == DEEP // 2
    assert pace.at_hand([Run("quick", NOW)]) == DEEP // 2
    assert pace.at_hand([Run("quick", NOW), Run("default", NOW)]) == 1
    ran(pace, *[0.01] * ENOUGH)
    ran(pace, *[0.001] * ENOUGH, queue="quick")
    pace.look(["quick", "default"], [], NOW)
    assert pace.at_hand([Run("quick", NOW), Run("default", NOW)]) == DEPTHS[-1] // 2
    pace.look(["quick", "default"], [Run("quick", NOW - LONG), Run("default", NOW - LONG)], NOW)
    assert pace.at_hand([]) == 1


def test_a_long_job_that_runs_or_ended_lets_none_wait_behind_it_for_a_while() -> None:
    running, ended = Pace(), Pace()
    ran(running, *[0.001] * ENOUGH)
    assert depth(running, LONG) == 1
    ran(ended, *[0.001] * ENOUGH, LONG)
    assert depth(ended) == 1

    for pace in (running, ended):
        assert pace.is_calm("default", NOW + CALM - 1)
        assert not pace.is_calm("another", NOW)
        ran(pace, *[0.001] * ENOUGH)
        assert depth(pace, now=NOW + CALM - 1) == 1
        ran(pace, *[0.001] * ENOUGH)
        assert depth(pace, now=NOW + CALM) == DEEP


def test_each_queue_has_a_pace_of_its_own() -> None:
    pace = Pace()
    ran(pace, *[0.001] * ENOUGH)
    ran(pace, *[1.0] * ENOUGH, queue="video")
    assert pace.look(["default", "video"], [], NOW) == {"default": DEEP, "video": 1}
