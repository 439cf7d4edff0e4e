"""A limit of each person's jobs: who gets a turn, who is held back, and who goes next."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger import Ledger, Settings
from ledger.claims import Refused
from ledger.errors import LedgerUnavailable
from ledger.filters import Filter, Standing
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.outlook import Reason, outlook
from ledger.record import Ending, State, Turn
from tests.ledger.conftest import OwnTime, claimed, delivery, submit, worker

LIMIT = 2
Opened = Callable[[int], Ledger]


@pytest.fixture
def opened(ledger: Ledger, tmp_path: Path, time: OwnTime) -> Iterator[Opened]:
    """Open the same ledger as another process does, with a limit."""
    others: list[Ledger] = []

    def made(limit: int) -> Ledger:
        settings = Settings(
            postroom_var=tmp_path, database_url=ledger.database.url, jobs_per_person=limit
        )
        others.append(Ledger(settings, clock=time))
        return others[-1]

    yield made
    for one in others:
        one.close()


@pytest.fixture
def limited(opened: Opened) -> Ledger:
    return opened(LIMIT)


def of(owner: str) -> Submission:
    return Submission(kind="hello", queue="default", inputs={}, owner=owner)


def held(ledger: Ledger, jobs: Sequence[str]) -> list[bool]:
    return [ledger.jobs.get(job).held for job in jobs]


def unsent(ledger: Ledger, limit: int = 100) -> list[str]:
    return [one.id for one in ledger.outbox.unsent(0, limit)]


def ends(ledger: Ledger, job: str, state: State = State.SUCCESS) -> None:
    done = Outcome(state, Ending.SUCCEEDED if state is State.SUCCESS else Ending.RETRIED)
    ledger.attempts.settle(claimed(ledger, job), done)


def test_those_over_the_limit_are_held_and_go_one_by_one_as_others_settle(limited: Ledger) -> None:
    jobs = [submit(limited) for _ in range(4)]
    assert held(limited, jobs) == [False, False, True, True]
    assert unsent(limited) == jobs[:2]
    assert limited.turns.let_go() == 0

    ends(limited, jobs[1])

    assert limited.turns.let_go() == 1
    assert held(limited, jobs) == [False, False, False, True]
    assert unsent(limited) == [jobs[0], jobs[2]]
    # It is due at once, although nobody has waited for the grace of a submit.
    assert [one.id for one in limited.outbox.unsent(60, 10)] == [jobs[2]]
    assert limited.jobs.get(jobs[2]).revision > 0


def test_a_job_is_stuck_once_it_should_have_been_sent_long_ago_and_none_that_is_held(
    limited: Ledger, time: OwnTime
) -> None:
    jobs = [submit(limited) for _ in range(4)]
    retried = Outcome(State.RETRY, Ending.RETRIED, retry_in=60)
    limited.attempts.settle(claimed(limited, jobs[0]), retried)
    assert limited.outbox.stuck(20, ["hello"]) == {}

    time.passes(21)
    assert limited.outbox.stuck(20, ["hello"]) == {"default": 1}

    time.passes(60)
    assert limited.outbox.stuck(20, ["hello"]) == {"default": 2}
    assert limited.outbox.stuck(20, ["another"]) == {}
    limited.outbox.mark_all_sent([(jobs[0], 1), (jobs[1], 0)])
    assert limited.outbox.stuck(20, ["hello"]) == {}


def test_a_person_is_never_behind_the_held_jobs_of_another(limited: Ledger) -> None:
    limited.batches.submit([of("ada")] * 50)
    other, _ = limited.jobs.submit(of("bob"))

    assert held(limited, [other]) == [False]
    assert unsent(limited, limit=3)[-1] == other


def test_a_batch_is_held_but_for_its_first_ones(limited: Ledger) -> None:
    batch, ids, number = limited.batches.submit([of("ada")] * 5)

    assert number == 3
    assert held(limited, ids) == [False, False, True, True, True]
    found = limited.batches.get(batch)
    assert (found.unsent, found.held) == (2, 3)


def test_a_new_job_does_not_overtake_those_that_are_held(limited: Ledger) -> None:
    jobs = [submit(limited) for _ in range(3)]
    ends(limited, jobs[0])
    last = submit(limited)

    assert held(limited, [last]) == [True]
    limited.turns.let_go()
    assert held(limited, [jobs[2], last]) == [False, True]


def test_a_job_keeps_its_turn_through_all_of_its_attempts(limited: Ledger, time: OwnTime) -> None:
    jobs = [submit(limited) for _ in range(3)]
    again = Outcome(State.RETRY, Ending.RETRIED, retry_in=60)
    limited.attempts.settle(claimed(limited, jobs[0]), again)

    assert limited.turns.let_go() == 0
    time.passes(61)
    assert unsent(limited) == [jobs[0], jobs[1]]
    assert limited.jobs.retry(jobs[0]) == jobs[0]
    assert held(limited, jobs) == [False, False, True]


def test_a_turn_outlives_the_death_of_its_worker(limited: Ledger, time: OwnTime) -> None:
    jobs = [submit(limited) for _ in range(3)]
    claimed(limited, jobs[0])
    time.passes(60)
    limited.workers.register(worker("three"))

    assert [one.job for one in limited.recovery.free_from_stopped_hearts(15)] == [jobs[0]]
    assert limited.turns.let_go() == 0
    assert unsent(limited) == [jobs[0], jobs[1]]


def test_a_cancelled_job_gives_its_turn_back_and_one_that_was_held_needs_none(
    limited: Ledger,
) -> None:
    jobs = [submit(limited) for _ in range(4)]
    assert limited.jobs.request_cancel(jobs[2]) is State.REVOKED
    assert held(limited, [jobs[2]]) == [False]
    limited.jobs.request_cancel(jobs[0])

    limited.turns.let_go()

    assert held(limited, [jobs[3]]) == [False]


def test_to_run_again_takes_a_turn_of_the_jobs_owner(limited: Ledger) -> None:
    first = submit(limited)
    ends(limited, first)
    one, two = submit(limited), limited.jobs.retry(first)
    three = limited.jobs.retry(first)

    assert held(limited, [one, two, three]) == [False, False, True]


def test_no_delivery_starts_a_held_job(limited: Ledger) -> None:
    jobs = [submit(limited) for _ in range(3)]

    assert isinstance(limited.claims.claim(delivery(jobs[2]), "one", 1), Refused)
    assert limited.jobs.get(jobs[2]).state is State.PENDING


def test_jobs_from_before_the_limit_count_and_none_is_stuck_after_it(
    ledger: Ledger, limited: Ledger
) -> None:
    early = [submit(ledger) for _ in range(3)]
    assert ledger.jobs.get(early[0]).turn is None
    assert limited.turns.adopt() == 3
    assert limited.turns.adopt() == 0
    late = [submit(limited) for _ in range(2)]
    assert held(limited, late) == [True, True]

    assert ledger.turns.adopt() == 0
    assert ledger.turns.let_go() == 2
    assert held(limited, late) == [False, False]
    assert submit(ledger) in unsent(ledger)


def test_two_processes_that_accept_at_once_never_pass_the_limit(opened: Opened) -> None:
    ledgers = [opened(LIMIT) for _ in range(4)]

    def comes(number: int) -> str:
        while True:
            try:
                return submit(ledgers[number % 4])
            except LedgerUnavailable:
                continue

    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(comes, range(40)))

    assert [one.turn for one in map(ledgers[0].jobs.get, jobs)].count(Turn.TAKEN) == LIMIT
    ends(ledgers[0], unsent(ledgers[0])[0])
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda one: one.turns.let_go(), ledgers)) == 1


def test_a_list_finds_those_that_are_held_and_no_queue_counts_them(limited: Ledger) -> None:
    jobs = [submit(limited) for _ in range(5)]

    def found(standing: Standing) -> set[str]:
        return {one.id for one in limited.listing.page(Filter(states=(standing,)), 10).jobs}

    assert found(Standing.HELD) == set(jobs[2:])
    assert found(Standing.UNSENT) == set(jobs[:2])
    backlog = limited.duties.backlogs()["default"]
    assert (backlog.waiting, backlog.unsent, backlog.limited) == (2, 2, 3)
    limited.depths.sample(["default"])
    assert limited.depths.since(limited.database.read_clock().replace(second=0))[0].waiting == 2


def test_only_held_jobs_give_a_queue_no_age(limited: Ledger) -> None:
    jobs = [submit(limited) for _ in range(3)]
    for job in jobs[:2]:
        limited.jobs.request_cancel(job)

    assert limited.duties.backlogs()["default"].oldest is None


def test_a_held_job_says_whose_limit_and_how_many_go_before_it(limited: Ledger) -> None:
    jobs = [submit(limited) for _ in range(4)]

    seen = outlook(limited.waiting.before(limited.jobs.get(jobs[3])))
    assert (seen.reason, seen.estimate, seen.place) == (Reason.OWN_LIMIT, None, None)
    assert seen.turns is not None
    assert (seen.turns.owner, seen.turns.limit) == ("ada", LIMIT)
    assert (seen.turns.taken, seen.turns.before) == (LIMIT, 1)
    assert outlook(limited.waiting.before(limited.jobs.get(jobs[0]))).turns is None

    ends(limited, jobs[0])
    seen = outlook(limited.waiting.before(limited.jobs.get(jobs[2])))
    assert seen.reason is Reason.SENDING


def test_who_has_turns_left_is_not_told_of_the_limit(limited: Ledger) -> None:
    def reason(owner: str) -> Reason:
        return outlook(limited.waiting.at_the_end("hello", "default", owner=owner)).reason

    for _ in range(LIMIT):
        assert reason("ada") is not Reason.OWN_LIMIT
        submit(limited)
    assert reason("ada") is Reason.OWN_LIMIT
    assert reason("bob") is not Reason.OWN_LIMIT


def test_a_job_that_was_held_says_nothing_of_how_long_the_line_is(
    limited: Ledger, time: OwnTime
) -> None:
    first = [submit(limited) for _ in range(LIMIT)]
    for job in first:
        limited.outbox.mark_sent(job, 0)
    limited.experience.keep("default", None, 0.0)
    last = submit(limited)
    time.passes(4)
    ends(limited, first[0])
    limited.turns.let_go()
    time.passes(30)
    limited.outbox.mark_sent(last, 0)
    claimed(limited, last)

    limited.experience.check("default")
    limited.experience.check("default")

    assert limited.waiting.at_the_end("hello", "default").past == []
