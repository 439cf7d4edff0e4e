"""What a start owns on this machine: its lock, and every process that descends from it.

Each descendant carries a mark in its environment, the folder of the start. So processes that a
dead start left behind are known for certain, whatever they are called and whoever adopted them.
"""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from launch.errors import LaunchError
from launch.terminal import step

MARK = "POSTROOM_RUN"

_SUPERVISOR = "supervisor"
_PAUSE = 0.1
# What supervisord needs beside the workers' grace: the broker's own stop, and some air.
_ORDERLY_SECONDS = 30


@contextlib.contextmanager
def only_one(var: Path) -> Iterator[None]:
    """Hold the folder `var` against other starts.

    Raises:
        LaunchError: another start holds it, or it can't be written.
    """
    try:
        # Nobody else on the machine needs to read the jobs of this one.
        var.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (var / "lock").open("a+")
    except OSError as error:
        raise LaunchError(
            f"{error.filename} can't be written: {error.strerror}.\n"
            "Perhaps another user started Postroom here; POSTROOM_VAR names another folder."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise LaunchError(
                f"Postroom already runs from this checkout (process {lock.read().strip()}).\n"
                "A new sign-in link:  .venv/bin/flask --app webapp link",
                code=2,
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def processes(var: Path) -> dict[int, str]:
    """Return the living processes that carry the mark of `var`, by id, with their names."""
    mark = f"{MARK}={var}".encode()
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            environment = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # It ended meanwhile, or belongs to somebody else.
            continue
        if mark in environment:
            found[int(folder.name)] = _name(environment)
    return found


def _name(environment: list[bytes]) -> str:
    for entry in environment:
        if entry.startswith(b"SUPERVISOR_PROCESS_NAME="):
            return entry.partition(b"=")[2].decode()
    return _SUPERVISOR


def end(var: Path, grace: int) -> None:
    """End what an earlier start from `var` left running, and say so.

    Its supervisor, if it lives, ends the rest in order. What remains gets SIGTERM, and SIGKILL
    when it still lives after `grace` seconds.
    """
    left = processes(var)
    if not left:
        return
    with step(f"Ending what an earlier start left: {', '.join(sorted(set(left.values())))}"):
        supervisors = [pid for pid, name in left.items() if name == _SUPERVISOR]
        if supervisors:
            _send(signal.SIGTERM, supervisors)
            _await_end(var, grace + _ORDERLY_SECONDS)
        _send(signal.SIGTERM, processes(var))
        _await_end(var, grace)
        kill(var)


def kill(var: Path) -> None:
    """End every process that descends from a start in `var`, at once and without asking."""
    deadline = time.monotonic() + _ORDERLY_SECONDS
    while (left := processes(var)) and time.monotonic() < deadline:
        _send(signal.SIGKILL, left)
        time.sleep(_PAUSE)


def _send(signum: signal.Signals, pids: Iterable[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signum)


def _await_end(var: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while processes(var) and time.monotonic() < deadline:
        time.sleep(_PAUSE)
