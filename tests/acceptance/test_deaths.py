"""What dies is replaced, its job runs again, and the timeline tells the truth."""

import os
import signal
from pathlib import Path

import pytest

from ledger.record import Cause, Ending, State
from tests.acceptance.conftest import Site, lines
from tests.acceptance.workers import WorkerProcess
from tests.waiting import until

pytestmark = pytest.mark.broker

DEATHS, DEPLOYS = 10, 20
AT_ONCE = 1.5  # seconds; on a machine that does nothing else it takes a tenth of it


def began(trace: Path, times: int) -> bool:
    return len(lines(trace, "began")) >= times


def test_a_job_of_a_killed_child_runs_again_at_once_each_time(
    site: Site, gate: Path, trace: Path
) -> None:
    site.worker(MAX_CRASHES="99", MAX_LOSSES="99").ready()
    job = site.submit("stays", trace=trace, gate=gate)
    for number in range(1, DEATHS + 1):
        child = site.started(job, attempt=number).pid
        until("it works", lambda: began(trace, number))  # noqa: B023 - at once

        os.kill(child, signal.SIGKILL)

        until("it runs again", lambda: began(trace, number + 1), within=AT_ONCE)  # noqa: B023 - as above
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    crashes = [Ending.CRASHED] * DEATHS
    until("the deaths are told", lambda: site.endings(job) == [*crashes, Ending.SUCCEEDED])
    *dead, living = site.attempts(job)
    assert all("SIGKILL" in attempt.note for attempt in dead)
    assert len({attempt.pid for attempt in (*dead, living)}) == DEATHS + 1


def test_a_job_of_a_killed_worker_runs_on_another_at_once(
    site: Site, gate: Path, trace: Path
) -> None:
    site.worker().ready()
    site.worker().ready()
    job = site.submit("stays", trace=trace, gate=gate)
    holder = site.holder(job)
    until("it works", lambda: began(trace, 1))

    holder.signal(signal.SIGKILL)

    until("it runs again", lambda: began(trace, 2), within=AT_ONCE)
    gate.touch()
    assert site.settled(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.LOST, Ending.SUCCEEDED]
    assert site.attempts(job)[1].worker_name != holder.name


@pytest.mark.parametrize("how", ["SIGKILL", "segfault", "exit"])
def test_a_job_that_kills_its_process_each_time_is_stopped_and_its_neighbours_finish(
    site: Site, trace: Path, how: str
) -> None:
    site.worker(2).ready()
    killer = site.submit("dies", how=how, trace=trace)
    neighbours = [site.submit("hello", name="Ada", seconds=1) for _ in range(3)]

    ended = site.settled(killer)

    assert (ended.state, ended.cause) == (State.FAILURE, Cause.CRASHED)
    assert 3 <= len(lines(trace, "began")) <= 5
    assert {site.settled(job).state for job in neighbours} == {State.SUCCESS}
    assert {tuple(site.endings(job)) for job in neighbours} == {(Ending.SUCCEEDED,)}


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("MemoryError", "more memory than there is"),
        ("SystemExit", "sys.exit('enough')"),
        ("KeyboardInterrupt", "on purpose"),
        ("unspeakable", "can't be read"),
        ("unpicklable", "held"),
    ],
)
def test_a_kind_that_raises_the_worst_fails_in_words_and_the_worker_lives(
    site: Site, what: str, words: str
) -> None:
    worker = site.worker().ready()
    job = site.submit("raises", what=what)

    ended = site.settled(job)

    assert (ended.state, ended.cause) == (State.FAILURE, Cause.ERROR)
    assert ended.error is not None
    assert words in ended.error.message
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    assert worker.running()
    assert len(site.attempts(job)) == 1


def test_a_warm_stop_lets_the_running_job_finish(site: Site, gate: Path, trace: Path) -> None:
    worker = site.worker().ready()
    job = site.submit("stays", trace=trace, gate=gate)
    site.started(job)

    worker.signal(signal.SIGTERM)
    until("the worker stops", lambda: "Warm shutdown" in worker.text())
    gate.touch()

    assert worker.wait() == 0
    assert site.job(job).state is State.SUCCESS
    assert len(site.attempts(job)) == 1


def test_a_stop_that_does_not_wait_gives_the_job_back_uncounted(
    site: Site, gate: Path, trace: Path
) -> None:
    worker = site.worker().ready()
    job = site.submit("stays", trace=trace, gate=gate)
    site.started(job)

    worker.signal(signal.SIGQUIT)
    worker.wait()
    assert site.job(job).state is State.PENDING
    site.worker().ready()
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.INTERRUPTED, Ending.SUCCEEDED]


def test_what_a_dead_attempt_left_is_swept_up_and_never_seen(site: Site, gate: Path) -> None:
    site.worker().ready()
    job = site.submit("makes_files", gate=gate)
    first = site.started(job)
    scratch = site.ledger.settings.scratch
    left = scratch / f"{job}-1" / "a.txt"
    until("it has written", left.exists)
    stored = Path(site.ledger.settings.storage_url) / "outputs" / job / "1" / "half"
    stored.parent.mkdir(parents=True)
    stored.write_text("what an attempt that dies as it ends leaves", encoding="utf-8")

    os.kill(first.pid, signal.SIGKILL)
    site.started(job, attempt=2)
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert [file.attempt for file in site.ledger.files.outputs_of(job)] == [2]
    assert site.stored_outputs(job) == 1
    until("the scratch is empty", lambda: not list(scratch.iterdir()))


def test_a_worker_that_is_killed_leaves_no_folder_behind(
    site: Site, gate: Path, trace: Path, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    worker = site.worker(TMPDIR=str(temporary)).ready()
    site.started(site.submit("stays", trace=trace, gate=gate))

    worker.signal(signal.SIGKILL)
    worker.wait()

    assert list(temporary.iterdir()) == []


def test_checkpoints_outlive_death(site: Site, gate: Path, trace: Path) -> None:
    site.worker().ready()
    job = site.submit("steps", trace=trace, total=200, pause_at=120, gate=gate)
    until("it is at 60 %", lambda: site.job(job).progress.done == 120)

    os.kill(site.attempts(job)[0].pid, signal.SIGKILL)
    site.started(job, attempt=2)
    gate.touch()

    assert site.settled(job).result == 200
    assert len(lines(trace, "step-")) == 200


@pytest.mark.long
def test_twenty_deploys_in_a_long_jobs_life_do_not_quarantine_it(
    site: Site, gate: Path, trace: Path
) -> None:
    strict = {"MAX_CRASHES": "1", "MAX_LOSSES": "1"}
    job = site.submit("stays", trace=trace, gate=gate)
    site.worker(**strict)
    for number in range(1, DEPLOYS + 1):
        old = site.holder(job, attempt=number)
        site.worker(**strict).ready()
        stop(site, old, warmly=number % 2 == 0)
    site.started(job, attempt=DEPLOYS + 1)
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.INTERRUPTED] * DEPLOYS + [Ending.SUCCEEDED]


def stop(site: Site, worker: WorkerProcess, *, warmly: bool) -> None:
    """Tell a worker to stop, and do not let its job finish."""
    if not warmly:
        worker.signal(signal.SIGQUIT)
        return
    worker.signal(signal.SIGTERM)
    until("it says so", lambda: site.stopping(worker))
    worker.signal(signal.SIGKILL)
