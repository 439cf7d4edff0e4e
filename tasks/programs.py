"""Programs that a kind starts die with it, without its author doing anything for that."""

import ctypes
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tasks import guard

_SET_CHILD_SUBREAPER = 36  # linux/prctl.h

_spared: set[int] = set()


class Guard:
    """The worker's guard: it ends what a killed child left, even where the worker died with it.

    Programs stay in the session of the child that started them, and the guard ends that session.
    One that leaves it on purpose, as daemons do, still has the variable that says where it is
    from; only what drops that, too, outlives a child that is killed.
    """

    def __init__(self) -> None:
        self._worker = os.getpid()
        reading, self._writing = os.pipe()
        subprocess.Popen(  # noqa: S603 - our own file, and no argument from outside
            [sys.executable, "-I", "-S", guard.__file__],
            stdin=reading,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(reading)

    def enlist(self) -> None:
        """Make this process, a child of the worker, the leader of a session that is guarded.

        So a signal to the worker's process group reaches the main process alone, which then lets
        the running jobs finish.

        The kernel ends a child with its worker by now. Where that died before it was asked to, the
        child ends here, for nobody would ever give it a job.
        """
        if os.getppid() != self._worker:
            os._exit(os.EX_UNAVAILABLE)
        os.setsid()
        os.environ[guard.CHILD] = str(os.getpid())
        os.write(self._writing, b"%d\n" % os.getpid())
        # What the kind's programs leave behind becomes this process's own child, to be found.
        ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def limit_memory(size: int) -> None:
    """Let this process, and each program that it starts, allocate no more bytes than that.

    What asks for more gets a MemoryError, long before the kernel picks a process to kill.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


@contextmanager
def sparing_what_runs() -> Iterator[None]:
    """Leave alone in `end_all`, for the block, what this process has started before.

    A worker's child has started nothing before its job; a test may have started its servers.
    """
    _spared.update(_children(os.getpid()))
    try:
        yield
    finally:
        _spared.clear()


def end_all() -> None:
    """Kill every process that this one or its programs have started and that still runs."""
    # One cheap question first: most jobs start no program.
    while _has_children() and (children := _children(os.getpid())):
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _children(of: int) -> list[int]:
    """Return the children of a process, the dead ones that nobody reaped too."""
    found = (pid for pid in guard.processes() if (seen := guard.look(pid)) and seen.parent == of)
    return [pid for pid in found if pid not in _spared]
