"""Colours in what programs say: ECMA-48 control sequences, read apart and taken out."""

import re
from collections.abc import Iterator

# One sequence, or what the cut of a long line has left of one:
#   CSI  ESC [ parameters intermediates final; colours are those that end with m
#   OSC, DCS, SOS, PM, APC: a string up to BEL or ESC \\, such as a window's title or a link
#   any other ESC with its one or two characters
_SEQUENCE = re.compile(
    r"\x1b\[(?P<codes>[0-?]*)[ -/]*(?P<final>[@-~]|$|(?=[^ -~]))"
    r"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$|(?=\x1b))"
    r"|\x1b(?:[ -/]*[0-~]?)"
)
# What a browser or a terminal would do something with; a tab is a tab.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f]")

Codes = tuple[int, ...]


def pieces(text: str) -> Iterator[tuple[str, Codes]]:
    """Yield a line's text between sequences, each time with the codes that come before it.

    The codes are the parameters of Select Graphic Rendition, 0 for one that is left out. Every
    other sequence and control character is dropped.
    """
    codes: Codes = ()
    end = 0
    for found in _SEQUENCE.finditer(text):
        if found.start() > end:
            yield _CONTROL.sub("", text[end : found.start()]), codes
            codes = ()
        end = found.end()
        if found["final"] == "m":
            codes += _codes(found["codes"])
    if end < len(text):
        yield _CONTROL.sub("", text[end:]), codes


def _codes(parameters: str) -> Codes:
    return tuple(code for one in parameters.split(";") for code in _parts(one.split(":")))


def _parts(parts: list[str]) -> Iterator[int]:
    """Yield the codes of one parameter; of one with parts, written with colons, what we know."""
    first = _number(parts[0])
    if first in _COLOURS:
        if parts[1:2] == ["2"] and len(parts) > _THREE_NUMBERS:
            del parts[2]  # The colour space, which may stand before the three numbers.
        yield from map(_number, parts)
    else:
        yield first


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < len("1000") else 0


_THREE_NUMBERS = 5  # parts of a colour such as 38:2:255:0:0
_COLOURS = frozenset({38, 48, 58})  # of letters, behind them, of a line below them


def plain(text: str) -> str:
    """Return a line without any control sequence or character."""
    if "\x1b" not in text and not _CONTROL.search(text):
        return text
    return "".join(piece for piece, _codes_before in pieces(text))
