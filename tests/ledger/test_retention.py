from pathlib import Path

import pytest

from ledger import Ledger
from ledger.errors import NoSuchJob
from ledger.outcome import Outcome
from ledger.record import Ending, LogLine, State, StoredFile
from tests.ledger.conftest import OwnTime, claimed, submit

DAY = 86_400


def upload(ledger: Ledger) -> StoredFile:
    writer = ledger.files.receive("a.csv", 100)
    writer.write(b"1")
    return ledger.files.accept(writer, "ada")


def ended(ledger: Ledger, time: OwnTime, folder: Path, file: StoredFile) -> str:
    job = submit(ledger, uploads=[file.id])
    claim = claimed(ledger, job)
    made = folder / "out.txt"
    made.write_text("x", encoding="utf-8")
    kept = ledger.files.keep_output(claim, made, time.now)
    line = LogLine(1, 1, time.now, "INFO", "a line")
    ledger.attempts.settle(
        claim, Outcome(State.SUCCESS, Ending.SUCCEEDED, outputs=[kept]), None, [line]
    )
    return job


def bytes_in(ledger: Ledger) -> int:
    return sum(path.is_file() for path in Path(ledger.settings.storage_url).rglob("*"))


def test_old_settled_jobs_go_with_log_files_and_uploads_and_others_stay(
    ledger: Ledger, time: OwnTime, tmp_path: Path
) -> None:
    shared = upload(ledger)
    old = [ended(ledger, time, tmp_path, upload(ledger)) for _ in range(3)]
    old.append(ended(ledger, time, tmp_path, shared))
    waiting = submit(ledger)
    time.passes(2 * DAY)
    young = ended(ledger, time, tmp_path, shared)

    assert [ledger.retention.forget_jobs(DAY, limit=3) for _ in range(3)] == [3, 1, 0]
    assert [ledger.retention.forget_uploads(DAY, limit=2) for _ in range(3)] == [2, 1, 0]

    for job in old:
        with pytest.raises(NoSuchJob):
            ledger.jobs.get(job)
        assert list(ledger.logs.whole(job)) == []
        assert ledger.files.outputs_of(job) == []
    assert ledger.jobs.get(waiting).state is State.PENDING
    assert [file.name for file in ledger.files.outputs_of(young)] == ["out.txt"]
    assert ledger.files.uploads_of(young) == [shared]
    assert bytes_in(ledger) == 2


def test_old_dead_letters_go(ledger: Ledger, time: OwnTime) -> None:
    ledger.dead_letters.keep(None, "default", "rejected", {}, b"")
    time.passes(2 * DAY)
    ledger.dead_letters.keep(None, "default", "rejected", {}, b"")

    assert ledger.retention.forget_dead_letters(DAY) == 1
    assert len(ledger.dead_letters.newest(9)) == 1
