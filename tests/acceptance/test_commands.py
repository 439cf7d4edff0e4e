"""A declared command in a real worker: it ends with its worker, with a cancel, and whole."""

import os
import signal
from pathlib import Path

import pytest

from ledger.record import Cause, Ending, State
from tasks.kinds.commands.kinds import declare_all
from tests.acceptance.conftest import Site
from tests.acceptance.workers import WorkerProcess, alive
from tests.waiting import until

pytestmark = pytest.mark.broker

FILE = """
[stays_on]
title = "Stay on"
command = ["./stays.sh", "{pids}"]
[stays_on.inputs.pids]
type = "text"
paths = true

[stays_too_long]
title = "Stay too long"
command = ["./stays.sh", "{pids}"]
time_limit = "1 s"
[stays_too_long.inputs.pids]
type = "text"
paths = true

[wrong]
title = "Wrong"
comand = ["true"]
"""
STAYS = """#!/bin/sh
trap '' TERM HUP
sleep 120 &
echo $$ $! >"$1"
printf '\\033[32mready\\033[0m\\n'
wait
sleep 120
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    program = tmp_path / "stays.sh"
    program.write_text(STAYS, encoding="utf-8")
    program.chmod(0o755)
    made = tmp_path / "commands.toml"
    made.write_text(FILE, encoding="utf-8")
    declare_all(made)
    return made


@pytest.fixture
def worker(site: Site, file: Path) -> WorkerProcess:
    return site.worker(COMMANDS=str(file)).ready()


def program_of(site: Site, pids: Path, kind: str = "stays_on") -> tuple[str, list[int]]:
    """Submit the job; return its id and the processes of its program."""
    job = site.submit(kind, pids=pids)
    until("it has started", lambda: pids.exists() and pids.read_text().endswith("\n"))
    return job, [int(pid) for pid in pids.read_text().split()]


@pytest.mark.parametrize("dies", ["the child", "the worker"])
def test_the_whole_group_dies_with_the_process_that_started_it(
    site: Site, worker: WorkerProcess, trace: Path, dies: str
) -> None:
    job, program = program_of(site, trace)
    trace.unlink()

    os.kill(site.started(job).pid if dies == "the child" else worker.pid, signal.SIGKILL)

    until("the group is gone", lambda: not any(map(alive, program)), within=3)


def test_a_cancel_ends_the_whole_group_within_two_seconds(
    site: Site, worker: WorkerProcess, trace: Path
) -> None:
    job, program = program_of(site, trace)

    site.ledger.jobs.request_cancel(job)

    until("the group is gone", lambda: not any(map(alive, program)), within=2)
    assert site.settled(job, within=2).state is State.REVOKED
    assert site.endings(job) == [Ending.CANCELLED]
    assert [line.text for line in site.ledger.logs.after(job)] == [
        f"Runs: ./stays.sh {trace}",
        "\x1b[32mready\x1b[0m",
    ]
    assert "commands.toml, line 19: [wrong] there is no key 'comand'" in worker.text()


def test_a_time_limit_ends_the_whole_group_and_is_told(
    site: Site, worker: WorkerProcess, trace: Path
) -> None:
    job, program = program_of(site, trace, "stays_too_long")

    assert site.settled(job, within=5).cause is Cause.TIMEOUT
    assert not any(map(alive, program))
    assert worker.running()
