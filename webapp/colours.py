"""Lines of a job's log with the colours that its programs gave them, as safe HTML.

Only classes of our own come out, and only text that is escaped: whatever a program says, it can't
reach the page otherwise. Its 256 or 16 million colours become the six that can be read on light and
on dark paper alike; black, white and grey say nothing there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from markupsafe import Markup, escape

from tasks.ansi import Codes, pieces

# By the lowest three bits, which say whether red, green and blue are in it.
NAMES: Final = ("", "red", "green", "yellow", "blue", "magenta", "cyan", "")
_LEVELS: Final = (0, 95, 135, 175, 215, 255)  # of red, green and blue in a palette of 256
_GREY: Final = 40  # Colours whose parts are closer to each other than that are grey.
_RESET: Final = 0
_BEGINS: Final[Mapping[int, str]] = {
    1: "bold",
    2: "dim",
    3: "italic",
    4: "underline",
    7: "inverse",
    9: "struck",
}
_ENDS: Final[Mapping[int, frozenset[str]]] = {
    22: frozenset({"bold", "dim"}),
    23: frozenset({"italic"}),
    24: frozenset({"underline"}),
    27: frozenset({"inverse"}),
    29: frozenset({"struck"}),
}
_LETTERS: Final = {38: None, 39: ""} | {
    first + colour: NAMES[colour] for first in (30, 90) for colour in range(8)
}
_GROUND: Final = {48: None, 49: ""} | {
    first + colour: NAMES[colour] for first in (40, 100) for colour in range(8)
}
_OF_A_LINE_BELOW: Final = 58  # Its colour is dropped, but the numbers behind it are read.


@dataclass(frozen=True, slots=True)
class Pen:
    """How text is written from here on."""

    letters: str = ""
    ground: str = ""
    styles: frozenset[str] = frozenset()

    @property
    def classes(self) -> str:
        """The classes of a span, or nothing where text is plain."""
        named = [*sorted(self.styles), self.letters, self.ground and f"on-{self.ground}"]
        return " ".join(f"sgr-{one}" for one in named if one)

    def after(self, codes: Codes) -> "Pen":
        """Return the pen that these codes make of this one; it ignores those it does not know."""
        pen, rest = self, iter(codes)
        for code in rest:
            if code == _RESET:
                pen = Pen()
            elif code in _LETTERS:
                pen = replace(pen, letters=_named(_LETTERS[code], rest))
            elif code in _GROUND:
                pen = replace(pen, ground=_named(_GROUND[code], rest))
            elif code == _OF_A_LINE_BELOW:
                _named(None, rest)
            else:
                begins = {_BEGINS[code]} if code in _BEGINS else frozenset()
                pen = replace(pen, styles=pen.styles - _ENDS.get(code, frozenset()) | begins)
        return pen


def coloured(text: str) -> Markup:
    """Return a line as HTML. Colours end with their line."""
    pen, html = Pen(), Markup()
    for piece, codes in pieces(text):
        pen = pen.after(codes)
        if pen.classes:
            html += Markup('<span class="{}">{}</span>').format(pen.classes, piece)
        else:
            html += escape(piece)
    return html


def _named(name: str | None, rest: Iterator[int]) -> str:
    """Return the colour of this name; where it has none, the one that the next codes give."""
    if name is not None:
        return name
    match next(rest, None):
        case 5:
            return _of_palette(next(rest, 0))
        case 2:
            return _nearest(tuple(islice(rest, 3)))
    return ""


def _of_palette(number: int) -> str:
    """Return the name of one of 256 colours: 16 with names, a cube of six by six by six, greys."""
    cube = number - 16
    if cube < 0:
        return NAMES[number % 8]
    if cube >= 6**3:
        return ""
    return _nearest((_LEVELS[cube // 36], _LEVELS[cube // 6 % 6], _LEVELS[cube % 6]))


def _nearest(parts: tuple[int, ...]) -> str:
    least, most = min(parts, default=0), max(parts, default=0)
    if most - least < _GREY:
        return ""
    middle = (least + most) / 2
    return NAMES[sum(1 << bit for bit, part in enumerate(parts) if part > middle)]
