"""Where tests keep what need not outlive them: in memory if there is plenty."""

from pathlib import Path

from tests.services import memory


def test_where_there_is_room_there_is_a_place(tmp_path: Path) -> None:
    assert memory.place(tmp_path, room=1) == tmp_path


def test_where_there_is_too_little_there_is_none(tmp_path: Path) -> None:
    assert memory.place(tmp_path, room=2**60) is None
    assert memory.place(tmp_path / "not there", room=1) is None
