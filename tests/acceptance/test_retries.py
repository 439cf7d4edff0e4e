"""Retries wait in the row, so no death loses one, and a person can have one now."""

import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tasks.queue import retry
from tests.acceptance.conftest import Site
from tests.waiting import until

pytestmark = pytest.mark.broker


def test_a_job_is_tried_again_as_its_kind_asks_with_growing_pauses(site: Site, trace: Path) -> None:
    site.worker().ready()
    job = site.submit("recovers", trace=trace, failures=2)
    due = [until("it waits", partial(due_again, site, job, after)) for after in (1, 2)]

    ended = site.settled(job)

    assert (ended.state, ended.result) == (State.SUCCESS, "at last")
    assert site.endings(job) == [Ending.RETRIED, Ending.RETRIED, Ending.SUCCEEDED]
    first, second, third = site.attempts(job)
    assert first.ended_at is not None
    assert second.ended_at is not None
    assert (due[0] - first.ended_at).total_seconds() == pytest.approx(1, abs=0.21)
    assert (due[1] - second.ended_at).total_seconds() == pytest.approx(2, abs=0.41)
    assert second.started_at >= due[0]
    assert third.started_at >= due[1]


def due_again(site: Site, job: str, after: int) -> datetime | None:
    """Return when a job is due that waits after its attempt of this number."""
    found = site.job(job)
    return found.due_at if (found.state, found.attempt) == (State.RETRY, after) else None


def test_a_job_that_fails_more_often_than_its_kind_allows_has_failed(
    site: Site, trace: Path
) -> None:
    site.worker().ready()
    job = site.submit("recovers", trace=trace, failures=3)

    assert site.settled(job).state is State.FAILURE
    assert site.endings(job) == [Ending.RETRIED, Ending.RETRIED, Ending.FAILED]


def test_a_retry_waits_in_the_row_over_a_death_and_runs_at_once_when_a_person_asks(
    site: Site, trace: Path
) -> None:
    worker = site.worker().ready()
    job = site.submit("recovers_later", trace=trace)
    until("it waits", lambda: site.job(job).state is State.RETRY)
    waiting = site.job(job)
    worker.signal(signal.SIGKILL)
    site.worker().ready()

    assert waiting.due_at is not None
    hour = timedelta(hours=1)
    assert 0.8 * hour <= waiting.due_at - site.attempts(job)[0].started_at <= 1.21 * hour
    assert waiting.due_at > datetime.now(UTC)
    accepted = retry(site.ledger, site.publisher, site.kind("recovers_later"), job)

    assert (accepted.job, accepted.new) == (job, False)
    assert site.settled(job, within=5).state is State.SUCCESS
    assert site.endings(job) == [Ending.RETRIED, Ending.SUCCEEDED]


def test_a_settled_job_that_a_person_retries_is_another_job_that_names_it(site: Site) -> None:
    site.worker().ready()
    job = site.submit("raises", what="ValueError")
    site.settled(job)

    accepted = retry(site.ledger, site.publisher, site.kind("raises"), job)

    assert accepted.new
    assert site.settled(accepted.job).retried_from == job
    assert len(site.attempts(job)) == 1
