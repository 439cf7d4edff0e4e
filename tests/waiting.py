"""Waiting for a named condition, with a deadline; the failure names the condition."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

EVERY = 0.02  # seconds between two looks


def until(what: str, look: Callable[[], Found | None], within: float = 20) -> Found:
    """Return what `look` finds as soon as it is true.

    Args:
        what: the condition in words, for the failure.
        look: is called until it returns something true.
        within: seconds.

    Raises:
        AssertionError: it did not come true in time.
    """
    pause = threading.Event()
    deadline = time.monotonic() + within
    while not (found := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"after {within:g} s still not: {what}")
        pause.wait(EVERY)
    return found
