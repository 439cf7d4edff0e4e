"""A ZIP that is written while it is sent: its names, its length, and what it does without."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger import Ledger, Settings
from ledger.errors import StorageError
from ledger.files import key_of, media_type
from ledger.record import StoredFile
from webapp.archives import GONE, LONGEST, WORTH_IT, archive, names_for


@pytest.fixture(params=["folder", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    """A ledger that keeps files in a folder, or where only fsspec reaches."""
    url = str(tmp_path / "storage") if request.param == "folder" else f"memory://{tmp_path.name}"
    opened = Ledger(Settings(postroom_var=tmp_path, storage_url=url))
    yield opened
    opened.close()


def file(name: str, size: int = 1, number: int = 0) -> StoredFile:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return StoredFile(f"{number}{name}", "j", 1, "ada", name, media_type(name), size, "", now)


def put(ledger: Ledger, file: StoredFile, content: bytes) -> None:
    """Make this the bytes that the storage has of a file."""
    path = Path(ledger.settings.postroom_var) / "made"
    path.write_bytes(content)
    ledger.files._storage.keep(path, key_of(file))  # noqa: SLF001 - a test looks inside


def stored(ledger: Ledger, **contents: bytes) -> list[StoredFile]:
    """Put files into the storage, called like the arguments, with dots for underscores."""
    files = []
    for number, (name, content) in enumerate(contents.items()):
        files.append(replace(file(name.replace("_", "."), len(content)), id=str(number)))
        put(ledger, files[-1], content)
    return files


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        assert opened.testzip() is None
        return {name: opened.read(name) for name in opened.namelist()}


def test_what_is_compressed_already_is_stored_so_that_the_length_is_known(ledger: Ledger) -> None:
    contents = {"a_png": b"\x89PNG" * 1000, "b_txt": b"words", "empty_bin": b""}
    made = archive(ledger.files, stored(ledger, **contents))
    data = b"".join(made.pieces)
    assert unpacked(data) == {"a.png": contents["a_png"], "b.txt": b"words", "empty.bin": b""}
    assert made.length == len(data)


def test_a_large_table_is_compressed_and_what_gains_nothing_is_not(ledger: Ledger) -> None:
    table = b"1,2,3\n" * (WORTH_IT // 6 + 1)
    made = archive(ledger.files, stored(ledger, big_csv=table, big_jpg=table))
    data = b"".join(made.pieces)
    assert unpacked(data) == {"big.csv": table, "big.jpg": table}
    assert len(table) < len(data) < len(table) * 1.1
    assert made.length is None


def test_a_file_that_the_storage_has_lost_is_left_out_and_the_archive_says_so(
    ledger: Ledger,
) -> None:
    files = stored(ledger, a_txt=b"a", b_txt=b"b", MISSING_txt=b"mine")
    ledger.files.discard(files[:1])
    made = archive(ledger.files, files)
    data = b"".join(made.pieces)
    found = unpacked(data)
    assert b"a.txt  (1 bytes)" in found.pop(GONE)
    assert found == {"b.txt": b"b", "MISSING (2).txt": b"mine"}
    assert made.gone == files[:1]
    assert made.length == len(data)


def test_a_storage_that_has_nothing_left_gives_an_error_and_no_empty_archive(
    ledger: Ledger,
) -> None:
    files = stored(ledger, a_txt=b"a")
    ledger.files.discard(files)
    with pytest.raises(StorageError, match="none of these files"):
        archive(ledger.files, files)


@pytest.mark.parametrize("size", [1, WORTH_IT + 1])
def test_bytes_that_vanish_on_the_way_break_the_archive_off(ledger: Ledger, size: int) -> None:
    files = stored(ledger, a_txt=b"a" * 10, b_txt=b"b" * size)
    pieces = iter(archive(ledger.files, files).pieces)
    next(pieces)
    ledger.files.discard(files[1:])
    with pytest.raises(StorageError):
        list(pieces)


@pytest.mark.parametrize("size", [1, WORTH_IT + 1])
def test_a_file_that_has_shrunk_on_the_way_breaks_the_archive_off(
    ledger: Ledger, size: int
) -> None:
    files = stored(ledger, a_txt=b"a" * 10, b_txt=b"b" * size)
    pieces = iter(archive(ledger.files, files).pieces)
    next(pieces)
    put(ledger, files[1], b"")
    with pytest.raises(StorageError, match="changed"):
        list(pieces)


def test_names_are_safe_on_every_system_and_no_two_are_alike() -> None:
    given = ["a.txt", "A.TXT", "a.txt", "x/../../etc", "con", 'b:"?.csv', "..", "e\u0301", "\u00e9"]
    assert names_for([file(name, number=n) for n, name in enumerate(given)]) == [
        "a.txt",
        "A (2).TXT",
        "a (3).txt",
        "etc",
        "con_",
        "b___.csv",
        "unnamed",
        "e\u0301",
        "\u00e9 (2)",
    ]


def test_a_name_fits_a_file_system_with_its_suffix_and_its_number() -> None:
    long = "ü" * 250 + ".csv"
    names = names_for([file(long, number=n) for n in range(12)])
    assert len(set(names)) == 12
    assert all(len(name.encode()) <= LONGEST and name.endswith(".csv") for name in names)


def test_nothing_that_turns_the_text_around_hides_in_a_name() -> None:
    assert names_for([file("rtl-\u202egpj.exe"), file("two\nlines.txt")]) == [
        "rtl-gpj.exe",
        "twolines.txt",
    ]
