"""Amounts and shares as a person reads them; what belongs together stays in one line."""

import humanize

_SPACE = "\N{NO-BREAK SPACE}"


def amount(number: int, noun: str) -> str:
    """Return a number with its noun: 1 picture, 2,000 pictures."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(number: float) -> str:
    """Return a number of bytes as a file manager does: 1.2 MB."""
    words = humanize.naturalsize(number).replace("Bytes", "bytes").replace("Byte", "byte")
    return words.replace(" ", _SPACE)


def pixels(width: int, height: int) -> str:
    """Return how large a picture is, as width times height."""
    return f"{width}{_SPACE}\N{MULTIPLICATION SIGN}{_SPACE}{height}"


def change(before: int, after: int) -> str:
    """Return by how many per cent a size has changed, with its sign."""
    if not before:
        return ""
    share = round(100 * (after - before) / before)
    sign = "+" if share > 0 else "\N{MINUS SIGN}" if share < 0 else "\N{PLUS-MINUS SIGN}"
    return f"{sign}{abs(share)}{_SPACE}%"
