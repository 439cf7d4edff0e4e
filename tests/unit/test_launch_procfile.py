"""What is read of a Procfile."""

from pathlib import Path

import pytest

from launch import procfile
from launch.errors import LaunchError

CHECKOUT = Path(__file__).parent.parent.parent


def test_our_own_names_the_console_the_worker_and_flower() -> None:
    assert list(procfile.read(CHECKOUT / "Procfile")) == ["web", "worker", "flower"]


def test_a_command_reaches_the_shell_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("# What runs\n\nweb:  serve --at ${PORT:-80} 'a b' # $$ ; %h\n")

    assert procfile.read(path) == {"web": "serve --at ${PORT:-80} 'a b' # $$ ; %h"}


def test_a_line_without_a_name_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("web: serve\nserve more\n")

    with pytest.raises(LaunchError, match="Procfile, line 2"):
        procfile.read(path)


def test_a_missing_file_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(LaunchError, match="No such file"):
        procfile.read(tmp_path / "Procfile")
