"""What a person sees of the programs that a start runs."""

import sys
from pathlib import Path

import pytest

from launch.errors import LaunchError
from launch.terminal import run_shown

SPEAKS = "print('one'); print('two'); import sys; sys.exit(int(sys.argv[1]))"


def test_a_program_that_does_its_work_is_one_line_and_the_rest_is_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "new" / "log"

    run_shown("Counting", [sys.executable, "-c", SPEAKS, "0"], log)

    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("  Counting: ")
    assert log.read_text().endswith("one\ntwo\n")


def test_a_program_that_fails_is_an_error_with_its_last_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LaunchError, match="Counting failed:\n    one\n    two\n"):
        run_shown("Counting", [sys.executable, "-c", SPEAKS, "3"], tmp_path / "log")

    assert capsys.readouterr().out == "  Counting: failed\n"
