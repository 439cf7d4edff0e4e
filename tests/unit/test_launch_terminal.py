"""What a person sees of the programs that a start runs."""

import sys
from pathlib import Path

import pytest

from launch.errors import LaunchError
from launch.terminal import run_shown

SPEAKS = "print('one'); print('two'); import sys; sys.exit(int(sys.argv[1]))"


def test_a_program_that_does_its_work_is_shown_with_its_time_and_its_words_are_in_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "new" / "log"

    run_shown("Counting", [sys.executable, "-c", SPEAKS, "0"], log)

    began, ended = capsys.readouterr().out.splitlines()
    assert began == "  Counting ..."
    assert ended.startswith("  Counting: ")
    assert ended.endswith(" s")
    assert log.read_text().endswith("one\ntwo\n")


def test_a_program_that_fails_is_an_error_with_its_last_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LaunchError, match="Counting failed:\n    one\n    two\n"):
        run_shown("Counting", [sys.executable, "-c", SPEAKS, "3"], tmp_path / "log")

    assert capsys.readouterr().out.endswith("  Counting: failed\n")
