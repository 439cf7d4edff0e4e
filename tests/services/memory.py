"""Where tests keep what need not outlive them: in memory, where there is plenty of it."""

import os
import re
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - the kernel's own file system in memory
ROOM = 4 * 2**30  # bytes: several times what the tests write at a time
_CGROUP = Path("/sys/fs/cgroup")
_AVAILABLE = re.compile(r"^MemAvailable: +(\d+) kB$", re.MULTILINE)


def place(where: Path = MEMORY, room: int = ROOM) -> Path | None:
    """Return a folder in memory; None where there is not enough of it.

    Args:
        where: a file system in memory.
        room: bytes that are to be free there, and of the memory itself.
    """
    return where if min(_free(where), _available()) >= room else None


def _free(where: Path) -> int:
    try:
        return shutil.disk_usage(where).free if os.access(where, os.W_OK) else 0
    except OSError:
        return 0


def _available() -> int:
    """Return the bytes of memory that this machine, or this container, has left."""
    try:
        told = _AVAILABLE.search(Path("/proc/meminfo").read_text(encoding="ascii"))
    except OSError:
        return 0
    left = int(told[1]) * 1024 if told else 0
    try:
        limit, used = (
            (_CGROUP / name).read_text(encoding="ascii").strip()
            for name in ("memory.max", "memory.current")
        )
    except OSError:
        return left
    return left if limit == "max" else min(left, int(limit) - int(used))
