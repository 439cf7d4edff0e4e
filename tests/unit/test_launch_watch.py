"""What the terminal shows of the programs' logs."""

from pathlib import Path

import pytest

from launch.programs import Program
from launch.watch import Follower, Watch


def append(log: Path, *lines: str) -> None:
    with log.open("a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path, [Program("worker-1", "worker", 30), Program("broker", "broker", 15)])


def shown(watch: Watch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return what is shown now, without the times."""
    watch.look()
    return [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]


def test_a_log_is_followed_from_its_present_end_and_by_whole_lines(tmp_path: Path) -> None:
    log = tmp_path / "log"
    append(log, "old")
    follower = Follower(log)
    append(log, "new")
    with log.open("a") as file:
        file.write("half of a li")

    assert list(follower.lines()) == ["new"]
    append(log, "ne")
    assert list(follower.lines()) == ["half of a line"]
    assert list(follower.lines()) == []


def test_a_log_is_followed_when_a_new_file_takes_its_place(tmp_path: Path) -> None:
    log = tmp_path / "log"
    follower = Follower(log)
    append(log, "one", "two")
    assert list(follower.lines()) == ["one", "two"]

    log.rename(tmp_path / "log.1")
    append(log, "3")

    assert list(follower.lines()) == ["3"]


def test_trouble_is_shown_with_its_program_and_the_rest_is_not(
    watch: Watch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(
        tmp_path / "worker-1.log",
        "2026-01-01 10:00:00,001 INFO MainProcess tasks: job 1 runs",
        "2026-01-01 10:00:00,002 WARNING MainProcess tasks: job 1 was lost; it runs again",
        "[2026-01-01 10:00:00 +0000] [7] [ERROR] no more",
    )

    assert shown(watch, capsys) == [
        "worker-1: WARNING MainProcess tasks: job 1 was lost; it runs again",
        "worker-1: [7] [ERROR] no more",
    ]


def test_what_is_only_tried_again_is_shown_once(
    watch: Watch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for second in range(3):
        append(tmp_path / "worker-1.log", f"2026-01-01 10:00:0{second},001 ERROR refused")

    assert shown(watch, capsys) == ["worker-1: ERROR refused"]


def test_a_flood_is_counted_instead_of_shown(
    watch: Watch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    append(tmp_path / "worker-1.log", *(f"ERROR number {number}" for number in range(100)))

    lines = shown(watch, capsys)

    assert len(lines) == 6
    assert lines[-1] == "worker-1: ... and 95 more such lines"


def test_a_death_and_the_restart_after_it_are_shown_and_a_first_start_is_not(
    watch: Watch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "supervisor.log"
    append(log, "2026-01-01 10:00:00,000 INFO spawned: 'worker-1' with pid 10")
    assert shown(watch, capsys) == []

    append(
        log,
        "2026-01-01 10:00:00,000 WARN exited: worker-1 (terminated by SIGKILL; not expected)",
        "2026-01-01 10:00:01,000 INFO spawned: 'worker-1' with pid 11",
    )

    assert shown(watch, capsys) == [
        f"worker-1: ended (terminated by SIGKILL); see {tmp_path / 'worker-1.log'}",
        "worker-1: was started again (process 11)",
    ]


def test_a_program_that_was_given_up_is_reported_to_whoever_looks(
    watch: Watch, tmp_path: Path
) -> None:
    append(
        tmp_path / "supervisor.log",
        "2026-01-01 10:00:00,000 INFO gave up: broker entered FATAL state, too many start retries",
    )

    assert watch.look() == ["broker"]
    assert watch.look() == []


def test_of_programs_that_were_killed_only_a_workers_jobs_run_again(
    watch: Watch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown(watch, capsys)
    killing = "WARN killing '{}' (123) with SIGKILL"
    append(tmp_path / "supervisor.log", killing.format("worker-1"), killing.format("flower"))
    assert shown(watch, capsys) == [
        "worker-1: did not end in its time and was killed; its jobs will run again",
        "flower: did not end in its time and was killed",
    ]
