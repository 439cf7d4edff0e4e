"""Limits end a job with a clear reason, and nothing else with it."""

from pathlib import Path

import pytest

from ledger.record import Cause, Ending, State
from tests.acceptance.conftest import Site, lines, locked
from tests.waiting import until

pytestmark = pytest.mark.broker


def test_a_job_over_its_time_limit_cleans_up_and_is_not_delivered_again(
    site: Site, trace: Path
) -> None:
    site.worker().ready()
    job = site.submit("overstays", trace=trace)

    ended = site.settled(job)

    assert (ended.state, ended.cause) == (State.FAILURE, Cause.TIMEOUT)
    assert ended.error is not None
    assert "limit of 1 s" in ended.error.message
    assert len(lines(trace, "cleaned")) == 1
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    assert site.endings(job) == [Ending.TIMED_OUT]
    assert not site.comes_back(job)


@pytest.mark.parametrize("ignores", ["limit", "limit and signals"])
def test_a_job_that_ignores_its_time_limit_is_killed_and_is_not_delivered_again(
    site: Site, trace: Path, ignores: str
) -> None:
    worker = site.worker().ready()
    job = site.submit("outstays", trace=trace, ignores=ignores)

    ended = site.settled(job)

    assert (ended.state, ended.cause) == (State.FAILURE, Cause.TIMEOUT)
    assert ended.error is not None
    assert "limit of 1 s and went on" in ended.error.message
    assert site.settled(site.submit("hello", name="Ada", seconds=0)).state is State.SUCCESS
    assert site.endings(job) == [Ending.TIMED_OUT]
    assert len(lines(trace, "began")) == 1
    assert worker.running()
    assert not site.comes_back(job)


def test_a_job_that_ended_in_time_is_not_killed_while_it_waits_for_the_ledger(
    site: Site,
) -> None:
    worker = site.worker().ready()
    gate = site.folder / "gate"
    job = site.submit("ends_in_time", gate=gate)
    site.started(job)
    with locked(site.folder / "var" / "ledger.sqlite3"):
        gate.touch()
        until("it is spared", lambda: f"Job {job} ended in time" in worker.text())

    assert site.settled(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.SUCCEEDED]
    assert list((site.folder / "var" / "scratch").glob("*.ended")) == []


def test_a_worker_does_not_start_with_a_kind_that_outlasts_the_brokers_patience(
    site: Site,
) -> None:
    worker = site.worker(ACK_TIMEOUT="400")

    assert worker.wait() == 1
    assert "Kind stays may run for 300 s, so RabbitMQ has to wait 450 s" in worker.text()
    assert "after 400 s (ACK_TIMEOUT)" in worker.text()
    assert "or more in rabbitmq.conf" in worker.text()
    assert "Kind raises" not in worker.text()
