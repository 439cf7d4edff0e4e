"""Which jobs a filter means: in a list, in counts and in SQL, with cards and before them."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from ledger import Ledger, Settings
from ledger.action_record import Verb
from ledger.actions import Asked
from ledger.cards import take_out
from ledger.counting import Count
from ledger.filters import Filter, Standing
from ledger.jobs import Submission
from ledger.listing import Place
from ledger.meeting import unchanged_since
from ledger.outcome import Outcome
from ledger.record import SETTLED, Cause, Ending, Error, State
from ledger.schema import UNFILED, jobs
from tests.ledger.conftest import OwnTime, claimed, submit

SUCCESS = Outcome(State.SUCCESS, Ending.SUCCEEDED)


def summary(_kind: str, inputs: Mapping[str, Any]) -> str:
    return str(inputs.get("name"))


def failure(cause: Cause, words: str) -> Outcome:
    return Outcome(State.FAILURE, Ending.FAILED, cause=cause, error=Error("OSError", words))


def posted(ledger: Ledger, kind: str = "hello", owner: str = "ada", name: str = "Ada") -> str:
    return ledger.jobs.submit(
        Submission(kind=kind, queue=f"{kind}s", inputs={"name": name}, owner=owner)
    )[0]


@pytest.fixture
def told(ledger: Ledger) -> dict[str, str]:
    """One job of each sort, by a name."""
    told = {
        "done": posted(ledger, name="holiday in Köln"),
        "images": posted(ledger, "images", "grace"),
        "error": posted(ledger),
        "timeout": posted(ledger),
        "cancelled": posted(ledger),
        "retrying": posted(ledger),
        "queued": posted(ledger),
        "unsent": posted(ledger),
        "running": posted(ledger, "images"),
        "stopping": posted(ledger),
    }
    ledger.attempts.settle(claimed(ledger, told["done"]), SUCCESS)
    ledger.attempts.settle(claimed(ledger, told["images"]), SUCCESS)
    ledger.attempts.settle(
        claimed(ledger, told["error"]), failure(Cause.ERROR, "Connection refused by 10.0.0.7")
    )
    ledger.attempts.settle(claimed(ledger, told["timeout"]), failure(Cause.TIMEOUT, "too long"))
    ledger.jobs.request_cancel(told["cancelled"])
    ledger.attempts.settle(
        claimed(ledger, told["retrying"]), Outcome(State.RETRY, Ending.RETRIED, retry_in=60)
    )
    ledger.outbox.mark_sent(told["queued"], 0)
    claimed(ledger, told["running"])
    claimed(ledger, told["stopping"])
    ledger.jobs.request_cancel(told["stopping"])
    return told


@pytest.fixture(params=["fresh", "filed"])
def jobs_of(request: pytest.FixtureRequest, ledger: Ledger, told: dict[str, str]) -> dict[str, str]:
    """The same, before they have cards and after."""
    if request.param == "filed":
        file_all(ledger)
    return told


def file_all(ledger: Ledger) -> None:
    ledger.cards.file_open(summary, 100)
    while ledger.cards.file_settled(summary, 100):
        pass


def names(told: dict[str, str], ledger: Ledger, wanted: Filter) -> set[str]:
    """Return which jobs are meant, when list and SQL agree."""
    listed = {job.id for job in ledger.listing.page(wanted, 50).jobs}
    with ledger.database.read() as connection:
        conditions = wanted.conditions(ledger.database)
        found = set(connection.execute(select(jobs.c.id).where(*conditions)).scalars())
    assert listed == found
    return {name for name, job in told.items() if job in listed}


MEANT = [
    (Filter(states=(Standing.SUCCEEDED,)), {"done", "images"}),
    (Filter(states=(Standing.FAILED,)), {"error", "timeout"}),
    (Filter(states=(Standing.TIMEOUT,)), {"timeout"}),
    (Filter(states=(Standing.ERROR, Standing.FAILED)), {"error", "timeout"}),
    (Filter(states=(Standing.CRASHED,)), set()),
    (
        Filter(states=(Standing.CANCELLED, Standing.RUNNING)),
        {"cancelled", "running", "stopping"},
    ),
    (Filter(states=(Standing.STOPPING,)), {"stopping"}),
    (Filter(states=(Standing.WAITING,)), {"retrying", "queued", "unsent"}),
    (Filter(states=(Standing.QUEUED,)), {"queued"}),
    (Filter(states=(Standing.UNSENT,)), {"unsent"}),
    (Filter(states=(Standing.RETRYING, Standing.SCHEDULED)), {"retrying"}),
    (Filter(states=(Standing.SETTLED,), kinds=("images",)), {"images"}),
    (Filter(kinds=("images",), owners=("ada", "grace")), {"images", "running"}),
    (Filter(kinds=("images", "hello"), owners=("grace",)), {"images"}),
    (Filter(queues=("imagess",), states=(Standing.OPEN,)), {"running"}),
    (Filter(errors=("OSError",)), {"error", "timeout"}),
    (Filter(errors=("ValueError",)), set()),
    (Filter(batches=("no such",)), set()),
]


def test_a_filter_means_the_same_before_and_after_the_cards_are_made(
    ledger: Ledger, jobs_of: dict[str, str]
) -> None:
    found = [(wanted, names(jobs_of, ledger, wanted)) for wanted, _meant in MEANT]

    assert found == MEANT


FOUND = [
    (("connection refused",), {"error"}),
    (("refused connection",), set()),
    (("refused", "connection"), {"error"}),
    (("CONNECT*",), {"error"}),
    (("connect",), set()),
    (("10.0.0.7",), {"error"}),
    (("koln",), {"done"}),
    (("Köln holiday*",), set()),
    (("oserror",), {"error", "timeout"}),
    (("images",), {"images", "running"}),
    (("'\" ) OR *",), set()),
    (("--", "too long"), {"timeout"}),
]


def test_words_are_found_in_kind_inputs_and_error(ledger: Ledger, told: dict[str, str]) -> None:
    file_all(ledger)

    found = [(words, names(told, ledger, Filter(words=words))) for words, _meant in FOUND]

    assert found == FOUND
    wanted = Filter(words=("oserror",), states=(Standing.TIMEOUT,), kinds=("hello",))

    assert names(told, ledger, wanted) == {"timeout"}
    assert names(told, ledger, Filter(words=("images",), states=(Standing.OPEN,))) == {"running"}
    counts = ledger.counting.parts(Filter(words=("images",)))
    assert (counts[Standing.SUCCEEDED], counts[Standing.RUNNING]) == (Count(1), Count(1))


def test_counts_say_how_many_of_each_part_whatever_the_filter_says_of_states(
    ledger: Ledger, jobs_of: dict[str, str]
) -> None:
    assert len(jobs_of) == 10
    counts = ledger.counting.parts(Filter(states=(Standing.FAILED,)))

    assert counts == {
        Standing.WAITING: Count(3),
        Standing.RUNNING: Count(2),
        Standing.SUCCEEDED: Count(2),
        Standing.FAILED: Count(2),
        Standing.CANCELLED: Count(1),
    }
    assert ledger.counting.parts(Filter(kinds=("images",)))[Standing.SUCCEEDED] == Count(1)


def test_a_count_that_goes_too_far_says_at_least(
    ledger: Ledger, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert told
    monkeypatch.setattr("ledger.counting.CAP", 1)
    before = ledger.counting.parts(Filter())
    file_all(ledger)
    after = ledger.counting.parts(Filter())

    assert before[Standing.FAILED] == after[Standing.FAILED] == Count(1, exact=False)
    assert after[Standing.CANCELLED] == Count(1)


def test_since_and_until_are_of_the_submission(ledger: Ledger, time: OwnTime) -> None:
    begin = time.now
    early = submit(ledger)
    time.passes(60)
    late = submit(ledger)
    for job in (early, late):
        ledger.jobs.request_cancel(job)
    for _ in range(2):
        middle = begin + timedelta(seconds=30)
        assert [job.id for job in ledger.listing.page(Filter(since=middle), 9).jobs] == [late]
        assert [job.id for job in ledger.listing.page(Filter(until=middle), 9).jobs] == [early]
        assert ledger.counting.parts(Filter(since=middle))[Standing.CANCELLED] == Count(1)
        file_all(ledger)


@pytest.mark.parametrize(
    ("wanted", "near"),
    [(Filter(), 99), (Filter(words=("hello",)), 99), (Filter(words=("hello",)), 1)],
    ids=["all", "words", "words of which the nearest cards have too few"],
)
def test_pages_go_both_ways_while_new_jobs_arrive(
    ledger: Ledger, wanted: Filter, near: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.listing.NEAR", near)
    monkeypatch.setattr("ledger.listing.FEW", near)
    made = [submit(ledger) for _ in range(9)]
    file_all(ledger)
    for job in made[1:6]:
        ledger.jobs.request_cancel(job)
    file_all(ledger)
    newest_first = made[::-1]

    first = ledger.listing.page(wanted, 3)
    submit(ledger)
    file_all(ledger)
    second = ledger.listing.page(wanted, 3, Place(first.jobs[-1].id))
    third = ledger.listing.page(wanted, 3, Place(second.jobs[-1].id))
    back = ledger.listing.page(wanted, 3, Place(third.jobs[0].id, above=True))
    top = ledger.listing.page(wanted, 3, Place(second.jobs[0].id, above=True))
    beyond = ledger.listing.page(wanted, 3, Place(newest_first[0], above=True))

    pages = [[job.id for job in page.jobs] for page in (first, second, third, back)]
    assert pages == [newest_first[:3], newest_first[3:6], newest_first[6:], newest_first[3:6]]
    assert [(one.newer, one.older) for one in (first, second, third, back)] == [
        (False, True),
        (True, True),
        (True, False),
        (True, True),
    ]
    assert (top.jobs[0].id, top.newer) == (newest_first[0], True)
    assert (len(beyond.jobs), beyond.newer) == (3, False)


@pytest.mark.usefixtures("told")
def test_an_action_reaches_as_many_as_stood_so_when_it_was_asked_for(
    ledger: Ledger, time: OwnTime
) -> None:
    asked_at = time()
    changed_by = {
        Verb.CANCEL: jobs.c.finished_at.is_(None),
        Verb.RETRY: jobs.c.state.in_([*SETTLED, State.RETRY]),
        Verb.DELETE: jobs.c.finished_at.is_not(None) & (jobs.c.owner == "ada"),
    }

    def numbers_by_sql(wanted: Filter, verb: Verb) -> tuple[int, int]:
        meant = [*wanted.conditions(ledger.database), *unchanged_since(asked_at)]
        numbers = select(func.count(), func.count().filter(changed_by[verb])).where(*meant)
        with ledger.database.read() as connection:
            number, able = connection.execute(numbers).one()
        return number, able

    def reached(wanted: Filter, verb: Verb) -> tuple[int, int]:
        asked = Asked(verb, "ada", matching=wanted, until=asked_at)
        reach = ledger.actions.reach(asked)
        return reach.meant, reach.able

    asked = [(wanted, verb) for wanted, _names in MEANT for verb in Verb]
    as_it_stood = [numbers_by_sql(*one) for one in asked]
    for late in range(3):
        assert [reached(*one) for one in asked] == as_it_stood
        file_all(ledger)
        assert [reached(*one) for one in asked] == as_it_stood
        time.passes(1)
        after = posted(ledger, "images", "grace" if late else "ada")
        ledger.attempts.settle(claimed(ledger, after), SUCCESS)


def test_a_list_by_celery_s_states_has_all_that_stand_so(
    ledger: Ledger, told: dict[str, str]
) -> None:
    waiting, images = (
        Filter.of([State.PENDING]),
        Filter.of([State.SUCCESS, State.STARTED], "images"),
    )
    for _before_and_after_its_cards in range(2):
        found = [{job.id for job in ledger.listing.page(one, 99).jobs} for one in (waiting, images)]
        assert found == [{told["queued"], told["unsent"]}, {told["images"], told["running"]}]
        assert len(ledger.listing.page(Filter.of(), 99).jobs) == len(told)
        file_all(ledger)


def test_a_deleted_job_is_in_no_list_and_comes_back_with_a_new_card(ledger: Ledger) -> None:
    job = submit(ledger)
    ledger.jobs.request_cancel(job)
    file_all(ledger)

    with ledger.database.write() as connection:
        connection.execute(jobs.update().values(deleted_at=ledger.database.now))
        take_out(connection, [job])
    file_all(ledger)

    assert ledger.listing.page(Filter(), 9).jobs == []
    assert Count.sum(ledger.counting.parts(Filter()).values()) == Count(0)
    assert ledger.listing.page(Filter(words=("hello",)), 9).jobs == []

    with ledger.database.write() as connection:
        connection.execute(jobs.update().values(deleted_at=None))
    file_all(ledger)

    assert [one.id for one in ledger.listing.page(Filter(words=("hello",)), 9).jobs] == [job]
    assert Count.sum(ledger.counting.parts(Filter()).values()) == Count(1)

    with ledger.database.write() as connection:
        connection.execute(jobs.delete())
    assert Count.sum(ledger.counting.parts(Filter(words=("hello",))).values()) == Count(0)


def test_an_open_job_is_filed_again_when_it_has_settled(ledger: Ledger) -> None:
    job = submit(ledger)
    assert ledger.cards.file_open(summary, 9) == job
    assert ledger.cards.file_open(summary, 9) is None
    ledger.attempts.settle(claimed(ledger, job), failure(Cause.ERROR, "no route"))

    assert ledger.cards.file_settled(summary, 9) == 1
    assert ledger.cards.file_settled(summary, 9) == 0

    wanted = Filter(words=("no route",), states=(Standing.FAILED,))
    assert [one.id for one in ledger.listing.page(wanted, 9).jobs] == [job]
    assert ledger.counting.parts(wanted)[Standing.FAILED] == Count(1)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Filter(), "ix_jobs_open_id"),
        (Filter(states=(Standing.WAITING,)), "ix_jobs_open_id"),
        (Filter(owners=("ada",)), "COVERING INDEX ix_jobs_open"),
        (Filter(states=(Standing.RUNNING,), kinds=("hello",)), "COVERING INDEX ix_jobs_open"),
        (Filter(states=(Standing.SCHEDULED,)), "COVERING INDEX ix_jobs_open"),
        (Filter(errors=("OSError",)), "COVERING INDEX ix_jobs_open"),
        (Filter(batches=("b",)), "ix_jobs_batch"),
    ],
)
def test_open_jobs_are_found_on_sqlite_without_a_look_at_all_of_them(
    tmp_path: Path, wanted: Filter, index: str
) -> None:
    ledger = Ledger(Settings(postroom_var=tmp_path))
    ledger.upgrade()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    event.listen(ledger.database.engine, "before_cursor_execute", note)
    ledger.listing.page(wanted, 9)
    event.remove(ledger.database.engine, "before_cursor_execute", note)
    with ledger.database.read() as connection:
        plans = [
            " ".join(
                row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {one}", values)
            )
            for one, values in asked
        ]
    ledger.close()

    assert index in plans[0]
    assert all(
        "ix_jobs_unfiled" in plan
        for plan, (one, _) in zip(plans, asked, strict=True)
        if UNFILED.text in one
    )
