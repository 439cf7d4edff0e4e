"""Kinds that do what a person's script may do at its worst; each is told what by its inputs."""

import ctypes
import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Literal

from pydantic import SecretStr

from tasks.app import app
from tasks.context import checkpoint, output, progress, resume, track
from tasks.kind import kind, seconds


def _note(trace: str, word: str) -> None:
    """Append a line to a file of the test's, so that it sees what ran and when."""
    with Path(trace).open("a", encoding="utf-8") as file:
        file.write(f"{word} {os.getpid()} {time.time()}\n")


@kind(title="Stay until told to go", time_limit=seconds(300))
def stays(trace: str, gate: str) -> str:
    """Runs until the file `gate` exists."""
    _note(trace, "began")
    while not Path(gate).exists():
        time.sleep(0.02)
    _note(trace, "ended")
    return "gone"


@kind(title="Take a moment", time_limit=seconds(60))
def takes_a_moment(milliseconds: int) -> None:
    """Takes so long that whoever kills its process finds it at work."""
    time.sleep(milliseconds / 1000)


@kind(title="Die", time_limit=seconds(60))
def dies(how: Literal["SIGKILL", "segfault", "exit"], trace: str) -> None:
    """Ends its own process."""
    _note(trace, "began")
    if how == "SIGKILL":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "segfault":
        ctypes.string_at(0)
    os._exit(3)


class Unspeakable(Exception):
    """An exception that fails at saying what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Unpicklable(Exception):
    """An exception that can't leave its process."""

    def __init__(self) -> None:
        super().__init__("held")
        self.lock = open(os.devnull)  # noqa: PTH123, SIM115 - what can't be pickled


@kind(title="Raise", time_limit=seconds(60))
def raises(
    what: Literal[
        "MemoryError", "SystemExit", "KeyboardInterrupt", "unspeakable", "unpicklable", "ValueError"
    ],
) -> None:
    """Raises what it is told to."""
    if what == "SystemExit":
        sys.exit("enough")
    if what == "unspeakable":
        raise Unspeakable
    if what == "unpicklable":
        raise Unpicklable
    raise {
        "MemoryError": MemoryError,
        "KeyboardInterrupt": KeyboardInterrupt,
        "ValueError": ValueError,
    }[what]("on purpose")


@kind(title="Keep a secret", time_limit=seconds(60))
def keeps_a_secret(name: str, password: SecretStr) -> str:
    """Tells how long somebody's password is."""
    return f"{name}: {len(password.get_secret_value())}"


@kind(title="Return too much", time_limit=seconds(60))
def returns(what: Literal["megabytes", "an object"]) -> object:
    """Returns what can't be kept."""
    return "x" * 100_000_000 if what == "megabytes" else object()


@kind(title="Print a lot", time_limit=seconds(60))
def prints(lines: int) -> None:
    """Prints that many lines."""
    for number in range(lines):
        print("line", number)  # noqa: T201 - it goes to the job's log


@kind(title="Take too long", time_limit=seconds(1))
def overstays(trace: str) -> None:
    """Runs into its time limit and cleans up."""
    try:
        while True:
            time.sleep(0.02)
    finally:
        _note(trace, "cleaned up")


@kind(title="Fail at first", time_limit=seconds(60), retries=2, retry_for=(OSError,), retry_delay=1)
def recovers(trace: str, failures: int) -> str:
    """Fails that many times, then succeeds."""
    _note(trace, "began")
    if len(Path(trace).read_text(encoding="utf-8").splitlines()) <= failures:
        raise OSError("not yet")
    return "at last"


@kind(
    title="Fail, then wait", time_limit=seconds(60), retries=1, retry_for=(OSError,), retry_delay=3
)
def recovers_soon(trace: str) -> str:
    """Fails at first, and is to be tried again in three seconds."""
    return str(recovers(trace, 1))


@kind(title="Fail once", time_limit=seconds(60), retries=1, retry_for=(OSError,), retry_delay=3600)
def recovers_later(trace: str) -> str:
    """Fails at first, and is to be tried again in an hour."""
    return str(recovers(trace, 1))


@kind(title="Go step by step", time_limit=seconds(120))
def steps(trace: str, total: int, pause_at: int, gate: str) -> int:
    """Notes each step; at one of them waits until the file `gate` exists."""
    done = resume() or 0
    for step in range(done, total):
        if step == pause_at:
            while not Path(gate).exists():
                progress(step, total, "waiting")
                time.sleep(0.02)
        _note(trace, f"step-{step}")
        checkpoint(step + 1)
    return total


@kind(title="Start a program", time_limit=seconds(120))
def starts_a_program(trace: str, how: str) -> None:
    """Starts a program that outlives it, if nobody sees to it."""
    if "daemon" in how:
        started = ["setsid", "--fork", "sh", "-c", f"echo $$ >{trace}; exec sleep 120"]
        subprocess.run(started, check=True)
    elif "behind" in how:
        subprocess.run(["sh", "-c", f"sleep 120 & echo $! >{trace}"], check=True)
    else:
        program = subprocess.Popen(["sleep", "120"], process_group=0 if "group" in how else None)
        Path(trace).write_text(f"{program.pid}\n", encoding="utf-8")
    while "ends" not in how or not Path(trace).exists():
        time.sleep(0.02)


@kind(title="Make files", time_limit=seconds(120))
def makes_files(gate: str) -> None:
    """Writes an output, and more when the file `gate` exists."""
    output("a.txt").write_text("first", encoding="utf-8")
    for _ in track(range(100_000)):
        if Path(gate).exists():
            return
        time.sleep(0.02)


@kind(title="Work on", time_limit=seconds(300))
def works_on(trace: str, gate: str) -> str:
    """Reports, prints and writes all the time, until the file `gate` exists."""
    _note(trace, "began")
    result = output(f"by-{os.getpid()}.txt")
    for step in itertools.count():
        if Path(gate).exists():
            break
        progress(step, None, f"by {os.getpid()}")
        print("by", os.getpid())  # noqa: T201 - it goes to the job's log
        result.write_text(f"{step}", encoding="utf-8")
        _note(trace, "works")
        time.sleep(0.1)
    return f"by {os.getpid()}"


@kind(title="Hear nothing", time_limit=seconds(300))
def hears_nothing(trace: str, gate: str) -> None:
    """Catches whatever is raised in it and goes on, until the file `gate` exists."""
    _note(trace, "began")
    while not Path(gate).exists():
        try:
            _note(trace, "works")
            time.sleep(0.1)
        except BaseException:  # noqa: BLE001, S112 - the fault that is tested
            continue


@kind(title="Ignore the time limit", time_limit=seconds(1))
def outstays(trace: str, ignores: Literal["limit", "limit and signals"]) -> None:
    """Catches what its time limit raises, and goes on."""
    if "signals" in ignores:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    hears_nothing(trace, "/nowhere")


@kind(title="End in time", time_limit=seconds(1))
def ends_in_time(gate: str) -> str:
    """Ends when the file `gate` exists, well before its limit."""
    while not Path(gate).exists():
        time.sleep(0.02)
    return "in time"


# The 30 seconds that a person's kind has to clean up in are too long for a test.
for name in ("outstays", "ends_in_time"):
    app.tasks[name].time_limit = 2.5
