"""The storage's contract, in a folder and on a server that speaks S3."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import s3fs

from ledger import growing
from ledger.errors import StorageError, TooLarge
from ledger.storage import Storage
from tests.services.s3 import S3

MIB = 1 << 20
DATA = os.urandom(12 * MIB + 345)


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with S3() as server, pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)
        yield server


@pytest.fixture(params=["folder", "s3"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Storage]:
    if request.param == "folder":
        yield Storage(str(tmp_path / "storage"))
        return
    server: S3 = request.getfixturevalue("s3")
    s3fs.S3FileSystem.clear_instance_cache()
    yield Storage(server.bucket())
    s3fs.S3FileSystem.clear_instance_cache()


def written(storage: Storage, key: str, data: bytes) -> str:
    writer = storage.writer(key, "a file", len(data))
    for at in range(0, len(data), MIB):
        writer.write(data[at : at + MIB])
    measured = writer.finish()
    assert measured.size == len(data)
    return measured.sha256


@pytest.mark.parametrize("data", [b"1", DATA], ids=["small", "large"])
def test_what_is_written_is_read_again_whole_and_in_parts(storage: Storage, data: bytes) -> None:
    assert written(storage, "uploads/aa/1", data) == hashlib.sha256(data).hexdigest()
    with storage.open("uploads/aa/1") as file:
        assert file.read() == data
        file.seek(len(data) // 2)
        assert file.read(1000) == data[len(data) // 2 :][:1000]
        file.seek(-1, os.SEEK_END)
        assert file.read() == data[-1:]
    assert storage.sizes("uploads/aa") == {"uploads/aa/1": len(data)}


def test_a_file_above_its_limit_leaves_nothing(storage: Storage) -> None:
    writer = storage.writer("uploads/aa/1", "a file", len(DATA) - 1)
    writer.write(DATA[:-5])
    with pytest.raises(TooLarge):
        writer.write(DATA[-5:])
    assert storage.sizes("uploads/aa") == {}


def test_what_is_not_wanted_any_more_leaves_nothing(storage: Storage) -> None:
    writer = storage.writer("uploads/aa/1", "a file", len(DATA))
    writer.write(DATA)
    writer.discard()
    assert storage.sizes("uploads/aa") == {}


def test_a_local_file_is_taken_in_and_given_back(storage: Storage, tmp_path: Path) -> None:
    made = tmp_path / "made.bin"
    made.write_bytes(DATA)
    measured = storage.keep(made, "outputs/job/1/2")
    assert (measured.size, measured.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert not made.exists()
    assert storage.local("outputs/job/1/2", tmp_path).read_bytes() == DATA


def test_what_is_deleted_is_gone_and_to_delete_it_again_is_no_error(storage: Storage) -> None:
    for key in ("outputs/a/1/1", "outputs/a/1/2", "outputs/a/2/1", "outputs/b/1/1"):
        written(storage, key, b"1")
    for _ in range(2):
        storage.delete("outputs/a/2/1")
        storage.delete_all("outputs/a/1")
    assert storage.sizes("outputs/a/1") == storage.sizes("outputs/a/2") == {}
    assert storage.sizes("outputs/b/1") == {"outputs/b/1/1": 1}
    with pytest.raises(StorageError, match="no such file"):
        storage.open("outputs/a/1/1").read()


def test_a_file_grows_in_several_requests_and_is_one_file_in_the_end(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(growing, "PIECE", 5 * MIB)  # The smallest that S3 joins.
    for begin, end in (
        (0, 100),
        (100, 6 * MIB),
        (6 * MIB, 11 * MIB + 7),
        (11 * MIB + 7, len(DATA)),
    ):
        file = storage.growing("uploads/aa/1", len(DATA))
        assert file.stored() == begin
        place = file.end(begin)
        for at in range(begin, end, MIB):
            place.write(DATA[at : min(at + MIB, end)])
        place.close()
    file = storage.growing("uploads/aa/1", len(DATA))
    assert hashlib.sha256(b"".join(file.read())).digest() == hashlib.sha256(DATA).digest()
    for _ in range(2):
        file.finish()
        assert file.stored() == len(DATA)
    with storage.open("uploads/aa/1") as whole:
        assert whole.read() == DATA
    assert storage.sizes("partial/1") == {}
    file.discard()
    assert file.stored() == 0


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_named_and_not_made() -> None:
    missing = Storage("s3://misspelt/postroom")
    for _ in range(2):
        with pytest.raises(StorageError, match="bucket does not exist, which STORAGE_URL names"):
            written(missing, "uploads/aa/1", b"1")


def test_a_server_that_is_away_is_an_error_of_the_storage(
    s3: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3fs.S3FileSystem.clear_instance_cache()
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StorageError, match="The file storage does not work"):
        written(Storage("s3://bucket/postroom"), "uploads/aa/1", b"1")
    s3fs.S3FileSystem.clear_instance_cache()
    assert s3.port
