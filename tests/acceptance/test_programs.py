"""Programs that a kind starts die with it, however it ends."""

import os
import signal
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tests.acceptance.conftest import Site
from tests.acceptance.workers import WorkerProcess, alive
from tests.waiting import until

pytestmark = pytest.mark.broker


def program_of(site: Site, trace: Path, how: str) -> tuple[str, int]:
    """Submit a job that starts a program; return the job's id and the program's pid."""
    job = site.submit("starts_a_program", trace=trace, how=how)
    until("it has started", lambda: trace.exists() and trace.read_text().endswith("\n"))
    return job, int(trace.read_text())


def gone(pid: int) -> None:
    until("the program is gone", lambda: not alive(pid), within=3)


@pytest.mark.parametrize(
    "how", ["plainly", "in a group of its own", "and leaves it behind", "as a daemon"]
)
@pytest.mark.parametrize("dies", ["the child", "the worker"])
def test_a_program_dies_with_the_process_that_started_it(
    site: Site, trace: Path, how: str, dies: str
) -> None:
    worker = site.worker().ready()
    job, program = program_of(site, trace, how)
    site.started(job)
    trace.unlink()

    os.kill(site.attempts(job)[0].pid if dies == "the child" else worker.pid, signal.SIGKILL)

    gone(program)


@pytest.mark.parametrize("how", ["and leaves it behind", "as a daemon"])
def test_a_program_left_behind_is_gone_when_its_job_has_ended(
    site: Site, trace: Path, how: str
) -> None:
    site.worker().ready()
    job, program = program_of(site, trace, f"{how}, and ends")

    assert site.settled(job).state is State.SUCCESS
    gone(program)


def test_a_signal_to_the_process_group_lets_the_running_job_finish(
    site: Site, gate: Path, trace: Path
) -> None:
    worker = site.worker().ready()
    job = site.submit("stays", trace=trace, gate=gate)
    site.started(job)

    os.killpg(worker.pid, signal.SIGTERM)
    until("the worker stops", lambda: "Warm shutdown" in worker.text())
    gate.touch()

    assert worker.wait() == 0
    assert site.job(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.SUCCEEDED]


def test_the_guard_ends_with_its_worker(site: Site) -> None:
    worker: WorkerProcess = site.worker().ready()
    (guard,) = worker.guards()

    worker.signal(signal.SIGTERM)

    assert worker.wait() == 0
    until("the guard is gone", lambda: not alive(guard), within=3)
