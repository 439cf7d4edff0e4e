"""A small process beside a worker that ends the programs which a dead child of it left behind.

It is run by its path, with nothing but the standard library, so that it stays small. It must be a
process of its own: only so it outlives the worker, however that dies.
"""

import os
import select
import signal
from pathlib import Path
from typing import NamedTuple

#: The variable by which a program is known that has left its session: the pid of the child whose
#: job started it.
CHILD = "POSTROOM_CHILD"


def keep_guard(enlisted: int) -> None:
    """Wait for children to die and end their sessions, until no worker is left.

    Args:
        enlisted: a pipe on which each child writes its pid in a line, as leader of a session. It
            closes when the worker's last process is gone.
    """
    poll = select.poll()
    poll.register(enlisted, select.POLLIN)
    watched: dict[int, int] = {}
    open_ended, rest = True, b""
    while open_ended or watched:
        for descriptor, _event in poll.poll():
            if descriptor != enlisted:
                poll.unregister(descriptor)
                os.close(descriptor)
                end_session(watched.pop(descriptor))
            elif piece := os.read(enlisted, 4096):
                *lines, rest = (rest + piece).split(b"\n")
                for line in lines:
                    watch(int(line), watched, poll)
            else:
                poll.unregister(enlisted)
                open_ended = False


def watch(child: int, watched: dict[int, int], poll: select.poll) -> None:
    """Have the poll tell when the child dies."""
    try:
        descriptor = os.pidfd_open(child)
    except ProcessLookupError:
        end_session(child)
    else:
        watched[descriptor] = child
        poll.register(descriptor, select.POLLIN)


def end_session(leader: int) -> None:
    """Kill every process of a session, and each that left it; again, while one forks faster."""
    while members := [pid for pid in processes() if _belongs_to(pid, leader)]:
        for pid in members:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def processes() -> list[int]:
    """Return the pid of every process there is."""
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


class Process(NamedTuple):
    """What the kernel says of a process.

    `state` is its letter, Z or X for a dead one; `worked` are the ticks of its time on processors.
    """

    state: bytes
    parent: int
    group: int
    session: int
    worked: int

    @property
    def dead(self) -> bool:
        """Whether it only waits for its parent to hear of its end."""
        return self.state in (b"Z", b"X")


def look(pid: int) -> Process | None:
    """Return what the kernel says of a process; None if it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The name before it is in brackets and may hold anything, brackets and spaces too.
    state, *numbers = stat.rpartition(b")")[2].split()[:13]
    parent, group, session, *_, user, system = map(int, numbers)
    return Process(state, parent, group, session, user + system)


def _belongs_to(pid: int, session: int) -> bool:
    seen = look(pid)
    if seen is None or seen.dead:
        return False
    return seen.session == session or _was_started_in(pid, session)


def _was_started_in(pid: int, session: int) -> bool:
    """Return whether a daemon comes from there: its variables stay as they were when it began."""
    try:
        variables = Path(f"/proc/{pid}/environ").read_bytes()
    except (OSError, ValueError):  # It is gone, or another user's.
        return False
    return f"{CHILD}={session}".encode() in variables.split(b"\0")


if __name__ == "__main__":
    # A stop is for the worker; the guard ends when the worker has.
    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, signal.SIG_IGN)
    keep_guard(0)
