"""What failures have in common is said where chance would hardly do the same, and no secret is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ledger.causes import Reason
from ledger.failed_jobs import Sampled
from ledger.record import Cause
from ledger.settings import Settings
from tests.web.everything import EVERYTHING
from webapp.likeness import Likeness, likenesses
from webapp.questions import questions
from webapp.repairs import repair


def job(owner: str = "ada", worker: str = "one", **inputs: Any) -> Sampled:
    return Sampled(inputs, owner, worker, datetime(2026, 1, 1, tzinfo=UTC))


def compared(failed: list[Sampled], succeeded: list[Sampled]) -> list[Likeness]:
    return likenesses(failed, succeeded, questions(EVERYTHING.inputs), EVERYTHING.secrets)


def apart(failed: list[Sampled], succeeded: list[Sampled]) -> list[tuple[str, str]]:
    return [(one.of, one.words) for one in compared(failed, succeeded) if one.apart]


def people(number: int) -> str:
    return f"p{number % 3}"


def test_a_value_that_successes_hardly_have_sets_apart() -> None:
    failed = [job(people(n), size="large", number=n) for n in range(143)]
    succeeded = [job(people(n), size="large" if n < 2 else "small", number=n) for n in range(100)]

    first, *_rest = compared(failed, succeeded)

    assert first == Likeness("Size", "large", 1.0, 0.02, apart=True)


def test_what_successes_have_too_sets_nothing_apart() -> None:
    some = [job(people(n), size="small", number=n % 7) for n in range(50)]

    assert apart(some, some) == []
    assert ("Size", "small") in {(one.of, one.words) for one in compared(some, some)}


def test_of_one_failure_nothing_is_said_that_could_be_chance() -> None:
    succeeded = [job(people(n), size="small" if n % 2 else "large", number=n) for n in range(50)]

    assert apart([job("p1", size="large", number=7)], succeeded) == []
    assert apart([job("p1", size="large")], []) == []
    assert compared([], succeeded) == []


@pytest.mark.parametrize("secret", ["hunter2", None])
def test_a_secret_is_neither_shown_nor_compared(secret: str | None) -> None:
    failed = [job(password=secret, text="x") for _ in range(20)]
    succeeded = [job(password="other", text="x") for _ in range(20)]  # noqa: S106 - made up

    told = str(compared(failed, succeeded))

    assert "hunter2" not in told
    assert "Password" not in told


def test_numbers_files_and_workers_set_apart_too() -> None:
    def file(suffix: str, size: int) -> dict[str, Any]:
        return {"name": f"a{suffix}", "size": size, "sha256": "0", "id": "f"}

    failed = [
        job(people(n), "bad", number=500 + n, table=file(".PARQUET", 9_000_000 + n))
        for n in range(20)
    ]
    succeeded = [
        job(people(n), "good", number=n, table=file(".csv", 1_000 + n)) for n in range(200)
    ]

    assert set(apart(failed, succeeded)) == {
        ("Ran on", "bad"),
        ("Table", "a file *.parquet"),
        ("Number", "500 or more"),
        ("Table, largest file", "9.0 MB or more"),
    }


@pytest.mark.parametrize(
    ("cause", "error_type", "message", "said"),
    [
        (Cause.CRASHED, "Crashed", "Its process died: signal <number> (SIGKILL).", "MAX_MEMORY"),
        (Cause.CRASHED, "Crashed", "Its process died: signal <number> (SIGSEGV).", "not written"),
        (Cause.CRASHED, "Crashed", "Its process died: exitcode <number>.", "by itself"),
        (Cause.CRASHED, "Crashed", "Its worker vanished: no beat.", "MAX_LOSSES"),
        (Cause.TIMEOUT, "TimeLimitExceeded", "", "time_limit (now 1 min)"),
        (Cause.TIMEOUT, "AcknowledgementTimeout", "", "ACK_TIMEOUT (now 30 min)"),
        (Cause.ERROR, "MemoryError", "", "raise MAX_MEMORY"),
        (Cause.ERROR, "OSError", "No space left on device", "Make room"),
        (Cause.ERROR, "ValueError", "no", ""),
    ],
)
def test_a_repair_names_the_setting(cause: Cause, error_type: str, message: str, said: str) -> None:
    settings = Settings(max_memory=2_000_000_000)

    told = repair(Reason("everything", cause, error_type, message, ""), EVERYTHING, settings)

    assert said in told
    assert bool(said) == bool(told)
