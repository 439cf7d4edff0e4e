"""What a start owns on the machine, and what it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch import leftovers
from launch.errors import LaunchError
from tests.waiting import until

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a process that says "ready" and waits, with more in its environment."""
    started = []

    def begin(program: str = "", **environment: str) -> subprocess.Popen[str]:
        code = f"{program}\nprint('ready', flush=True)\nimport signal\nwhile True: signal.pause()"
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_processes_are_known_by_their_mark_and_named_as_supervisord_does(
    tmp_path: Path, start: Start
) -> None:
    ours = start(POSTROOM_RUN=str(tmp_path), SUPERVISOR_PROCESS_NAME="worker-1")
    start(POSTROOM_RUN=str(tmp_path / "other"), SUPERVISOR_PROCESS_NAME="worker-1")
    start()

    assert leftovers.processes(tmp_path) == {ours.pid: "worker-1"}


def test_what_a_dead_start_left_is_asked_to_end_and_others_are_left_alone(
    tmp_path: Path, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = start(POSTROOM_RUN=str(tmp_path), SUPERVISOR_PROCESS_NAME="worker-1")
    other = start(POSTROOM_RUN=str(tmp_path / "other"))

    leftovers.end(tmp_path, grace=20)

    assert ours.wait(1) == -signal.SIGTERM
    assert other.poll() is None
    assert "left: worker-1" in capsys.readouterr().out


def test_what_does_not_heed_is_killed_after_the_grace(tmp_path: Path, start: Start) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    ours = start(deaf, POSTROOM_RUN=str(tmp_path), SUPERVISOR_PROCESS_NAME="worker-1")

    leftovers.end(tmp_path, grace=0)

    assert ours.wait(1) == -signal.SIGKILL


def test_nothing_left_is_nothing_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    leftovers.end(tmp_path, grace=20)

    assert capsys.readouterr().out == ""


def test_a_second_start_in_the_same_folder_is_refused_and_a_later_one_is_not(
    tmp_path: Path,
) -> None:
    with (
        leftovers.only_one(tmp_path),
        pytest.raises(LaunchError, match=f"process {os.getpid()}"),
        leftovers.only_one(tmp_path),
    ):
        pass

    with leftovers.only_one(tmp_path):
        pass


def test_the_folder_of_all_jobs_is_made_for_one_user_alone(tmp_path: Path) -> None:
    with leftovers.only_one(tmp_path / "var"):
        assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_a_process_dies_with_its_parent_however_that_dies(tmp_path: Path) -> None:
    child = (
        "import signal\n"
        "from launch.kernel import die_with_parent\n"
        "die_with_parent(signal.SIGTERM)\n"
        "print('ready', flush=True)\n"
        "signal.pause()\n"
    )
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    process = subprocess.Popen(
        [sys.executable, "-c", parent],
        cwd=Path(leftovers.__file__).parent.parent,
        env=os.environ | {"POSTROOM_RUN": str(tmp_path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        assert len(leftovers.processes(tmp_path)) == 2

        process.kill()

        until("the child is gone", lambda: not leftovers.processes(tmp_path))
