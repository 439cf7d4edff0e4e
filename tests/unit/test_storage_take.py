"""Files that are kept in a storage that is no folder of this machine."""

from pathlib import Path

import pytest

from ledger.storage import Storage


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(f"memory://{tmp_path}")


def test_the_process_that_gave_a_file_need_not_fetch_it(storage: Storage, tmp_path: Path) -> None:
    given = tmp_path / "part.zip"
    given.write_text("1")
    storage.take(given, "kept/job/1/a", tmp_path)
    given.write_text("the name is free for another file")
    storage.delete("kept/job/1/a")

    assert storage.local("kept/job/1/a", tmp_path).read_text() == "1"


def test_another_process_fetches_it_whole(storage: Storage, tmp_path: Path) -> None:
    given, elsewhere = tmp_path / "part.zip", tmp_path / "elsewhere"
    given.write_text("1")
    elsewhere.mkdir()
    storage.take(given, "kept/job/1/a", tmp_path)

    assert storage.local("kept/job/1/a", elsewhere).read_text() == "1"
    assert len(list(elsewhere.iterdir())) == 1
