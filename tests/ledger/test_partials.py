"""Uploads in several requests: on both databases, in a folder and in pieces."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest

from ledger import Ledger
from ledger import growing as pieces
from ledger.errors import NoSuchFile, StorageError, UploadBusy
from ledger.partial_rows import ABANDONED_AFTER, LEASE, Partial
from ledger.partials import Partials
from ledger.storage import Storage
from tests.ledger.conftest import OwnTime

DATA = bytes(range(256)) * 40


@pytest.fixture(params=["folder", "pieces"])
def process(
    request: pytest.FixtureRequest,
    ledger: Ledger,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Callable[[], Partials]]:
    """What each process has of its own: over a folder, or over pieces of a thousand bytes."""
    monkeypatch.setattr(pieces, "PIECE", 1000)
    url = str(tmp_path / "storage") if request.param == "folder" else "memory://storage"

    def process() -> Partials:
        return Partials(ledger.database, Storage(url))

    yield process
    if request.param == "pieces":
        memory = fsspec.filesystem("memory")
        memory.store.clear()
        memory.pseudo_dirs[:] = [""]


@pytest.fixture
def partials(process: Callable[[], Partials]) -> Partials:
    return process()


def begun(partials: Partials, data: bytes = DATA) -> Partial:
    return partials.rows.begin("ada", "data.bin", len(data), "filename ZA==")


def sent(partials: Partials, partial: Partial, part: bytes) -> None:
    with partials.turn(partial) as turn:
        for at in range(0, len(part), 700):
            turn.write(part[at : at + 700])


def finished(partials: Partials, partial: Partial) -> str:
    with partials.turn(partial) as turn:
        return turn.finish().sha256


def test_an_upload_of_nothing_is_a_file_without_a_byte(
    ledger: Ledger, process: Callable[[], Partials], partials: Partials
) -> None:
    partial = begun(partials, b"")
    assert finished(partials, partial) == hashlib.sha256(b"").hexdigest()
    assert ledger.files.uploads([partial.id], "ada")[partial.id].size == 0
    assert b"".join(process().growing(partial).read()) == b""


def test_an_upload_in_several_requests_is_the_file_that_was_sent(
    ledger: Ledger, partials: Partials
) -> None:
    partial = begun(partials)
    for begin, end in ((0, 1), (1, 2500), (2500, 3000), (3000, len(DATA))):
        sent(partials, partial, DATA[begin:end])
        assert partials.stored(partial) == end
    assert finished(partials, partial) == hashlib.sha256(DATA).hexdigest()
    file = ledger.files.uploads([partial.id], "ada")[partial.id]
    assert (file.name, file.size, file.job) == ("data.bin", len(DATA), None)
    with pytest.raises(NoSuchFile):
        partials.rows.get(partial.id, "ada")


def test_another_process_goes_on_where_one_ended_and_knows_the_digest(
    process: Callable[[], Partials],
) -> None:
    partials, other = process(), process()
    partial = begun(partials)
    sent(partials, partial, DATA[:4321])
    sent(other, partial, DATA[4321:])
    assert finished(other, partial) == hashlib.sha256(DATA).hexdigest()


def test_only_one_request_writes_at_a_time(partials: Partials) -> None:
    partial = begun(partials)
    with partials.turn(partial) as turn:
        turn.write(b"x")
        with pytest.raises(UploadBusy), partials.turn(partial):
            pass
    sent(partials, partial, b"y")


def test_a_writer_that_died_keeps_others_out_for_moments_only(
    partials: Partials, time: OwnTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = begun(partials)
    dead = partials.turn(partial)
    turn = dead.__enter__()
    turn.write(DATA[:2500])
    stored = partials.stored(partial)
    time.passes(LEASE + 1)
    with partials.turn(partial) as successor:
        assert successor.offset == stored
        successor.write(DATA[stored:])
        # The old one comes back, and is told so when it speaks to the ledger next.
        monkeypatch.setattr("ledger.partials.RENEW_EVERY", -1)
        with pytest.raises(UploadBusy):
            turn.write(DATA[2500:])
        assert successor.finish().sha256 == hashlib.sha256(DATA).hexdigest()


def test_what_a_late_writer_still_stores_does_no_harm(partials: Partials, time: OwnTime) -> None:
    partial = begun(partials)
    late = partials.turn(partial)
    turn = late.__enter__()
    turn.write(DATA[:1500])
    time.passes(LEASE + 1)
    offset = partials.stored(partial)
    with partials.turn(partial) as successor:
        successor.write(DATA[offset:4000])
    turn.close()
    assert partials.stored(partial) == 4000
    with partials.turn(partial) as successor:
        successor.write(DATA[4000:])
        assert successor.finish().sha256 == hashlib.sha256(DATA).hexdigest()


def test_to_finish_twice_is_to_finish_once(process: Callable[[], Partials]) -> None:
    """As after a death between the last byte's place in the storage and its row."""
    partials, other = process(), process()
    partial = begun(partials)
    sent(partials, partial, DATA)
    partials.growing(partial).finish()
    assert partials.stored(partial) == len(DATA)
    assert finished(other, partial) == hashlib.sha256(DATA).hexdigest()


def test_a_removed_upload_leaves_nothing(partials: Partials) -> None:
    partial = begun(partials)
    sent(partials, partial, DATA[:1234])
    partials.discard(partial)
    assert partials.stored(partial) == 0
    with pytest.raises(NoSuchFile):
        partials.rows.get(partial.id, "ada")


def test_uploads_that_nobody_goes_on_with_are_removed_after_a_day(
    partials: Partials, time: OwnTime
) -> None:
    old, young = begun(partials), begun(partials)
    for one in (old, young):
        sent(partials, one, DATA[:100])
    time.passes(ABANDONED_AFTER - 1)
    sent(partials, young, DATA[100:200])
    time.passes(2)
    assert [partials.forget(ABANDONED_AFTER, 9) for _ in range(2)] == [1, 0]
    assert (partials.stored(old), partials.stored(young)) == (0, 200)


def test_nobody_else_can_send_or_see_an_upload(partials: Partials) -> None:
    partial = begun(partials)
    with pytest.raises(NoSuchFile):
        partials.rows.get(partial.id, "eve")


def test_a_storage_that_refuses_leaves_what_it_has(
    partials: Partials, monkeypatch: pytest.MonkeyPatch
) -> None:
    partial = begun(partials)
    sent(partials, partial, DATA[:2000])
    # Room for no more than that: the storage itself says no.
    refused = OSError(28, "No space left on device")

    def refuse(*_arguments: object) -> int:
        raise refused

    with monkeypatch.context() as patched:
        patched.setattr("os.pwrite", refuse)
        patched.setattr("fsspec.implementations.memory.MemoryFileSystem.pipe_file", refuse)
        with pytest.raises(StorageError, match="no room"):
            sent(partials, partial, DATA[2000:5000])
    assert partials.stored(partial) == 2000
    sent(partials, partial, DATA[2000:])
    assert finished(partials, partial) == hashlib.sha256(DATA).hexdigest()
