"""`bin/test`: every check and every test of the project, in one command."""

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from launch import packages
from launch.errors import LaunchError
from launch.install import Environment
from launch.node import Programs
from launch.terminal import say

ROOT = Path(__file__).resolve().parent.parent
_INTERRUPTED = 130  # What a shell expects of a program that Ctrl-C ended.

_CHECKS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "imports": ["lint-imports"],
}

# Most of the slow tests wait for something: two at a time leave a third of two cores idle, and with
# four some come too late. Each of these processes starts servers of its own.
_AT_ONCE = ["--numprocesses=3", "--dist=worksteal"]

# Packages of the system that the tests need, and whether what is in them is here.
_NEEDED: dict[str, Callable[[], bool]] = {
    "rabbitmq-server": lambda: Programs.find() is not None,
    "postgresql": lambda: _any("/usr/lib/postgresql", "*/bin/initdb") or _on_path("initdb"),
    "chromium": lambda: _on_path("chromium"),
    # Without any font a browser shows, and measures, boxes.
    "fonts-dejavu-core": lambda: _any("/usr/share/fonts", "**/*.ttf"),
}


@dataclass(frozen=True)
class Outcome:
    """How one step went."""

    name: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        """Return a line for the end of the log."""
        return f"{'passed' if self.passed else 'FAILED'}  {self.name:<8}{self.seconds:7.1f} s"


def main(arguments: Sequence[str]) -> int:
    """Install what is missing, run everything, and return the exit status.

    With arguments, pytest alone runs, with these arguments and one test at a time.
    """
    log = ROOT / "var" / "log" / "test.log"
    environment = Environment(ROOT, log)
    try:
        environment.prepare(["requirements.txt", "requirements-dev.txt"])
        _bring_servers(log)
    except LaunchError as error:
        print(error, file=sys.stderr)
        return error.code
    steps = {} if arguments else dict(_CHECKS)
    # The tests come last, so that the log closes on their count.
    steps["tests"] = ["pytest", *(arguments or _AT_ONCE)]
    variables = environment.variables()
    # Tests start Python hundreds of times, and each would compile this whole checkout anew.
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    outcomes = [_run(name, command, variables) for name, command in steps.items()]
    say("\n" + "\n".join(str(outcome) for outcome in outcomes))
    return 0 if all(outcome.passed for outcome in outcomes) else 1


def _bring_servers(log: Path) -> None:
    """Install servers and browser; where that can't be done, the tests that need them say so."""
    missing = [name for name, is_here in _NEEDED.items() if not is_here()]
    if missing:
        try:
            packages.install(missing, log)
        except LaunchError as error:
            say(f"{error}\nUntil then some tests can't run.\n")


def _run(name: str, command: Sequence[str], variables: dict[str, str]) -> Outcome:
    say(f"\n== {name}: {' '.join(command)}")
    started = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=variables, check=False)
    return Outcome(name, done.returncode == 0, time.monotonic() - started)


def _on_path(program: str) -> bool:
    return shutil.which(program) is not None


def _any(folder: str, pattern: str) -> bool:
    return any(Path(folder).glob(pattern))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
