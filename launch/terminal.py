"""What a person sees at the terminal while a start does its work."""

import contextlib
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from launch.errors import LaunchError

_CLEAR_LINE = "\r\x1b[K"
_TAIL = 15


def say(text: str) -> None:
    """Show a line. A terminal that went away is no reason to stop what is being done."""
    encoding = sys.stdout.encoding or "ascii"
    with contextlib.suppress(OSError):
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)


@contextlib.contextmanager
def step(title: str) -> Iterator[None]:
    """Show that something is being done, then how long it took, or that it failed."""
    started = time.monotonic()
    if sys.stdout.isatty():
        _show_passing(title)
    else:
        say(f"  {title} ...")
    outcome = "failed"
    try:
        yield
        outcome = f"{time.monotonic() - started:.1f} s"
    finally:
        _clear_passing()
        say(f"  {title}: {outcome}")


def run_shown(
    title: str, command: Sequence[str], log: Path, environment: Mapping[str, str] | None = None
) -> None:
    """Run a program as a step; its newest line is shown while it runs, all of them go to `log`.

    Raises:
        LaunchError: it can't be started or failed; the message ends with its last lines.
    """
    last: deque[str] = deque(maxlen=_TAIL)
    log.parent.mkdir(parents=True, exist_ok=True)
    with step(title), log.open("a", encoding="utf-8") as file:
        file.write(f"$ {' '.join(command)}\n")
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            encoding="utf-8",
            errors="replace",
        ) as process:
            for line in process.stdout or ():
                file.write(line)
                last.append(line.rstrip())
                _show_passing(f"{title}: {line.strip()}")
        if process.returncode != 0:
            lines = "\n".join(f"    {line}" for line in last)
            raise LaunchError(f"{title} failed:\n{lines}\nEverything it said is in {log}")


def _show_passing(text: str) -> None:
    """Show a line that the next one replaces, where one can be replaced."""
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns - 3
        with contextlib.suppress(OSError):
            sys.stdout.write(f"{_CLEAR_LINE}  {text[:width]}")
            sys.stdout.flush()


def _clear_passing() -> None:
    if sys.stdout.isatty():
        with contextlib.suppress(OSError):
            sys.stdout.write(_CLEAR_LINE)
            sys.stdout.flush()
