"""Failures by cause: named once each, counted, marked, and what became of their jobs."""

from collections import Counter
from datetime import timedelta

import pytest

from ledger import Ledger
from ledger.causes import Reason
from ledger.errors import NoSuchFailure
from ledger.failed_jobs import Sampled
from ledger.failures import Group, Sum
from ledger.filters import Filter, Standing
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, Error, State
from tests.ledger.conftest import OwnTime, claimed, delivery, submit

VERSIONS = {"hello": "v1", "images": "v1"}
TRACEBACK = """Traceback (most recent call last):
  File "/srv/postroom/tasks/kinds/hello.py", line {line}, in hello
    greet(name)
OSError: [Errno 28] No space left on device: '{path}'
"""


def fail(ledger: Ledger, number: int = 1, *, kind: str = "hello", line: int = 12) -> str:
    job = submit(ledger, kind=kind)
    claim = claimed(ledger, job)
    path = f"/srv/{number}.png"
    error = Error(
        "OSError",
        f"[Errno 28] No space left on device: '{path}'",
        TRACEBACK.format(line=line, path=path),
    )
    ledger.attempts.settle(
        claim, Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=error)
    )
    return job


def succeed(ledger: Ledger, kind: str = "hello") -> str:
    job = submit(ledger, kind=kind)
    ledger.attempts.settle(claimed(ledger, job), Outcome(State.SUCCESS, Ending.SUCCEEDED))
    return job


def crash(ledger: Ledger, how: str = "signal 9 (SIGKILL)") -> str:
    job = submit(ledger)
    for number in range(ledger.settings.max_crashes):
        claimed(ledger, job, f"m{number}")
        note = f"Its process died: {how}."
        ledger.recovery.report_death(delivery(job, f"m{number}"), Ending.CRASHED, note)
    assert ledger.jobs.get(job).cause is Cause.CRASHED
    return job


def the_group(ledger: Ledger) -> Group:
    (group,) = ledger.failures.page(limit=9)
    return group


def test_failures_alike_but_for_names_and_numbers_are_one_cause(
    ledger: Ledger, time: OwnTime
) -> None:
    first_at = time.now
    fail(ledger, 1)
    time.passes(7200)
    newest = fail(ledger, 2, line=99)
    fail(ledger, 3, kind="images")
    succeed(ledger)

    assert ledger.naming.name(VERSIONS, limit=9) == 3

    of_images, group = ledger.failures.page(limit=9)
    assert of_images.reason.kind == "images"
    assert group.reason == Reason(
        "hello",
        Cause.ERROR,
        "OSError",
        "[Errno <number>] No space left on device: <value>",
        "kinds/hello.py in hello",
    )
    assert (group.jobs, group.newest, group.first_at) == (2, newest, first_at)
    assert group.last_at == first_at + timedelta(hours=2)
    tally = ledger.failures.tallies([group.id], time.now)[group.id]
    assert list(tally.by_hour[-3:]) == [1, 0, 1]
    assert tally.by_owner == {"ada": 2}


def test_a_failure_is_named_and_counted_once(ledger: Ledger) -> None:
    for number in range(5):
        fail(ledger, number)

    assert [ledger.naming.name(VERSIONS, limit=2) for _ in range(4)] == [2, 2, 1, 0]

    assert the_group(ledger).jobs == 5
    assert ledger.failures.unnamed() == 0


def test_two_clocks_that_read_the_same_failures_count_each_once(ledger: Ledger) -> None:
    fail(ledger)
    both = [ledger.naming._unnamed(9), ledger.naming._unnamed(9)]  # noqa: SLF001 - what two clocks see

    for found in both:
        with ledger.database.write() as connection:
            for reason, ids in found.items():
                ledger.naming._put(connection, reason, ids, "v1")  # noqa: SLF001 - as above

    assert the_group(ledger).jobs == 1


def test_a_crash_is_grouped_by_how_its_process_died(ledger: Ledger) -> None:
    crash(ledger)
    crash(ledger)
    crash(ledger, "signal 11 (SIGSEGV)")

    ledger.naming.name(VERSIONS, limit=9)

    groups = {one.reason.message: one.jobs for one in ledger.failures.page(limit=9)}
    assert groups == {
        "Its process died: signal <number> (SIGKILL).": 2,
        "Its process died: signal <number> (SIGSEGV).": 1,
    }


def test_a_known_group_is_quiet_until_its_kind_fails_so_with_other_code(
    ledger: Ledger, time: OwnTime
) -> None:
    fail(ledger)
    ledger.naming.name(VERSIONS, limit=9)
    group = the_group(ledger)

    ledger.failures.mark(group.id, "ada", "The disk is full.")
    known = the_group(ledger)
    assert known.quiet
    assert known.known is not None
    assert (known.known.by, known.known.note, known.known.at) == (
        "ada",
        "The disk is full.",
        time.now,
    )
    assert ledger.failures.page(limit=9, quiet=False) == []
    assert ledger.failures.sums() == {True: Sum(1, 1, time.now), False: Sum()}

    time.passes(1)
    fail(ledger)
    ledger.naming.name(VERSIONS, limit=9)
    assert the_group(ledger).quiet

    time.passes(1)
    fail(ledger)
    ledger.naming.name({"hello": "v2"}, limit=9)
    loud = the_group(ledger)
    assert not loud.quiet
    assert loud.known is not None  # Its note stays, for whoever wonders.
    assert ledger.failures.page(limit=9, quiet=False) == [loud]


def test_a_known_group_is_loud_again_once_it_is_unmarked(ledger: Ledger) -> None:
    fail(ledger)
    ledger.naming.name(VERSIONS, limit=9)
    group = the_group(ledger)
    ledger.failures.mark(group.id, "ada", "")

    ledger.failures.unmark(group.id)

    assert the_group(ledger) == group
    for change in (lambda: ledger.failures.unmark("x"), lambda: ledger.failures.get("x")):
        with pytest.raises(NoSuchFailure):
            change()


def test_groups_are_read_a_page_at_a_time(ledger: Ledger, time: OwnTime) -> None:
    for kind in ("a", "b", "c"):
        fail(ledger, kind=kind)
        time.passes(0.5 if kind == "a" else 0)  # Two of them at the same moment.
    ledger.naming.name({}, limit=9)

    whole = ledger.failures.page(limit=9)
    seen = ledger.failures.page(limit=1)
    while len(seen) < 3:
        seen += ledger.failures.page(limit=1, before=(seen[-1].last_at, seen[-1].id))

    assert seen == whole
    assert [one.reason.kind for one in ledger.failures.page(limit=9, kind="b")] == ["b"]
    assert ledger.failures.page(limit=9, cause=Cause.CRASHED) == []


def test_of_a_job_that_failed_it_is_known_what_became_of_it(ledger: Ledger) -> None:
    failed = [fail(ledger, number) for number in range(3)]
    ledger.naming.name(VERSIONS, limit=9)
    group = the_group(ledger).id
    once = ledger.jobs.retry(failed[0])
    twice = ledger.jobs.retry(failed[0])
    ledger.attempts.settle(claimed(ledger, twice), Outcome(State.SUCCESS, Ending.SUCCEEDED))

    newest = ledger.failed_jobs.newest(group, limit=9)

    assert [one.job.id for one in newest] == failed[::-1]
    assert [one.retry and one.retry.id for one in newest] == [None, None, twice]
    assert ledger.jobs.get(once).state is State.PENDING
    assert ledger.failed_jobs.fates(group) == Counter({None: 2, State.SUCCESS: 1})
    assert ledger.failed_jobs.not_retried(group, limit=9) == failed[1:]
    assert ledger.failed_jobs.not_retried(group, limit=9, after=failed[1]) == failed[2:]


def test_a_sample_has_the_kinds_successes_of_the_same_time_alone(
    ledger: Ledger, time: OwnTime
) -> None:
    succeed(ledger)
    time.passes(100)
    fail(ledger)
    succeed(ledger)
    succeed(ledger, kind="images")
    ledger.naming.name(VERSIONS, limit=9)
    group = the_group(ledger)

    (failed,) = ledger.failed_jobs.failed(group.id, limit=9)
    (success,) = ledger.failed_jobs.succeeded("hello", group.first_at, group.last_at, limit=9)

    assert failed == success == Sampled({"name": "Ada"}, "ada", "worker-one@here", time.now)


def test_the_jobs_of_a_group_are_found_by_its_id(ledger: Ledger) -> None:
    failed = [fail(ledger), fail(ledger)]
    fail(ledger, kind="images")
    succeed(ledger)
    ledger.naming.name(VERSIONS, limit=9)
    group = next(one for one in ledger.failures.page(limit=9) if one.reason.kind == "hello")
    wanted = Filter(failures=(group.id,))

    fresh = ledger.listing.page(wanted, limit=9)
    ledger.cards.file_settled(lambda kind, _inputs: kind, limit=9)
    filed = ledger.listing.page(wanted, limit=9)

    for page in (fresh, filed):
        assert [job.id for job in page.jobs] == failed[::-1]
    assert ledger.listing.page(Filter(failures=("none",)), limit=9).jobs == []
    succeeded = Filter(states=(Standing.SUCCEEDED,), failures=(group.id,))
    assert ledger.listing.page(succeeded, limit=9).jobs == []
    assert Filter.from_json(wanted.as_json()) == wanted
    assert wanted.as_text() == f"failure:{group.id}"


def test_groups_are_forgotten_with_their_jobs(ledger: Ledger, time: OwnTime) -> None:
    fail(ledger, kind="old")
    ledger.naming.name({}, limit=9)
    time.passes(40 * 86_400)
    fail(ledger, kind="new")
    ledger.naming.name({}, limit=9)

    assert ledger.naming.forget(86_400) == 1

    assert the_group(ledger).reason.kind == "new"
