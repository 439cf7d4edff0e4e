"""A cancel is a mark in the row: it outlives workers, and no job escapes it."""

import os
import signal
from pathlib import Path

import pytest

from ledger.errors import AlreadySettled
from ledger.record import Ending, State
from tests.acceptance.conftest import Site, celery_at, lines
from tests.waiting import until

pytestmark = pytest.mark.broker


def test_a_waiting_job_ends_at_once_with_all_workers_down_and_never_runs(
    site: Site, trace: Path, gate: Path
) -> None:
    job = site.submit("stays", trace=trace, gate=gate)

    assert site.ledger.jobs.request_cancel(job) is State.REVOKED

    assert site.job(job).finished_at is not None
    worker = site.worker().ready()
    until("its message is dropped", lambda: "is dropped" in worker.text())
    assert not trace.exists()
    assert site.attempts(job) == []


def test_a_running_job_stops_at_its_next_step_and_says_how_far_it_was(
    site: Site, trace: Path, gate: Path
) -> None:
    site.worker().ready()
    job = site.submit("steps", trace=trace, total=100, pause_at=62, gate=gate)
    until("it is at 62 %", lambda: site.job(job).progress.percent == 62)

    assert site.ledger.jobs.request_cancel(job) is State.STARTED

    assert site.settled(job, within=3).state is State.REVOKED
    (attempt,) = site.attempts(job)
    assert attempt.ending is Ending.CANCELLED
    assert attempt.note.startswith("Stopped at 62 % after ")
    with pytest.raises(AlreadySettled, match="REVOKED"):
        site.ledger.jobs.request_cancel(job)


def test_a_running_job_that_never_reports_is_stopped_too(
    site: Site, trace: Path, gate: Path
) -> None:
    worker = site.worker().ready()
    job = site.submit("stays", trace=trace, gate=gate)
    pid = site.started(job).pid

    site.ledger.jobs.request_cancel(job)

    assert site.settled(job, within=3).state is State.REVOKED
    assert site.endings(job) == [Ending.CANCELLED]
    gate.touch()
    after = site.submit("stays", trace=trace, gate=gate)
    assert site.settled(after).state is State.SUCCESS
    assert site.attempts(after)[0].pid == pid
    assert worker.running()


def test_a_job_that_does_not_heed_is_killed_after_a_grace(
    site: Site, trace: Path, gate: Path
) -> None:
    worker = site.worker(CANCEL_GRACE="1").ready()
    job = site.submit("hears_nothing", trace=trace, gate=gate)
    pid = site.started(job).pid
    until("it works", lambda: lines(trace, "works"))

    site.ledger.jobs.request_cancel(job)

    assert site.settled(job, within=5).state is State.REVOKED
    assert site.endings(job) == [Ending.CANCELLED]
    assert site.attempts(job)[0].note.startswith("Stopped after ")
    until("its message is dropped", lambda: "is dropped" in worker.text())
    assert not Path(f"/proc/{pid}").exists()
    assert len(lines(trace, "began")) == 1


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT])
def test_a_cancel_outlives_the_worker(
    site: Site, trace: Path, gate: Path, number: signal.Signals
) -> None:
    worker = site.worker().ready()
    job = site.submit("hears_nothing", trace=trace, gate=gate)
    child = site.started(job).pid
    until("it works", lambda: lines(trace, "works"))

    site.ledger.jobs.request_cancel(job)
    worker.signal(number)
    os.kill(child, signal.SIGKILL)
    worker.wait()
    site.worker().ready()

    assert site.settled(job).state is State.REVOKED
    assert site.endings(job) == [Ending.CANCELLED]
    assert len(lines(trace, "began")) == 1


@pytest.mark.parametrize("terminate", [False, True])
def test_a_revoke_by_celerys_control_is_a_cancel_and_stays_in_no_memory(
    site: Site, trace: Path, gate: Path, *, terminate: bool
) -> None:
    site.worker().ready()
    running = site.submit("stays", trace=trace, gate=gate)
    waiting = site.submit("stays", trace=trace, gate=gate)
    site.started(running)
    control = celery_at(site.environment["CELERY_BROKER_URL"]).control

    control.revoke(waiting, terminate=terminate)
    assert site.settled(waiting, within=3).state is State.REVOKED
    assert site.job(running).state is State.STARTED
    control.terminate(running) if terminate else control.revoke(running)
    assert site.settled(running, within=3).state is State.REVOKED

    assert site.endings(running) == [Ending.CANCELLED]
    (remembered,) = control.inspect(timeout=2).revoked().values()
    assert remembered == []
    assert len(lines(trace, "began")) == 1
