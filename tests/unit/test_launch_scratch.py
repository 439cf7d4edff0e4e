"""Where tests write: in memory if there is plenty, else wherever temporary files go."""

from pathlib import Path

import pytest

from launch.scratch import scratch


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMPDIR", raising=False)


def test_the_folder_is_gone_afterwards_with_all_that_is_in_it(tmp_path: Path) -> None:
    with scratch(tmp_path, room=1) as folder:
        assert folder is not None
        Path(folder, "written").write_text("by a test", encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_where_there_is_too_little_room_there_is_none(tmp_path: Path) -> None:
    with scratch(tmp_path, room=2**60) as folder:
        assert folder is None
    with scratch(tmp_path / "not there", room=1) as folder:
        assert folder is None


def test_who_says_where_temporary_files_go_is_heeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", "/var/tmp")  # noqa: S108 - it is not written to
    with scratch(tmp_path, room=1) as folder:
        assert folder is None
