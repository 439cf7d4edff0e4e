from datetime import datetime
from pathlib import Path

import pytest

from ledger import Ledger
from ledger.errors import NotSettled, OverQuota
from ledger.outcome import Outcome
from ledger.quota import Kept, Quota
from ledger.record import Ending, State, StoredFile
from tests.ledger.conftest import OwnTime, claimed, submit


def upload(ledger: Ledger, size: int = 100, owner: str = "ada") -> StoredFile:
    writer = ledger.files.receive("a.csv", size)
    writer.write(b"x" * size)
    return ledger.files.accept(writer, owner)


def ended(ledger: Ledger, now: datetime, folder: Path, *uploads: StoredFile) -> str:
    """Run a job that makes a file of ten bytes."""
    job = submit(ledger, uploads=[file.id for file in uploads])
    claim = claimed(ledger, job)
    made = folder / "out.txt"
    made.write_bytes(b"0123456789")
    outputs = [ledger.files.keep_output(claim, made, now)]
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED, outputs=outputs))
    return job


def stored(ledger: Ledger) -> int:
    return sum(path.is_file() for path in Path(ledger.settings.storage_url).rglob("*"))


def test_uploads_whole_or_not_and_outputs_are_counted(
    ledger: Ledger, time: OwnTime, tmp_path: Path
) -> None:
    assert ledger.quota.used("ada") == 0
    ended(ledger, time.now, tmp_path, upload(ledger))
    ledger.partials.rows.begin("ada", "b.csv", 1000, "")
    upload(ledger, 5, owner="bob")
    assert (ledger.quota.used("ada"), ledger.quota.used("bob")) == (1110, 5)
    assert ledger.quota.used() == 1115


def test_a_person_and_all_have_limits_and_are_told_what_is_used(ledger: Ledger) -> None:
    upload(ledger, 600_000)
    upload(ledger, 300_000, owner="bob")
    quota = Quota(ledger.database, per_person=1_000_000, whole=1_200_000)
    quota.require("ada", 300_000)
    with pytest.raises(OverQuota, match=r"Your files take 0\.6 of 1\.0 MB, and this needs 0\.5 MB"):
        quota.require("ada", 500_000)
    with pytest.raises(OverQuota, match=r"The files of all people take 0\.9 of 1\.2 MB"):
        quota.require("bob", 400_000)
    Quota(ledger.database, 0, 0).require("ada", 10**15)


def test_the_largest_files_are_listed_with_the_jobs_that_have_them(
    ledger: Ledger, time: OwnTime, tmp_path: Path
) -> None:
    large = upload(ledger, 500)
    jobs = [ended(ledger, time.now, tmp_path, large) for _ in range(2)]
    upload(ledger, 50)
    assert ledger.quota.largest("ada") == [
        Kept("a.csv", 500, jobs[1]),
        Kept("a.csv", 50, None),
        *[Kept("out.txt", 10, job) for job in jobs],
    ]


def test_an_upload_that_broke_off_is_among_the_largest_with_all_of_its_size(ledger: Ledger) -> None:
    upload(ledger, 50)
    ledger.partials.rows.begin("ada", "film.mp4", 1000, "")
    ledger.partials.rows.begin("bob", "b.mp4", 2000, "")
    for _ in range(20):
        upload(ledger, 60)

    first, *others = ledger.quota.largest("ada")

    assert first == Kept("film.mp4", 1000, None, unfinished=True)
    assert [file.size for file in others] == [60] * 9


def test_the_files_of_a_job_go_and_what_another_job_was_given_stays(
    ledger: Ledger, time: OwnTime, tmp_path: Path
) -> None:
    own, shared = upload(ledger), upload(ledger)
    job = ended(ledger, time.now, tmp_path, own, shared)
    other = ended(ledger, time.now, tmp_path, shared)
    before = ledger.jobs.get(job).revision
    assert ledger.retention.forget_files(job) == 110
    assert ledger.files.outputs_of(job) == ledger.files.uploads_of(job) == []
    assert ledger.files.uploads_of(other) == [shared]
    assert stored(ledger) == 2
    assert ledger.jobs.get(job).revision > before
    assert ledger.retention.forget_files(job) == 0
    assert ledger.retention.forget_files(other) == 110
    assert (stored(ledger), ledger.quota.used("ada")) == (0, 0)


def test_a_job_that_has_not_ended_keeps_its_files(ledger: Ledger) -> None:
    file = upload(ledger)
    job = submit(ledger, uploads=[file.id])
    with pytest.raises(NotSettled):
        ledger.retention.forget_files(job)
    assert ledger.files.uploads_of(job) == [file]
