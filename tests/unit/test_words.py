"""What the pages say of each state, and how they write times and sizes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ledger.record import Attempt, Cause, Ending, Error, Job, Progress, State
from webapp import words

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=5)
LATER = NOW + timedelta(minutes=5)

WAITING = Job(
    id="1",
    kind="hello",
    inputs={},
    owner="ada",
    queue="default",
    priority=0,
    batch=None,
    state=State.PENDING,
    cause=None,
    attempt=0,
    revision=0,
    due_at=None,
    submitted_at=EARLIER,
    sent_at=EARLIER,
    started_at=None,
    finished_at=None,
    cancel_requested_at=None,
    worker=None,
    progress=Progress(),
    result=None,
    error=None,
)
RUNNING = replace(WAITING, state=State.STARTED, attempt=1, started_at=EARLIER, worker="w")
SUCCEEDED = replace(RUNNING, state=State.SUCCESS, finished_at=NOW)
FAILED = replace(SUCCEEDED, state=State.FAILURE, cause=Cause.ERROR, error=Error("E", "no"))


def attempt(number: int, ending: Ending | None = None) -> Attempt:
    ended = None if ending is None else NOW
    return Attempt("1", number, "w", "worker-12@host", 7, "m", 0, EARLIER, ended, ending, "")


@pytest.mark.parametrize(
    ("job", "word"),
    [
        (WAITING, "Queued"),
        (replace(WAITING, due_at=LATER), "Scheduled"),
        (replace(WAITING, due_at=EARLIER), "Queued"),
        (replace(WAITING, sent_at=None), "Waiting for the broker"),
        (replace(WAITING, cancel_requested_at=NOW), "Stopping…"),
        (RUNNING, "Running"),
        (replace(RUNNING, cancel_requested_at=NOW), "Stopping…"),
        (replace(WAITING, state=State.RETRY, due_at=LATER), "Retrying"),
        (SUCCEEDED, "Succeeded"),
        (FAILED, "Failed"),
        (replace(FAILED, cause=Cause.TIMEOUT), "Timed out"),
        (replace(FAILED, cause=Cause.CRASHED), "Crashed (quarantined)"),
        (replace(SUCCEEDED, state=State.REVOKED), "Cancelled"),
        (replace(SUCCEEDED, state=State.REVOKED, cancel_requested_at=EARLIER), "Cancelled"),
    ],
)
def test_every_state_has_its_word(job: Job, word: str) -> None:
    assert words.label(job, NOW).word == word


@pytest.mark.parametrize(
    ("job", "attempts", "sentence"),
    [
        (WAITING, [], "In the queue since 01 Mar, 11:55:00 UTC, waiting for a worker."),
        (
            replace(WAITING, sent_at=None),
            [],
            "It is safe here, and is sent as soon as RabbitMQ takes it.",
        ),
        (replace(WAITING, due_at=LATER), [], "It starts at 01 Mar, 12:05:00 UTC."),
        (
            replace(WAITING, state=State.RETRY, due_at=LATER, attempt=1),
            [attempt(1, Ending.RETRIED)],
            "Attempt 1 failed and is tried again. The next attempt starts at 01 Mar, 12:05:00 UTC.",
        ),
        (
            replace(WAITING, attempt=1),
            [attempt(1, Ending.CRASHED)],
            "Attempt 1 crashed its process. It is in the queue again, waiting for a worker.",
        ),
        (RUNNING, [attempt(1)], "Running on worker-12@host."),
        (
            replace(RUNNING, attempt=2),
            [attempt(1, Ending.LOST), attempt(2)],
            "Running on worker-12@host, attempt 2 (attempt 1 was lost with its worker).",
        ),
        (
            replace(RUNNING, cancel_requested_at=NOW),
            [attempt(1)],
            "Asked to stop, still running on worker-12@host.",
        ),
        (SUCCEEDED, [], "Finished at 01 Mar, 12:00:00 UTC after 5 min."),
        (
            replace(FAILED, attempt=3),
            [],
            "Ended with an error at 01 Mar, 12:00:00 UTC after 5 min, in attempt 3.",
        ),
        (
            replace(WAITING, state=State.REVOKED, finished_at=NOW),
            [],
            "Cancelled at 01 Mar, 12:00:00 UTC, before it ran.",
        ),
        (
            replace(WAITING, state=State.REVOKED, started_at=EARLIER, finished_at=NOW, attempt=1),
            [attempt(1, Ending.RETRIED)],
            "Cancelled at 01 Mar, 12:00:00 UTC, before attempt 2.",
        ),
        (
            replace(SUCCEEDED, state=State.REVOKED),
            [replace(attempt(1, Ending.CANCELLED), note="Stopped at 62 % after 3 s.")],
            "Cancelled at 01 Mar, 12:00:00 UTC. Stopped at 62 % after 3 s.",
        ),
    ],
)
def test_a_sentence_says_why(job: Job, attempts: list[Attempt], sentence: str) -> None:
    assert words.why(job, attempts, NOW).striptags() == sentence


def test_a_workers_name_cannot_bring_markup_into_the_sentence() -> None:
    evil = replace(attempt(1), worker_name="<script>")
    assert "<script>" not in words.why(RUNNING, [evil], NOW)


@pytest.mark.parametrize("ending", list(Ending))
def test_every_ending_has_a_label(ending: Ending) -> None:
    assert words.ending(attempt(1, ending)).word


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0.00 s"),
        (0.04, "0.04 s"),
        (1.42, "1.4 s"),
        (9.94, "9.9 s"),
        (12, "12 s"),
        (60, "1 min"),
        (192, "3 min 12 s"),
        (3600 * 2 + 300, "2 h 5 min"),
        (86_400 * 3 + 3600 * 4 + 59, "3 d 4 h"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float, text: str) -> None:
    assert words.duration(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2024, "2024"),
        (12_345, "12,345"),
        (-12_345, "-12,345"),
        (0.98123456, "0.981235"),
        (3.0, "3"),
    ],
)
def test_numbers_are_grouped_from_ten_thousand_on(value: float, text: str) -> None:
    assert words.number(value) == text


def test_an_estimate_waits_until_it_is_more_than_a_guess() -> None:
    def left(done: float, seconds: float, begun: float = 0) -> timedelta | None:
        started = NOW - timedelta(seconds=seconds)
        job = replace(RUNNING, started_at=started, progress=Progress(done, 100, begun=begun))
        return words.remaining(job, NOW)

    assert left(25, 30) == timedelta(seconds=90)
    assert left(80, 30, begun=70) == timedelta(seconds=60)
    assert left(72, 30, begun=70) is None
    assert left(1, 30) is None
    assert left(25, 1) is None
    assert words.remaining(RUNNING, NOW) is None
    assert words.remaining(SUCCEEDED, NOW) is None
    far = replace(RUNNING, progress=Progress(50, 100))
    assert words.remaining(far, NOW) == timedelta(minutes=5)
    assert words.remaining(replace(far, cancel_requested_at=NOW), NOW) is None


def test_columns_come_in_the_order_of_their_first_record() -> None:
    assert words.columns([{"b": 1, "a": 2}, {"c": 3, "a": 4}]) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-0.4, "now"),
        (1.2, "a second ago"),
        (119, "119 seconds ago"),
        (5400, "90 minutes ago"),
        (16 * 86_400, "16 days ago"),
        (400 * 86_400, "13 months ago"),
        (800 * 86_400, "2 years ago"),
    ],
)
def test_an_age_is_told_in_the_largest_unit_that_does_not_round_it_away(
    seconds: float, said: str
) -> None:
    told = words.ago(NOW - timedelta(seconds=seconds), NOW)
    assert told.striptags() == said
    assert f'data-ago="{seconds:.1f}"' in told
