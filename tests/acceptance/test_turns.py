"""A limit of each person's jobs, with real workers: never more run, each follows, none is lost."""

import signal
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from ledger.record import State
from tests.acceptance.conftest import Site
from tests.services import RabbitMQ

pytestmark = pytest.mark.broker

LIMIT = 2


@pytest.fixture
def limited(tmp_path: Path, rabbitmq: RabbitMQ, broker_url: str) -> Iterator[Site]:
    ledger = f"sqlite:///{tmp_path / 'var' / 'ledger.sqlite3'}"
    made = Site(tmp_path, rabbitmq, broker_url, ledger, jobs_per_person=LIMIT)
    yield made
    made.close()


def running(site: Site, jobs: list[str]) -> list[str]:
    return [job for job in jobs if site.job(job).state is State.STARTED]


def most_at_once(site: Site, jobs: list[str]) -> int:
    """Return how many of them ran at the same time at the most, deaths and all."""
    changes = []
    for job in jobs:
        ended = site.job(job).finished_at
        assert ended is not None
        changes += [(site.attempts(job)[0].started_at, 1), (ended, -1)]
    return max(accumulate(change for _at, change in sorted(changes)))


def test_a_person_never_has_more_running_and_a_killed_worker_loses_none(
    limited: Site, tmp_path: Path, trace: Path
) -> None:
    gates = [tmp_path / f"gate{number}" for number in range(5)]
    jobs = [limited.submit("stays", trace=trace, gate=gate) for gate in gates]
    assert [limited.job(job).held for job in jobs] == [False, False, True, True, True]
    limited.worker(2).ready()
    limited.worker(2).ready()
    for job in jobs[:LIMIT]:
        limited.started(job)

    # Of four processes two are free, and stay so.
    limited.holder(jobs[0]).signal(signal.SIGKILL)
    limited.started(jobs[0], attempt=2)
    assert [limited.job(job).held for job in jobs] == [False, False, True, True, True]
    assert limited.publisher.waiting("default") == 0

    for number, gate in enumerate(gates):
        gate.touch()
        limited.settled(jobs[number])
        follows = jobs[number + LIMIT : number + LIMIT + 1]
        for job in follows:
            limited.started(job)
        assert len(running(limited, jobs)) <= LIMIT

    assert {limited.job(job).state for job in jobs} == {State.SUCCESS}
    assert most_at_once(limited, jobs) == LIMIT


def test_many_over_the_limit_go_by_themselves_to_their_end(limited: Site) -> None:
    limited.worker(4).ready()
    jobs = [limited.submit("hello", name="Ada", seconds=0) for _ in range(12)]

    for job in jobs:
        limited.settled(job, within=30)

    assert {limited.job(job).state for job in jobs} == {State.SUCCESS}
    assert most_at_once(limited, jobs) <= LIMIT
