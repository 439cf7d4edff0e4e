"""Postroom with one more kind, which notes the moment of its first line."""

import time
from pathlib import Path

from flask import Flask

from tasks import app
from tasks.kind import kind

__all__ = ["app", "console", "stamp"]


@kind(title="Note the time", repeatable=False)
def stamp(trace: str, number: int) -> None:
    """Writes down when it began."""
    line = f"{number} {time.time()}\n"
    with Path(trace).open("a", encoding="ascii") as file:
        file.write(line)


def console() -> Flask:
    """Return the console that knows the kind."""
    from webapp import create_app

    return create_app()
