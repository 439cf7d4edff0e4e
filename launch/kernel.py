"""The calls of the Linux kernel that Python's library does not wrap."""

import ctypes
import signal
import sys

_PR_SET_PDEATHSIG = 1


def die_with_parent(signum: signal.Signals) -> None:
    """Have the kernel send `signum` to this process when its parent ends, however that ends.

    The wish survives exec but not fork: a child asks for itself. Elsewhere than on Linux this does
    nothing; there a parent that is killed leaves its children to the next start.

    Raises:
        OSError: the kernel refuses, which no known kernel does.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) was refused")
