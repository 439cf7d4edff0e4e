"""When the virtual environment is made and filled, and when it is left alone."""

import shutil
from pathlib import Path

import pytest

from launch.install import Environment, stamp_of


def test_a_stamp_changes_with_the_requirements(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("flask==3.1\n")
    first = stamp_of(requirements)
    requirements.write_text("flask==3.2\n")

    assert stamp_of(requirements) != first
    requirements.write_text("flask==3.1\n")
    assert stamp_of(requirements) == first


def done_by(environment: Environment, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what preparing an environment does, without the time that each step took."""
    environment.prepare(["requirements.txt"])
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    return [line.partition(":")[0] for line in lines if not line.endswith("...")]


def test_an_environment_is_made_once_filled_on_change_and_made_again_where_it_was_moved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "here"
    home.mkdir()
    (home / "requirements.txt").write_text("# Nothing yet.\n")
    environment = Environment(home, tmp_path / "log")
    made, filled = "Making the Python environment .venv", "Installing requirements.txt"

    assert done_by(environment, capsys) == [made, filled]
    assert done_by(environment, capsys) == []

    (home / "requirements.txt").write_text("# Still nothing.\n")
    assert done_by(environment, capsys) == [filled]

    shutil.copytree(home, tmp_path / "there", symlinks=True)
    moved = Environment(tmp_path / "there", tmp_path / "log")
    again = "The environment in .venv no longer works here; it is made again"
    assert done_by(moved, capsys) == [again, made, filled]
