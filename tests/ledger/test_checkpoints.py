"""Files that attempts keep: there for the next, out of reach of a fenced one, gone at the end."""

from pathlib import Path

import pytest

from ledger import Ledger
from ledger.checkpoints import Checkpoint
from ledger.errors import ClaimLost, LedgerUnavailable, StorageError
from ledger.outcome import Outcome
from ledger.record import JSON, Ending, State
from tasks.chores import Chores
from tests.ledger.conftest import OwnTime, claimed, submit

SUCCESS = Outcome(State.SUCCESS, Ending.SUCCEEDED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "attempt"
    made.mkdir()
    return made


def keep(ledger: Ledger, checkpoint: Checkpoint, state: JSON, folder: Path, **files: str) -> None:
    paths = [folder / name for name in files]
    for path, text in zip(paths, files.values(), strict=True):
        path.write_text(text, encoding="utf-8")
    ledger.checkpoints.keep(checkpoint, state, paths, folder)


def text(ledger: Ledger, checkpoint: Checkpoint, name: str, folder: Path) -> str:
    return ledger.checkpoints.local(checkpoint, name, folder).read_text(encoding="utf-8")


def stored(ledger: Ledger) -> list[str]:
    kept = Path(ledger.settings.storage_url) / "kept"
    return sorted(path.read_text(encoding="utf-8") for path in kept.rglob("*") if path.is_file())


def test_the_next_attempt_has_the_state_and_every_file(ledger: Ledger, folder: Path) -> None:
    job = submit(ledger)
    first = Checkpoint(claimed(ledger, job))
    keep(ledger, first, {"done": 1}, folder, a="1")
    keep(ledger, first, {"done": 2}, folder, b="2")

    second = Checkpoint(claimed(ledger, job, "m1", 1))
    keep(ledger, second, {"done": 3}, folder, c="3")

    third = Checkpoint(claimed(ledger, job, "m1", 2))
    assert third.state == {"done": 3}
    assert [text(ledger, third, name, folder) for name in "abc"] == ["1", "2", "3"]


def test_a_file_of_the_same_name_takes_the_place_of_the_first(ledger: Ledger, folder: Path) -> None:
    job = submit(ledger)
    first = Checkpoint(claimed(ledger, job))
    keep(ledger, first, 1, folder, a="old")
    keep(ledger, first, 2, folder, a="new")

    assert text(ledger, Checkpoint(claimed(ledger, job, "m1", 1)), "a", folder) == "new"
    assert stored(ledger) == ["new"]


def test_what_a_fenced_attempt_keeps_is_never_taken_up(ledger: Ledger, folder: Path) -> None:
    job = submit(ledger)
    old = Checkpoint(claimed(ledger, job))
    keep(ledger, old, 1, folder, a="good")
    new = Checkpoint(claimed(ledger, job, "m1", 1))

    with pytest.raises(ClaimLost):
        keep(ledger, old, "late", folder, a="garbage", b="garbage")

    assert text(ledger, new, "a", folder) == "good"
    following = Checkpoint(claimed(ledger, job, "m1", 2))
    assert (following.state, set(following.files)) == (1, {"a"})
    assert stored(ledger) == ["good"]


def test_what_a_ledger_that_was_away_missed_is_brought_along_by_the_next(
    ledger: Ledger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = submit(ledger)
    first = Checkpoint(claimed(ledger, job))

    def away(*_: object) -> None:
        raise LedgerUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.attempts, "checkpoint", away)
        with pytest.raises(LedgerUnavailable):
            keep(ledger, first, 1, folder, a="1")
    keep(ledger, first, 2, folder, b="2")

    assert set(Checkpoint(claimed(ledger, job, "m1", 1)).files) == {"a", "b"}


def test_a_storage_that_refuses_leaves_the_checkpoint_as_it_was(
    ledger: Ledger, folder: Path
) -> None:
    job = submit(ledger)
    first = Checkpoint(claimed(ledger, job))
    keep(ledger, first, 1, folder, a="1")

    with pytest.raises(StorageError):
        ledger.checkpoints.keep(first, 2, [folder / "never written"], folder)

    assert first.state == 1
    assert Checkpoint(claimed(ledger, job, "m1", 1)).state == 1


@pytest.mark.parametrize("end", ["succeeded", "cancelled while it waited"])
def test_the_files_go_when_the_job_has_ended_however_it_ended(
    ledger: Ledger, folder: Path, end: str
) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    keep(ledger, Checkpoint(claim), 1, folder, a="1")
    going_on = Checkpoint(claimed(ledger, submit(ledger), "m2"))
    keep(ledger, going_on, 1, folder, b="of a job that runs")
    assert ledger.checkpoints.forget_settled(9) == 0

    if end == "succeeded":
        ledger.attempts.settle(claim, SUCCESS)
    else:
        ledger.attempts.settle(claim, Outcome(State.PENDING, Ending.INTERRUPTED))
        ledger.jobs.request_cancel(job)

    assert ledger.checkpoints.forget_settled(9) == 1
    assert ledger.checkpoints.forget_settled(9) == 0
    assert stored(ledger) == ["of a job that runs"]
    assert text(ledger, going_on, "b", folder) == "of a job that runs"


class Silent:
    """Stands for a publisher whose queues are empty."""

    def take(self, *_: object) -> None: ...


def test_a_workers_clock_sees_to_it(ledger: Ledger, folder: Path) -> None:
    claim = claimed(ledger, submit(ledger))
    keep(ledger, Checkpoint(claim), 1, folder, a="1")
    ledger.attempts.settle(claim, SUCCESS)

    Chores(ledger, Silent(), {}, "one", "dead").do(0)  # type: ignore[arg-type]  # all that is asked of it

    assert stored(ledger) == []


def test_what_a_fenced_attempt_left_goes_with_the_old_job(
    ledger: Ledger, time: OwnTime, folder: Path
) -> None:
    claim = claimed(ledger, submit(ledger))
    keep(ledger, Checkpoint(claim), 1, folder, a="1")
    ledger.attempts.settle(claim, SUCCESS)
    time.passes(100)

    assert ledger.retention.forget_jobs(50, 9) == 1
    assert stored(ledger) == []
