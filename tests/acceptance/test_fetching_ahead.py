"""Short jobs are fetched ahead, and none of them is lost, run twice or held up by it."""

import os
import signal
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection, Consumer, Exchange, Queue

from ledger.record import Cause, Ending, State
from tests.acceptance.conftest import Site, celery_at
from tests.acceptance.workers import children
from tests.waiting import until

pytestmark = pytest.mark.broker


def greetings(site: Site, number: int) -> list[str]:
    return [site.submit("hello", name="Ada", seconds=0) for _ in range(number)]


def test_what_waits_in_a_worker_behind_a_long_job_goes_to_another_one_at_once(
    site: Site, trace: Path, gate: Path
) -> None:
    greetings(site, 400)
    long = site.submit("stays", trace=trace, gate=gate)
    behind = greetings(site, 20)

    held_up = site.worker(1, AHEAD_FOR="9").ready()
    site.started(long)
    site.worker(1).ready()
    assert {site.settled(job).state for job in behind} == {State.SUCCESS}

    assert site.job(long).state is State.STARTED
    assert "goes back to its queue" in held_up.text()
    gate.touch()
    assert site.settled(long).state is State.SUCCESS


@pytest.mark.parametrize("stands_still", [False, True])
def test_what_a_process_was_given_behind_a_long_job_runs_in_another_one(
    site: Site, trace: Path, gate: Path, *, stands_still: bool
) -> None:
    greetings(site, 200)
    long = site.submit("stays", trace=trace, gate=gate)
    behind = greetings(site, 80)

    site.worker(2, AHEAD_FOR="9").ready()
    process = site.started(long).pid
    if stands_still:  # So the process itself can do nothing for it.
        os.kill(process, signal.SIGSTOP)
    assert {site.settled(job).state for job in behind} == {State.SUCCESS}

    assert site.job(long).state is State.STARTED
    os.kill(process, signal.SIGCONT)
    gate.touch()
    assert site.settled(long).state is State.SUCCESS
    assert all(site.endings(job) == [Ending.SUCCEEDED] for job in [long, *behind])


def test_what_a_process_had_been_given_when_it_died_runs_once_and_counts_no_death(
    site: Site, trace: Path
) -> None:
    before = greetings(site, 200)
    dies = site.submit("dies", how="SIGKILL", trace=trace)
    behind = greetings(site, 80)

    site.worker(1).ready()

    assert {site.settled(job).state for job in [*before, *behind]} == {State.SUCCESS}
    assert all(site.endings(job) == [Ending.SUCCEEDED] for job in [*before, *behind])
    assert site.settled(dies).cause is Cause.CRASHED


def test_a_process_that_makes_way_for_a_new_one_takes_no_job_along(site: Site) -> None:
    jobs = greetings(site, 200)

    site.worker(2, AHEAD_FOR="9", JOBS_EACH="20").ready()

    assert {site.settled(job, within=60).state for job in jobs} == {State.SUCCESS}
    assert all(site.endings(job) == [Ending.SUCCEEDED] for job in jobs)
    pids = Counter(attempt.pid for job in jobs for attempt in site.attempts(job))
    assert max(pids.values()) <= 20


@pytest.mark.parametrize("where", ["site", "pg_site"])
def test_a_process_that_dies_with_its_next_job_claimed_and_not_begun_costs_that_job_an_attempt(
    where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    site: Site = request.getfixturevalue(where)
    jobs = greetings(site, 300)
    mark = tmp_path / "died"

    worker = site.worker(2, AHEAD_FOR="9", DIES_ONCE=str(mark)).ready()

    assert {site.settled(job).state for job in jobs} == {State.SUCCESS}
    claimed = mark.read_text()
    assert site.endings(claimed) == [Ending.LOST, Ending.SUCCEEDED]
    # Whoever got it next saw that, unless the worker had given it back; nobody had to miss it.
    note = site.attempts(claimed)[0].note
    seen = note == "Its process died before it began the job."
    assert seen or note.startswith("RabbitMQ took the message back"), note
    assert (f"Attempt 1 of job {claimed} died; it runs again." in worker.text()) == seen
    assert all(site.endings(job) == [Ending.SUCCEEDED] for job in jobs if job != claimed)


@pytest.mark.parametrize("where", ["site", "pg_site"])
def test_short_jobs_whose_processes_are_killed_again_and_again_end_once_each(
    where: str, request: pytest.FixtureRequest
) -> None:
    site: Site = request.getfixturevalue(where)
    jobs = [site.submit("takes_a_moment", milliseconds=5) for _ in range(600)]
    worker = site.worker(2).ready()

    kills = 0
    for job in jobs[50:500:50]:
        site.settled(job)
        for pid in set(children(worker.pid)) - set(worker.guards()):
            with suppress(ProcessLookupError):  # It saw that another one died, and made way.
                os.kill(pid, signal.SIGKILL)
                kills += 1

    assert {site.settled(job, within=60).state for job in jobs} == {State.SUCCESS}
    endings = Counter(ending for job in jobs for ending in site.endings(job))
    assert endings.pop(Ending.SUCCEEDED) == len(jobs)
    # A process has a job, and may have claimed its next.
    assert set(endings) <= {Ending.CRASHED, Ending.LOST}
    assert 0 < endings.total() <= 2 * kills


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_worker_that_ends_had_fetched_ahead_runs_elsewhere_and_once(
    site: Site, signum: signal.Signals
) -> None:
    jobs = greetings(site, 600)
    ends, stays = site.worker(2).ready(), site.worker(2).ready()
    until("it works", lambda: sum(site.job(job).state.settled for job in jobs[:100]) == 100)

    ends.signal(signum)
    ends.wait()

    assert {site.settled(job).state for job in jobs} == {State.SUCCESS}
    endings = Counter(ending for job in jobs for ending in site.endings(job))
    assert endings.pop(Ending.SUCCEEDED) == len(jobs)
    # A process can be in the midst of a job each, no more.
    assert endings.total() <= 2
    assert stays.running()


def test_what_still_runs_keeps_its_message_while_many_others_are_acknowledged(
    site: Site, trace: Path, gate: Path
) -> None:
    greetings(site, 400)
    long = site.submit("stays", trace=trace, gate=gate)
    behind = greetings(site, 400)
    worker = site.worker(2, AHEAD_FOR="9").ready()
    assert {site.settled(job).state for job in behind} == {State.SUCCESS}

    worker.signal(signal.SIGKILL)
    worker.wait()
    site.worker(1).ready()
    site.started(long, attempt=2)
    gate.touch()

    assert site.settled(long).state is State.SUCCESS
    first, second = site.attempts(long)
    assert (second.message, second.delivery_count) == (first.message, 1)


def test_flower_hears_all_of_each_job_in_few_messages(site: Site) -> None:
    seen: Counter[str] = Counter()
    messages = 0

    def hear(body: Any, message: Any) -> None:
        nonlocal messages
        events = body if isinstance(body, list) else [body]
        told = [event["type"] for event in events if event["type"].startswith("task-")]
        seen.update(told)
        messages += bool(told)
        message.ack()

    broker = site.environment["CELERY_BROKER_URL"]
    worker = site.worker(2).ready()
    celery_at(broker).control.enable_events()
    until("the worker tells", lambda: "Events of group {task} enabled" in worker.text())
    everything = Queue("", Exchange("celeryev", "topic"), "#", exclusive=True, auto_delete=True)
    with Connection(broker) as connection, Consumer(connection, [everything], callbacks=[hear]):
        jobs = greetings(site, 200)

        def all_is_told() -> bool:
            connection.drain_events(timeout=5)
            return seen["task-succeeded"] == len(jobs)

        until("the last job is told of", all_is_told)

    assert seen["task-started"] == seen["task-succeeded"] == len(jobs)
    # On a machine that stands still for a moment, what was fetched ahead goes back and comes again.
    assert seen["task-received"] - seen["task-rejected"] == len(jobs)
    assert messages < sum(seen.values()) / 4
