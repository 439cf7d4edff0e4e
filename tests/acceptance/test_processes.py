"""A worker gets more processes or fewer, or new ones, and no job is hurt or kept from others."""

from pathlib import Path

import pytest

from ledger.record import Ending, State, Worker
from tests.acceptance.conftest import Site, lines
from tests.acceptance.workers import alive
from tests.waiting import until

pytestmark = pytest.mark.broker


def worker_of(site: Site) -> Worker:
    (row,) = site.ledger.workers.alive(9)
    return row


def stands(site: Site, processes: int, outdated: int = 0) -> bool:
    """Return whether the worker has said that it has so many processes, and so many old ones."""
    told = worker_of(site).vitals
    return told is not None and (told.processes, told.outdated) == (processes, outdated)


def running(site: Site, jobs: list[str]) -> int:
    return sum(site.job(job).state is State.STARTED for job in jobs)


def test_a_worker_that_is_all_busy_gets_another_process_which_takes_a_job_at_once(
    site: Site, trace: Path, gate: Path
) -> None:
    site.worker(1).ready()
    jobs = [site.submit("stays", trace=trace, gate=gate) for _ in range(4)]
    site.started(jobs[0])

    site.ledger.wishes.want(worker_of(site).id, 3)

    until("three jobs run", lambda: running(site, jobs) == 3, within=5)
    assert site.publisher.waiting("default") == 1
    until("the ledger knows", lambda: worker_of(site).concurrency == 3, within=3)
    gate.touch()
    assert [site.settled(job).state for job in jobs] == [State.SUCCESS] * 4


def test_a_busy_worker_loses_processes_only_after_their_jobs_and_holds_no_job_back(
    site: Site, trace: Path, gate: Path, tmp_path: Path
) -> None:
    worker = site.worker(3).ready()
    other = tmp_path / "other"
    first = [site.submit("stays", trace=trace, gate=gate) for _ in range(2)]
    long = site.submit("stays", trace=trace, gate=other)
    jobs = [*first, long]
    until("three jobs run", lambda: running(site, jobs) == 3, within=5)

    site.ledger.wishes.want(worker_of(site).id, 2)
    until("the worker heeds it", lambda: "is to have 2 processes" in worker.text(), within=3)
    waiting = [site.submit("stays", trace=trace, gate=other) for _ in range(2)]
    gate.touch()
    assert [site.settled(job).state for job in first] == [State.SUCCESS] * 2

    until("two processes are left", lambda: stands(site, 2), within=5)
    until("another job has a place", lambda: running(site, waiting) == 1, within=5)
    assert running(site, jobs) == 1
    assert site.publisher.waiting("default") == 1
    other.touch()
    assert [site.settled(job).state for job in (long, *waiting)] == [State.SUCCESS] * 3
    assert site.endings(long) == [Ending.SUCCEEDED]
    assert len(lines(trace, "began")) == 5


def test_processes_are_replaced_the_idle_one_at_once_and_the_busy_one_after_its_job(
    site: Site, trace: Path, gate: Path
) -> None:
    worker = site.worker(2).ready()
    job = site.submit("stays", trace=trace, gate=gate)
    pid = site.started(job).pid

    site.ledger.wishes.renew(worker_of(site).id)

    until("one old process is left", lambda: stands(site, 2, outdated=1), within=5)
    assert alive(pid)
    gate.touch()
    assert site.settled(job).state is State.SUCCESS
    until("none is left", lambda: stands(site, 2) and not alive(pid), within=5)
    after = [site.submit("stays", trace=trace, gate=gate) for _ in range(4)]
    assert [site.settled(one).state for one in after] == [State.SUCCESS] * 4
    assert pid not in {site.attempts(one)[0].pid for one in after}
    assert site.endings(job) == [Ending.SUCCEEDED]
    assert worker.running()
