"""A job that takes more than there is fails in words, or is cut; the worker and others live."""

import signal
from pathlib import Path

import pytest

from ledger.record import Cause, Ending, State
from tests.acceptance.conftest import Site
from tests.acceptance.workers import alive
from tests.waiting import until

pytestmark = pytest.mark.broker


@pytest.mark.parametrize(
    ("how", "most"), [("in lines", 200), ("in one line", 200), ("at once", 1_300)]
)
def test_a_job_that_prints_a_gigabyte_has_a_log_with_head_and_tail(
    site: Site, how: str, most: int
) -> None:
    site.worker().ready()
    job = site.submit("prints_a_gigabyte", how=how)

    ended = site.settled(job, within=40)

    assert ended.state is State.SUCCESS
    assert isinstance(ended.result, int)
    assert ended.result < most
    log = list(site.ledger.logs.whole(job))
    assert (log[0].text, log[-1].text) == ("the first line", "the last line")
    assert sum(len(line.text) for line in log) <= site.ledger.settings.max_log_size + 100
    assert how == "in one line" or any("lines are left out here" in line.text for line in log)
    assert [line.number for line in log] == sorted({line.number for line in log})


def test_a_job_that_takes_all_memory_fails_and_the_worker_lives(site: Site) -> None:
    worker = site.worker(MAX_MEMORY="600000000").ready()

    ended = site.settled(site.submit("leaks", what="memory"))

    assert (ended.state, ended.cause) == (State.FAILURE, Cause.ERROR)
    assert ended.error is not None
    assert "more memory than there is" in ended.error.message
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    assert worker.running()


def test_a_job_that_leaks_threads_harms_no_later_one(site: Site) -> None:
    worker = site.worker().ready()
    assert site.settled(site.submit("leaks", what="threads")).state is State.SUCCESS

    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0


def test_a_process_in_which_jobs_left_hundreds_of_threads_makes_way_for_a_new_one(
    site: Site,
) -> None:
    worker = site.worker().ready()
    jobs = [site.submit("leaks", what="threads") for _ in range(3)]
    assert {site.settled(job).state for job in jobs} == {State.SUCCESS}
    first = site.attempts(jobs[0])[0].pid

    until("its process is gone", lambda: not alive(first), within=10)

    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    assert worker.running()
    assert f"Process {first} has " in worker.text()


def test_a_process_that_rests_gives_back_what_its_jobs_left_in_memory(site: Site) -> None:
    worker = site.worker(RESTS_FOR="1").ready()
    job = site.submit("leaks", what="some memory")
    assert site.settled(job).state is State.SUCCESS
    first = site.attempts(job)[0].pid

    until("its process is gone", lambda: not alive(first), within=20)

    assert f"Process {first} rests and keeps " in worker.text()
    again = site.submit("leaks", what="some memory")
    assert site.settled(again).result == 1


@pytest.mark.parametrize(
    ("what", "words"), [("megabytes", "the limit is 1,000,000"), ("an object", "JSON has no word")]
)
def test_a_result_that_can_not_be_kept_is_a_failure_that_says_so(
    site: Site, what: str, words: str
) -> None:
    worker = site.worker().ready()

    ended = site.settled(site.submit("returns", what=what))

    assert (ended.state, ended.cause) == (State.FAILURE, Cause.ERROR)
    assert ended.error is not None
    assert words in ended.error.message
    assert worker.running()


@pytest.mark.parametrize(
    ("where", "words"), [("its own", "No space left"), ("the storage", "does not work")]
)
def test_a_full_disk_is_a_failure_with_its_reason_tried_again_as_the_kind_asks(
    site: Site, where: str, words: str
) -> None:
    worker = site.worker().ready()
    storage = Path(site.ledger.settings.storage_url)
    storage.mkdir(parents=True, exist_ok=True)
    if where == "the storage":
        (storage / "outputs").write_text("where a folder should be", encoding="utf-8")

    job = site.submit("fills_a_disk", where=where)

    ended = site.settled(job)
    assert (ended.state, ended.cause) == (State.FAILURE, Cause.ERROR)
    assert ended.error is not None
    assert words in ended.error.message
    assert site.endings(job) == [Ending.RETRIED, Ending.FAILED]
    assert worker.running()
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
