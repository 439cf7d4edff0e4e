"""The helper that tests of kinds stand on, shown with kinds of its own."""

import logging
import subprocess
import time
from pathlib import Path
from typing import Annotated

import pytest
from pydantic import Field, ValidationError

from tasks.context import checkpoint, kept, output, progress, resume, scratch, track
from tasks.kind import BadInput, Upload, kind, seconds
from tasks.outcomes import JobFailed
from tasks.testing import Trial, run_kind

logger = logging.getLogger(__name__)


@kind(title="Read texts", time_limit=seconds(60))
def tried_reading(
    texts: list[Upload], most: Annotated[int, Field(ge=1, le=10)] = 3
) -> dict[str, int]:
    """Counts letters."""
    for text in track(texts, "reading"):
        logger.info("%s is read.", text.name)
    output("all.txt").write_text("".join(text.path.read_text() for text in texts[:most]))
    print("that was all")  # noqa: T201 - it goes to the job's log
    return {text.name: len(text.path.read_text()) for text in texts}


@kind(title="Be wrong", time_limit=seconds(60), retries=1, retry_for=(OSError,))
def tried_failing(how: str) -> object:
    """Fails as it is told to."""
    progress(1, 2, "failing")
    if how == "bad input":
        raise BadInput("That is odd.")
    if how == "to be tried again":
        raise OSError("away")
    return object()


@kind(title="Take steps", time_limit=seconds(60))
def tried_steps(trace: str, total: int) -> str:
    """Writes down each step, and starts a program that would stay."""
    subprocess.Popen(["sleep", "60"])
    done = resume() or 0
    for step in range(done, total):
        with Path(trace).open("a") as file:
            file.write(f"{step}\n")
        part = scratch() / f"{step}.txt"
        part.write_text(f"<{step}>")
        checkpoint(step + 1, part)
        progress(step + 1, total, "walking")
        if step == 5 and not done:
            time.sleep(60)
    return "".join(kept(f"{step}.txt").read_text() for step in range(total))


def test_a_kind_runs_with_files_and_gives_all_that_a_page_would_show(tmp_path: Path) -> None:
    texts = [tmp_path / "a.txt", tmp_path / "b.txt"]
    for text in texts:
        text.write_text(text.name * 2)

    done = run_kind(tried_reading, texts=texts)

    assert done.result == {"a.txt": 10, "b.txt": 10}
    assert done.outputs["all.txt"].read_text() == "a.txta.txtb.txtb.txt"
    assert done.log == "a.txt is read.\nb.txt is read.\nthat was all"
    assert [(step.done, step.total) for step in done.progress] == [(0, 2), (1, 2), (2, 2)]
    assert done.checkpoint is None


def test_an_input_that_the_form_refuses_is_refused() -> None:
    with pytest.raises(ValidationError, match="less than or equal to 10"):
        run_kind(tried_reading, texts=[], most=11)


@pytest.mark.parametrize(
    ("how", "error", "words"),
    [
        ("bad input", BadInput, "That is odd"),
        ("to be tried again", OSError, "away"),
        ("no JSON", JobFailed, "JSON has no word"),
    ],
)
def test_errors_are_raised_as_they_are(how: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        run_kind(tried_failing, how=how)


def test_a_killed_job_is_continued_with_its_state_and_its_files(tmp_path: Path) -> None:
    trial = Trial(tried_steps, trace=str(tmp_path / "trace"), total=9)

    died = trial.killed(when=lambda job: job.progress.done >= 6)
    done = trial.run()

    assert died.state == "STARTED"
    assert done.result == "<0><1><2><3><4><5><6><7><8>"
    assert done.checkpoint == 9
    assert (tmp_path / "trace").read_text().split() == [str(step) for step in range(9)]


def test_a_job_that_is_not_there_to_be_killed_fails_the_test(tmp_path: Path) -> None:
    trial = Trial(tried_steps, trace=str(tmp_path / "trace"), total=2)

    with pytest.raises(AssertionError, match="ended by itself"):
        trial.killed(when=lambda job: job.progress.done >= 6)


def test_a_job_is_cancelled(tmp_path: Path) -> None:
    trial = Trial(tried_steps, trace=str(tmp_path / "trace"), total=9)

    assert trial.cancelled(when=lambda job: job.progress.done >= 6) < 2


def test_programs_of_the_kind_end_with_it_and_those_of_the_test_do_not(tmp_path: Path) -> None:
    children = Path(f"/proc/self/task/{Path('/proc/thread-self').resolve().name}/children")
    before = set(children.read_text().split())
    with subprocess.Popen(["sleep", "60"]) as of_the_test:
        run_kind(tried_steps, trace=str(tmp_path / "trace"), total=1)
        assert of_the_test.poll() is None
        assert set(children.read_text().split()) - before == {str(of_the_test.pid)}
        of_the_test.kill()
