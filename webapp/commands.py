"""The command line's verbs."""

from flask import Flask


def add_to(app: Flask) -> None:
    """Add."""
    del app
