"""Each record goes to one of two logs, whatever level the operator chose."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.record import Claim
from tasks import context
from tasks.context import Running
from tasks.logs import set_up


@pytest.fixture
def operators_log(tmp_path: Path) -> Iterator[Path]:
    """Set the logs up as a worker does, and leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    set_up(logging.WARNING, str(tmp_path / "worker.log"))
    yield tmp_path / "worker.log"
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    root.handlers, root.level = handlers, level


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(None, Claim("job", 1, "hello", {}, "ada"), tmp_path, 2000, 10**6)  # type: ignore[arg-type]  # never written to
    context.begin(made)
    yield made
    context.begin(None)


def test_a_jobs_lines_are_its_own_and_ours_are_the_operators(
    operators_log: Path, running: Running
) -> None:
    logging.getLogger("tasks.kinds.hello").info("Second 1 of 3.")
    logging.getLogger("tasks.clock").warning("A job died.")
    logging.getLogger("tasks.clock").info("Routine.")

    _progress, lines = running.rest()
    assert [line.text for line in lines] == ["Second 1 of 3."]
    text = operators_log.read_text(encoding="utf-8")
    assert "A job died." in text
    assert "Second" not in text
    assert "Routine" not in text
