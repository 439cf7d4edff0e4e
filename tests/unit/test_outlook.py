"""Why a job does not run yet: each reason from facts, and what is foreseen where it will move."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger.facts import Facts, Line, Running
from ledger.forecast import ENOUGH, Checked, Run, RunTimes
from ledger.outlook import Outlook, Reason, outlook
from ledger.queues import Pause
from ledger.record import State, Turn, Worker
from ledger.turns import Turns
from tests.unit.test_words import WAITING

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
WORKER = Worker(
    id="w",
    name="worker-1@here",
    host="here",
    pid=1,
    queues=("default",),
    concurrency=2,
    version="1",
    started_at=NOW - timedelta(hours=1),
    beat_at=NOW - timedelta(seconds=1),
    stopping_at=None,
)
SILENT = replace(WORKER, beat_at=NOW - timedelta(minutes=3))
STOPPING = replace(WORKER, stopping_at=NOW - timedelta(seconds=5))
DRAINING = replace(WORKER, draining_at=NOW - timedelta(seconds=5), draining_by="ada")
ELSEWHERE = replace(WORKER, id="e", name="worker-2@here", queues=("video",))
TEN = RunTimes((Run(10, 0, succeeded=True),))
KNOWN = Facts(
    now=NOW,
    kind="hello",
    queue="default",
    heart_timeout=15,
    job=WAITING,
    workers=[WORKER],
    times={"hello": TEN},
)
PAUSE = Pause("default", NOW - timedelta(hours=1), "ada", "the disk is full")
LATER, EARLIER = NOW + timedelta(minutes=5), NOW - timedelta(minutes=5)
UNSENT = replace(WAITING, sent_at=None, submitted_at=NOW - timedelta(seconds=2))
REFUSED = replace(UNSENT, submitted_at=NOW - timedelta(seconds=61))


def running(number: int, seconds: float = 4, kind: str = "hello") -> Sequence[Running]:
    return [Running(kind, "w", NOW - timedelta(seconds=seconds))] * number


BUSY = replace(KNOWN, running=running(2))
LIMITED = replace(
    KNOWN, job=replace(UNSENT, turn=Turn.HELD), turns=Turns("ada", limit=3, taken=3, before=0)
)
SILENCE = replace(KNOWN, broker_silent_since=EARLIER)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (KNOWN, Reason.NEXT),
        (replace(KNOWN, job=None), Reason.NEXT),
        (replace(KNOWN, running=running(1)), Reason.NEXT),
        (replace(KNOWN, running=running(1), line=Line(1, ["hello"])), Reason.LINE),
        (BUSY, Reason.BUSY),
        (replace(BUSY, job=None), Reason.BUSY),
        (replace(KNOWN, job=replace(WAITING, due_at=LATER)), Reason.SCHEDULED),
        (
            replace(KNOWN, job=replace(WAITING, state=State.RETRY, due_at=LATER, attempt=1)),
            Reason.RETRY,
        ),
        # A crash frees a job for later, too, and it stays PENDING.
        (replace(KNOWN, job=replace(WAITING, due_at=LATER, attempt=1)), Reason.RETRY),
        (replace(KNOWN, job=replace(WAITING, due_at=EARLIER)), Reason.NEXT),
        (replace(KNOWN, job=UNSENT), Reason.SENDING),
        (replace(KNOWN, job=REFUSED), Reason.REFUSED),
        (replace(KNOWN, job=replace(REFUSED, due_at=NOW)), Reason.SENDING),
        # Its turn may have come just now.
        (replace(KNOWN, job=replace(REFUSED, turn=Turn.TAKEN)), Reason.SENDING),
        (replace(KNOWN, job=UNSENT, workers=[]), Reason.UNSENT),
        (replace(KNOWN, job=UNSENT, workers=[SILENT]), Reason.UNSENT),
        (replace(KNOWN, job=UNSENT, workers=[ELSEWHERE]), Reason.NO_WORKER),
        (replace(SILENCE, job=UNSENT), Reason.BROKER),
        (LIMITED, Reason.OWN_LIMIT),
        (replace(LIMITED, job=None), Reason.OWN_LIMIT),
        # The clock sees in a moment that it may go.
        (replace(LIMITED, turns=Turns("ada", 3, 2, 0)), Reason.SENDING),
        (replace(LIMITED, turns=Turns("ada", 3, 2, 1)), Reason.OWN_LIMIT),
        # Nobody has tried to send it, and so RabbitMQ has not refused it.
        (replace(LIMITED, workers=[]), Reason.NO_WORKER),
        (replace(LIMITED, broker_silent_since=EARLIER), Reason.BROKER),
        (replace(LIMITED, pause=PAUSE), Reason.PAUSED),
        (SILENCE, Reason.BROKER),
        (replace(SILENCE, job=None), Reason.BROKER),
        (replace(SILENCE, running=running(2)), Reason.BROKER),
        (replace(SILENCE, workers=[ELSEWHERE]), Reason.BROKER),
        # Without a worker nobody has asked RabbitMQ since.
        (replace(SILENCE, workers=[]), Reason.NO_WORKER),
        (replace(KNOWN, pause=PAUSE), Reason.PAUSED),
        (replace(KNOWN, pause=PAUSE, job=None), Reason.PAUSED),
        (replace(BUSY, pause=PAUSE), Reason.PAUSED),
        (replace(SILENCE, pause=PAUSE), Reason.BROKER),
        (replace(KNOWN, pause=PAUSE, job=replace(WAITING, due_at=LATER)), Reason.SCHEDULED),
        (replace(KNOWN, workers=[]), Reason.NO_WORKER),
        (replace(KNOWN, workers=[ELSEWHERE]), Reason.NO_WORKER),
        (replace(KNOWN, job=None, workers=[ELSEWHERE]), Reason.NO_WORKER),
        (replace(KNOWN, workers=[SILENT]), Reason.SILENT),
        (replace(KNOWN, workers=[ELSEWHERE, SILENT]), Reason.SILENT),
        # It was told to stop, and has: that is not a heart that stopped.
        (replace(KNOWN, workers=[replace(SILENT, stopping_at=EARLIER)]), Reason.NO_WORKER),
        (replace(KNOWN, workers=[STOPPING]), Reason.STOPPING),
        (replace(KNOWN, workers=[DRAINING]), Reason.DRAINING),
        (replace(KNOWN, workers=[DRAINING, STOPPING]), Reason.DRAINING),
        (replace(KNOWN, workers=[WORKER, replace(STOPPING, id="s")]), Reason.NEXT),
        (replace(KNOWN, workers=[replace(WORKER, concurrency=0)]), Reason.BUSY),
    ],
)
def test_the_first_reason_that_holds_is_told(facts: Facts, reason: Reason) -> None:
    assert outlook(facts).reason is reason


@pytest.mark.parametrize("reason", list(Reason))
def test_only_what_moves_has_an_estimate(reason: Reason) -> None:
    held_up = {
        Reason.NO_KIND: replace(KNOWN, gone=True),
        Reason.SCHEDULED: replace(KNOWN, job=replace(WAITING, due_at=LATER)),
        Reason.RETRY: replace(KNOWN, job=replace(WAITING, due_at=LATER, attempt=1)),
        Reason.UNSENT: replace(KNOWN, job=UNSENT, workers=[]),
        Reason.REFUSED: replace(KNOWN, job=REFUSED),
        Reason.NO_WORKER: replace(KNOWN, workers=[]),
        Reason.SILENT: replace(KNOWN, workers=[SILENT]),
        Reason.STOPPING: replace(KNOWN, workers=[STOPPING]),
        Reason.DRAINING: replace(KNOWN, workers=[DRAINING]),
        Reason.BROKER: SILENCE,
        Reason.PAUSED: replace(KNOWN, pause=PAUSE),
        Reason.OWN_LIMIT: LIMITED,
    }
    moving = {
        Reason.SENDING: replace(KNOWN, job=UNSENT),
        Reason.BUSY: BUSY,
        Reason.LINE: replace(KNOWN, line=Line(5, ["hello"] * 5)),
        Reason.NEXT: KNOWN,
    }
    seen = outlook((held_up | moving)[reason])
    assert seen.reason is reason
    assert seen.held_up is (reason in held_up)
    assert (seen.estimate is None) is (reason in held_up)


def test_an_estimate_counts_what_runs_and_what_is_before() -> None:
    seen = outlook(replace(BUSY, line=Line(2, ["hello", "hello"])))
    assert seen.place == 3
    assert seen.processes == 2
    assert seen.busy == {"hello": 2}
    assert seen.estimate is not None
    assert seen.estimate.starts_in == 16  # 6 s are left of two, then two of 10 s.
    assert seen.estimate.done_in == 26
    assert (seen.estimate.margin, seen.estimate.checked) == (None, 0)


def test_a_margin_comes_from_past_estimates_and_is_added_to_the_end() -> None:
    seen = outlook(replace(BUSY, past=[Checked(6, 8)] * ENOUGH))
    assert seen.estimate is not None
    assert (seen.estimate.starts_in, seen.estimate.margin) == (6, 2)
    assert seen.estimate.done_in == 18


def test_of_a_kind_that_never_ran_only_the_start_is_foreseen() -> None:
    seen = outlook(replace(BUSY, kind="new"))
    assert seen.typical is None
    assert seen.estimate is not None
    assert (seen.estimate.starts_in, seen.estimate.done_in) == (6, None)


@pytest.mark.parametrize(
    "facts",
    [
        replace(KNOWN, running=running(2, kind="new")),
        replace(BUSY, line=Line(1, ["new"])),
        replace(BUSY, line=Line(30, [], {"new": 30})),
    ],
)
def test_behind_a_kind_that_never_ran_nothing_is_foreseen(facts: Facts) -> None:
    seen = outlook(facts)
    assert seen.lacking == ("new",)
    assert seen.estimate is None


def test_behind_more_jobs_than_are_counted_nothing_is_foreseen() -> None:
    endless = Line(100_000, ["hello"] * 25, {"hello": 99_975}, more=True)
    seen = outlook(replace(BUSY, line=endless))
    assert (seen.more, seen.estimate) == (True, None)
    assert outlook(replace(BUSY, line=replace(endless, more=False))).estimate is not None


def test_a_free_process_does_not_care_what_the_others_run() -> None:
    seen = outlook(replace(KNOWN, running=running(1, kind="new")))
    assert seen.lacking == ()
    assert seen.estimate is not None
    assert seen.estimate.starts_in == 0


def test_a_job_that_rabbitmq_does_not_have_has_no_place() -> None:
    assert outlook(replace(KNOWN, job=UNSENT, line=Line(4, ["hello"] * 4))).place is None
    assert outlook(replace(LIMITED, job=None, line=Line(4, ["hello"] * 4))).place is None
    assert outlook(replace(KNOWN, job=replace(WAITING, due_at=LATER))).place is None
    assert outlook(replace(KNOWN, job=None, line=Line(4, ["hello"] * 4))).place == 5


def test_workers_that_do_not_take_its_jobs_do_not_listen() -> None:
    others = [replace(STOPPING, id="s"), replace(DRAINING, id="d"), replace(SILENT, id="x")]
    seen = outlook(replace(KNOWN, workers=[WORKER, ELSEWHERE, *others]))
    assert [one.id for one in seen.listening] == ["w"]
    assert [one.id for one in seen.draining] == ["d"]
    assert seen.processes == 2


def test_what_other_workers_run_does_not_count() -> None:
    theirs = [Running("hello", "e", EARLIER)] * 2
    assert outlook(replace(KNOWN, running=theirs)).busy == {}


def test_a_worker_that_is_back_under_its_name_is_not_missed() -> None:
    gone = replace(SILENT, id="old")
    assert outlook(replace(KNOWN, workers=[WORKER, gone])).silent == ()
    other = replace(gone, name="worker-3@there")
    assert [one.id for one in outlook(replace(KNOWN, workers=[WORKER, other])).silent] == ["old"]


@pytest.mark.parametrize(
    ("facts", "since"),
    [
        (KNOWN, WAITING.sent_at),
        (replace(KNOWN, job=None), None),
        (SILENCE, EARLIER),
        (replace(KNOWN, pause=PAUSE), PAUSE.at),
        (replace(KNOWN, workers=[SILENT]), SILENT.beat_at),
        (replace(KNOWN, job=UNSENT), UNSENT.submitted_at),
        (replace(KNOWN, job=replace(UNSENT, due_at=NOW)), NOW),
    ],
)
def test_it_is_told_since_when(facts: Facts, since: datetime | None) -> None:
    assert outlook(facts).since == since


def test_the_time_that_is_waited_for_is_told() -> None:
    seen: Outlook = outlook(replace(KNOWN, job=replace(WAITING, due_at=LATER)))
    assert seen.until == LATER
    assert outlook(replace(KNOWN, job=replace(WAITING, due_at=EARLIER))).until is None
