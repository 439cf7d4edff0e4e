import pytest
from sqlalchemy import update

from ledger import Ledger
from ledger.action_record import Candidate, Outcome, Stage, Verb, Verdict
from ledger.action_steps import UNDO_FOR
from ledger.action_tables import actions
from ledger.actions import Asked
from ledger.errors import NoSuchAction, NoSuchJob, NotUndoable
from ledger.filters import Filter, Standing
from ledger.outcome import Outcome as Ended
from ledger.record import Cause, Ending, State
from tests.ledger.conftest import OwnTime, claimed, submit
from tests.ledger.test_retention import bytes_in, ended, upload

DONE = Ended(State.SUCCESS, Ending.SUCCEEDED)
FAILED = Ended(State.FAILURE, Ending.FAILED, Cause.ERROR)
WAITING = Filter(states=(Standing.WAITING,))


def fine(_candidate: Candidate) -> Verdict:
    return Verdict()


def settled(ledger: Ledger, outcome: Ended = DONE, **more: object) -> str:
    job = submit(ledger, **more)  # type: ignore[arg-type]  # a test's own words
    ledger.attempts.settle(claimed(ledger, job), outcome)
    return job


def ask(ledger: Ledger, verb: Verb, *ids: str, **more: object) -> str:
    return ledger.actions.ask(Asked(verb, "ada", ids, **more))[0]  # type: ignore[arg-type]  # a test's own words


def carried_out(ledger: Ledger, action: str) -> dict[str, int]:
    """Do all that there is to do now; return the tally."""
    while ledger.action_steps.step(action, fine):
        pass
    return {word.value: number for word, number in ledger.actions.get(action).tally.items()}


def outcomes(ledger: Ledger, action: str) -> dict[str, str | None]:
    return {one.job: one.outcome for one in ledger.actions.jobs_of(action, 1000)}


def test_each_job_is_cancelled_as_one_alone_is_and_says_what_became_of_it(
    ledger: Ledger,
) -> None:
    waiting, running, over = submit(ledger), submit(ledger), settled(ledger)
    claimed(ledger, running)
    action = ask(ledger, Verb.CANCEL, waiting, running, over, "no-such-job")

    assert carried_out(ledger, action) == {"cancelled": 1, "stopping": 1, "ended": 1, "gone": 1}
    assert outcomes(ledger, action) == {
        waiting: "cancelled",
        running: "stopping",
        over: "ended",
        "no-such-job": "gone",
    }
    assert ledger.jobs.get(waiting).state is State.REVOKED
    assert ledger.jobs.get(running).cancel_requested_at is not None
    assert ledger.jobs.get(over).state is State.SUCCESS


def test_an_action_takes_those_that_matched_when_it_was_asked_and_none_that_came_later(
    ledger: Ledger, time: OwnTime
) -> None:
    ours = [submit(ledger) for _ in range(3)]
    other = submit(ledger, "images")
    started = submit(ledger)
    reach = ledger.actions.reach(Asked(Verb.CANCEL, "ada", matching=Filter(kinds=("hello",))))
    time.passes(1)
    late = submit(ledger)
    claimed(ledger, started)
    asked = {"matching": Filter(kinds=("hello",)), "until": reach.at}
    action = ask(ledger, Verb.CANCEL, **asked)

    assert (reach.meant, reach.able) == (4, 4)
    assert carried_out(ledger, action) == {"cancelled": 3}
    assert sorted(outcomes(ledger, action)) == sorted(ours)
    assert ledger.jobs.get(late).state is State.PENDING
    assert ledger.jobs.get(other).state is State.PENDING
    assert ledger.jobs.get(started).cancel_requested_at is None


def test_nobody_can_reach_into_the_future(ledger: Ledger, time: OwnTime) -> None:
    far = time.now.replace(year=2099)
    action = ask(ledger, Verb.CANCEL, matching=WAITING, until=far)
    time.passes(1)
    late = submit(ledger)

    assert carried_out(ledger, action) == {}
    assert ledger.jobs.get(late).state is State.PENDING


def test_many_are_done_a_batch_at_a_time_and_the_count_of_each_batch_is_kept(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.action_steps.CHOSEN", 4)
    monkeypatch.setattr("ledger.action_steps.DONE", 3)
    jobs = [submit(ledger) for _ in range(10)]
    action = ask(ledger, Verb.CANCEL, matching=WAITING)
    seen = []
    while ledger.action_steps.step(action, fine):
        now = ledger.actions.get(action)
        seen.append((now.stage.value, now.matched, now.handled))

    assert seen == [
        ("choosing", 4, 0),
        ("choosing", 8, 0),
        ("doing", 10, 0),
        ("doing", 10, 3),
        ("doing", 10, 6),
        ("doing", 10, 9),
    ]
    done = ledger.actions.get(action)
    assert (done.stage, done.tally, done.expected) == (Stage.DONE, {Outcome.CANCELLED: 10}, 10)
    assert {ledger.jobs.get(job).state for job in jobs} == {State.REVOKED}


def test_a_step_that_two_want_to_do_is_done_once(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = settled(ledger, FAILED)
    action = ask(ledger, Verb.RETRY, job)
    stale = ledger.actions.get(action)
    assert carried_out(ledger, action) == {"retried": 1}
    monkeypatch.setattr(ledger.actions, "get", lambda _id: stale)

    assert ledger.action_steps.step(action, fine)
    assert [one.retried_from for one in ledger.jobs.page(limit=9)] == [job, None]


def test_what_fails_in_the_middle_of_a_batch_leaves_nothing_of_it(ledger: Ledger) -> None:
    jobs = [settled(ledger, FAILED) for _ in range(3)]
    action = ask(ledger, Verb.RETRY, *jobs)
    judged = []

    def dies(candidate: Candidate) -> Verdict:
        judged.append(candidate)
        if len(judged) == 3:
            raise KeyboardInterrupt
        return Verdict()

    with pytest.raises(KeyboardInterrupt):
        ledger.action_steps.step(action, dies)
    assert len(ledger.jobs.page(limit=9)) == 3
    assert carried_out(ledger, action) == {"retried": 3}
    assert len(ledger.jobs.page(limit=9)) == 6


def test_a_retry_makes_what_a_single_one_makes(ledger: Ledger) -> None:
    file = upload(ledger)
    failed = settled(ledger, FAILED, uploads=[file.id], priority=3)
    later = settled(ledger, Ended(State.RETRY, Ending.RETRIED, retry_in=3600))
    waits, runs, alien = submit(ledger), submit(ledger), settled(ledger, FAILED, kind="alien")
    claimed(ledger, runs)
    action = ask(ledger, Verb.RETRY, failed, later, waits, runs, alien, "no-such-job")

    def judge(candidate: Candidate) -> Verdict:
        gone = candidate.kind == "alien"
        return Verdict(Outcome.NO_KIND) if gone else Verdict(fingerprint="as now")

    while ledger.action_steps.step(action, judge):
        pass
    assert outcomes(ledger, action) == {
        failed: "retried",
        later: "sooner",
        waits: "waiting",
        runs: "running",
        alien: "no kind",
        "no-such-job": "gone",
    }
    (made,) = (one.made for one in ledger.actions.jobs_of(action, 9, Outcome.RETRIED))
    assert made is not None
    again = ledger.jobs.get(made)
    assert (again.retried_from, again.priority, again.state) == (failed, 3, State.PENDING)
    assert again.fingerprint == "as now"
    assert ledger.files.uploads_of(made) == [file]


def test_a_deleted_job_leaves_the_lists_and_can_come_back_for_an_hour(
    ledger: Ledger, time: OwnTime
) -> None:
    job = settled(ledger)
    action = ask(ledger, Verb.DELETE, job)

    assert carried_out(ledger, action) == {"deleted": 1}
    assert ledger.jobs.page(limit=9) == []
    assert ledger.jobs.get(job).deleted_at is not None
    time.passes(UNDO_FOR - 1)
    assert ledger.actions.due(9) == []
    assert ledger.actions.get(action).undoable(time.now) == 1
    ledger.actions.undo(action)
    assert carried_out(ledger, action) == {"restored": 1}
    assert [one.id for one in ledger.jobs.page(limit=9)] == [job]
    time.passes(UNDO_FOR)
    assert ledger.actions.due(9) == []


def test_after_the_hour_a_deleted_job_goes_for_good_with_its_files(
    ledger: Ledger, time: OwnTime, tmp_path: object
) -> None:
    job = ended(ledger, time, tmp_path, upload(ledger))  # type: ignore[arg-type]  # a path
    kept = ended(ledger, time, tmp_path, upload(ledger))  # type: ignore[arg-type]  # a path
    assert bytes_in(ledger) == 4
    action = ask(ledger, Verb.DELETE, job)
    carried_out(ledger, action)
    time.passes(UNDO_FOR)

    with pytest.raises(NotUndoable):
        ledger.actions.undo(action)
    assert ledger.actions.due(9) == [action]
    carried_out(ledger, action)
    with pytest.raises(NoSuchJob):
        ledger.jobs.get(job)
    assert bytes_in(ledger) == 2
    assert ledger.jobs.get(kept).state is State.SUCCESS
    assert ledger.actions.get(action).stage is Stage.REMOVED
    assert ledger.actions.due(9) == []
    assert [one.kind for one in ledger.actions.jobs_of(action, 9)] == [None]


def test_what_runs_or_waits_or_is_somebody_elses_is_not_deleted(ledger: Ledger) -> None:
    runs, waits = submit(ledger), submit(ledger)
    claimed(ledger, runs)
    over = settled(ledger)
    mine = ask(ledger, Verb.DELETE, runs, waits)
    theirs = ledger.actions.ask(Asked(Verb.DELETE, "bob", [over]))[0]

    assert carried_out(ledger, mine) == {"running": 1, "waiting": 1}
    assert carried_out(ledger, theirs) == {"not yours": 1}
    assert len(ledger.jobs.page(limit=9)) == 3


def test_to_undo_a_cancel_queues_as_new_jobs_what_had_not_begun(ledger: Ledger) -> None:
    waiting, running = submit(ledger), submit(ledger)
    claimed(ledger, running)
    action = ask(ledger, Verb.CANCEL, waiting, running)
    carried_out(ledger, action)
    ledger.actions.undo(action)

    assert carried_out(ledger, action) == {"queued again": 1, "stopping": 1}
    (again,) = ledger.actions.jobs_of(action, 9, Outcome.QUEUED_AGAIN)
    assert again.job == waiting
    assert again.made is not None
    assert ledger.jobs.get(again.made).retried_from == waiting
    assert ledger.jobs.get(waiting).state is State.REVOKED


def test_to_undo_a_retry_cancels_what_has_not_begun(ledger: Ledger) -> None:
    jobs = [settled(ledger, FAILED) for _ in range(2)]
    action = ask(ledger, Verb.RETRY, *jobs)
    carried_out(ledger, action)
    first, second = (str(one.made) for one in ledger.actions.jobs_of(action, 9))
    claimed(ledger, first)
    ledger.actions.undo(action)

    assert carried_out(ledger, action) == {"begun": 1, "taken back": 1}
    assert ledger.jobs.get(first).cancel_requested_at is None
    assert ledger.jobs.get(second).state is State.REVOKED


def test_an_action_that_goes_on_is_turned_back_where_it_stands(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.action_steps.MADE", 2)
    jobs = [settled(ledger, FAILED) for _ in range(6)]
    action = ask(ledger, Verb.RETRY, *jobs)
    assert ledger.action_steps.step(action, fine)
    ledger.actions.undo(action)

    assert carried_out(ledger, action) == {"taken back": 2}
    assert ledger.actions.get(action).stage is Stage.UNDONE
    assert len(ledger.jobs.page(limit=99)) == 8
    with pytest.raises(NotUndoable):
        ledger.actions.undo(action)


def test_actions_that_ended_long_ago_are_forgotten_and_those_with_something_left_are_not(
    ledger: Ledger, time: OwnTime
) -> None:
    old = ask(ledger, Verb.CANCEL, submit(ledger))
    carried_out(ledger, old)
    waits = ask(ledger, Verb.DELETE, settled(ledger))
    carried_out(ledger, waits)
    left = ask(ledger, Verb.CANCEL, submit(ledger))
    time.passes(10 * UNDO_FOR)

    assert ledger.actions.forget(UNDO_FOR, limit=9) == 1
    assert [one.id for one in ledger.actions.newest(9)] == [left, waits]
    assert ledger.actions.jobs_of(old, 9) == []


def test_a_filter_of_another_version_of_the_program_changes_nothing_and_is_not_tried_for_ever(
    ledger: Ledger,
) -> None:
    job = submit(ledger)
    action = ask(ledger, Verb.CANCEL, matching=WAITING)
    with ledger.database.write() as connection:
        connection.execute(update(actions).values(matching={"moods": ["sad"]}))

    assert carried_out(ledger, action) == {}
    assert ledger.actions.get(action).stage is Stage.UNDONE
    assert ledger.actions.due(9) == []
    assert ledger.jobs.get(job).state is State.PENDING


def test_asked_twice_with_one_key_it_is_one_action(ledger: Ledger) -> None:
    job = submit(ledger)
    asked = Asked(Verb.CANCEL, "ada", [job], idempotency_key="a form")
    first, second = ledger.actions.ask(asked), ledger.actions.ask(asked)

    assert second == (first[0], False)
    assert [one.id for one in ledger.actions.newest(9)] == [first[0]]
    with pytest.raises(NoSuchAction):
        ledger.actions.get("nothing")


def test_a_deleted_job_leaves_the_counts_and_comes_back_into_them(ledger: Ledger) -> None:
    jobs = [settled(ledger) for _ in range(2)]
    file_all(ledger)
    action = ask(ledger, Verb.DELETE, jobs[0])
    carried_out(ledger, action)
    file_all(ledger)
    assert ledger.counting.parts(Filter())[Standing.SUCCEEDED].number == 1
    ledger.actions.undo(action)
    carried_out(ledger, action)
    file_all(ledger)
    assert ledger.counting.parts(Filter())[Standing.SUCCEEDED].number == 2


def file_all(ledger: Ledger) -> None:
    while ledger.cards.file_settled(lambda _kind, _inputs: "", 9):
        pass
