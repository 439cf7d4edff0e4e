"""Becomes a program, with limits that hold for it from its first instruction.

It is run by its path, with nothing but the standard library. A limit can't be set between the fork
and the program by the worker's process itself: it has threads, which must not run Python there; and
set after the start, a limit comes too late for what the program has started by then.
"""

import os
import resource
import sys

CANNOT_START = 127  # What a shell says of a program that it can't run.


def main(memory: int, file_size: int, program: list[str]) -> None:
    """Become the program; sizes are in bytes, and 0 is no limit."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # Its memory is no file of the job's.
    if file_size:
        limit(resource.RLIMIT_FSIZE, file_size)
    if memory:
        limit(resource.RLIMIT_DATA, memory)
    try:
        os.execvp(program[0], program)  # noqa: S606 - the file's program, and never a shell
    except OSError as error:
        sys.stderr.write(f"{program[0]} can't be started: {error.strerror}\n")
        sys.exit(CANNOT_START)


def limit(what: int, size: int) -> None:
    """Lower a limit, which the worker may have lowered further."""
    _soft, hard = resource.getrlimit(what)
    size = size if hard == resource.RLIM_INFINITY else min(size, hard)
    resource.setrlimit(what, (size, size))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
