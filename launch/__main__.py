"""`bin/run`: start Postroom in this checkout, and stay until Ctrl-C."""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from launch.errors import LaunchError
from launch.interrupts import Interrupts
from launch.postroom import running
from launch.settings import VARIABLES, Settings
from launch.terminal import say

ROOT = Path(__file__).resolve().parent.parent
_INTERRUPTED = 130  # What a shell expects of a program that Ctrl-C ended.


def main(arguments: Sequence[str] | None = None) -> int:
    """Run Postroom until interrupted, and return the exit status."""
    chosen = _parser().parse_args(arguments)
    with Interrupts() as interrupts:
        try:
            return _run(interrupts, drill=chosen.drill)
        except KeyboardInterrupt:
            say("\nInterrupted before everything ran.")
            return _INTERRUPTED
        except LaunchError as error:
            print(error, file=sys.stderr)
            return error.code
        except OSError as error:  # A full disk, a folder of another user.
            print(f"The start failed: {error}", file=sys.stderr)
            return 1


def _run(interrupts: Interrupts, *, drill: bool) -> int:
    settings = Settings.read(os.environ, ROOT)
    with running(settings, interrupts) as postroom, contextlib.suppress(KeyboardInterrupt):
        if drill:
            return postroom.drill()
        postroom.show_links()
        postroom.stay()
    return 0


def _parser() -> argparse.ArgumentParser:
    width = max(len(name) for name, _, _ in VARIABLES)
    settings = [f"  {name:<{width}}  {meaning} ({default})" for name, default, meaning in VARIABLES]
    parser = argparse.ArgumentParser(
        prog="bin/run",
        description="Start Postroom: the console, its workers, Flower and RabbitMQ. What is "
        "missing is installed first. Ctrl-C stops it.",
        epilog="\n".join(["settings, from the environment (with their defaults):", *settings]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--drill",
        action="store_true",
        help="show the promise in a minute: start, run a job, kill its worker in the middle, see "
        "the job end in success on another worker, and stop",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
