"""Waiting for a named condition, with a deadline; the failure names the condition."""

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

EVERY = 0.02  # seconds between two looks
PATIENCE = 2 if os.environ.get("CI") else 1  # A machine of many masters may be slow at any time.


def until(what: str, look: Callable[[], Found | None], within: float = 20) -> Found:
    """Return what `look` finds as soon as it is true.

    Args:
        what: the condition in words, for the failure.
        look: is called until it returns something true.
        within: seconds; in continuous integration, `PATIENCE` times as long.

    Raises:
        AssertionError: it did not come true in time.
    """
    pause = threading.Event()
    within *= PATIENCE
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {within:g} s still not: {what}")
        pause.wait(EVERY)
    return found
