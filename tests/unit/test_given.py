"""Which of a worker's processes is given the next job."""

from tasks.given import Given

ONE, TWO = 11, 12


def given(*jobs: int, depth: int = 1) -> Given:
    """Return what is known of two processes that were given these jobs."""
    known = Given({ONE, TWO})
    known.depth = depth
    for job in jobs:
        known.add(job)
    return known


def test_a_process_is_given_one_job_at_a_time() -> None:
    known = given(ONE)
    assert (ONE in known, TWO in known, len(known)) == (True, False, 1)
    known.end(ONE)
    assert (ONE in known, len(known)) == (False, 0)


def test_a_second_job_is_given_when_nobody_idles() -> None:
    known = given(ONE, depth=2)
    assert (ONE in known, TWO in known, len(known)) == (True, False, 1)
    known.add(TWO)
    assert (ONE in known, TWO in known, len(known)) == (False, False, 0)
    known.add(ONE)
    assert (ONE in known, TWO in known, len(known)) == (True, False, 1)


def test_a_process_whose_second_job_ran_out_comes_before_those_with_one() -> None:
    known = given(ONE, TWO, ONE, depth=2)
    known.end(TWO)
    assert (ONE in known, TWO in known) == (True, False)


def test_a_lower_depth_holds_for_those_that_have_more() -> None:
    known = given(ONE, TWO, ONE, TWO, depth=2)
    known.depth = 1
    known.end(ONE)
    assert (ONE in known, TWO in known, len(known)) == (True, True, 2)


def test_a_process_that_is_about_to_end_is_given_none_and_is_not_waited_for() -> None:
    known = given(TWO, depth=2)
    known.close(ONE)
    assert (ONE in known, TWO in known, len(known)) == (True, False, 1)


def test_a_process_that_takes_the_place_of_one_that_died_has_no_jobs() -> None:
    known = given(ONE, ONE, TWO, depth=2)
    known.close(ONE)
    known.discard(ONE)
    assert (known.to(ONE), ONE in known) == (0, False)


def test_after_a_lost_connection_only_what_runs_counts() -> None:
    known = given(ONE, ONE, TWO, depth=2)
    known.intersection_update({ONE})
    assert (known.to(ONE), known.to(TWO)) == (1, 0)


def test_an_end_that_nobody_expected_counts_for_nothing() -> None:
    known = given()
    known.end(ONE)
    assert known.to(ONE) == 0
