"""Waiting for a named condition, with an end to the patience."""

import time
from collections.abc import Callable
from typing import TypeVar

from launch.errors import LaunchError

Found = TypeVar("Found")

# Short against anything a person notices, long against the cost of asking.
_PAUSE = 0.05


def wait_until(what: str, seconds: float, condition: Callable[[], Found | None]) -> Found:
    """Ask `condition` until it answers with something true, and return that.

    Raises:
        LaunchError: `seconds` went by; the message says `what` did not happen.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise LaunchError(f"{what}: not within {seconds:g} seconds")
        time.sleep(_PAUSE)
    return found
