"""Draws the contact sheet: small pictures in rows, each above its name."""

import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from unicodedata import combining, normalize

from PIL import Image, ImageDraw, ImageFont

from tasks.kinds.images.facts import Fact
from tasks.kinds.images.work import THUMB

MOST = 96  # pictures on the sheet
ACROSS = 8

_GAP = 16  # pixels between pictures, and around them
_LINE = 20  # pixels, the height of a line of text
_PAPER, _INK, _SOFT, _EDGE = "#f7f6f3", "#2b2b2b", "#8a8680", "#dcd8d0"


@dataclass(slots=True)
class Sheet:
    """Collects pictures of so many; of more than MOST it shows as many, evenly chosen."""

    total: int
    _cells: list[tuple[Fact, bytes]] = field(default_factory=list)
    _seen: int = 0

    def add(self, fact: Fact, thumb: bytes) -> None:
        """Take a picture, if it is one of those to be shown."""
        step = max(1.0, self.total / MOST)
        if self._seen >= len(self._cells) * step:
            self._cells.append((fact, thumb))
        self._seen += 1

    def write(self, target: Path) -> None:
        """Draw the sheet, as a JPEG."""
        across = min(ACROSS, len(self._cells))
        down = math.ceil(len(self._cells) / across)
        cell = THUMB + _GAP
        foot = _LINE if self.total > len(self._cells) else 0
        size = (_GAP + across * cell, _GAP + down * (cell + _LINE) + foot)
        paper = Image.new("RGB", size, _PAPER)
        pen, font = ImageDraw.Draw(paper), ImageFont.load_default(13)
        for place, (fact, thumb) in enumerate(self._cells):
            left = _GAP + place % across * cell
            top = _GAP + place // across * (cell + _LINE)
            _paste(paper, pen, thumb, left, top)
            name = _short(fact.result.rpartition("/")[2], font)
            pen.text((left + THUMB / 2, top + THUMB + 4), name, _INK, font, anchor="ma")
        if foot:
            words = f"{len(self._cells)} of {self.total:,} pictures"
            pen.text((size[0] / 2, size[1] - _LINE - 4), words, _SOFT, font, anchor="ma")
        paper.save(target, quality=85)


def _paste(paper: Image.Image, pen: ImageDraw.ImageDraw, thumb: bytes, left: int, top: int) -> None:
    """Put a picture into the middle of its place, with an edge around it."""
    with Image.open(io.BytesIO(thumb)) as small:
        left, top = left + (THUMB - small.width) // 2, top + (THUMB - small.height) // 2
        paper.paste(small, (left, top))
        pen.rectangle((left - 1, top - 1, left + small.width, top + small.height), outline=_EDGE)


def _short(name: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """Return as much of a name as stands below a picture; its end tells files apart."""
    # Pillow's own font has the letters of ASCII alone, and draws a box for every other.
    bare = "".join(one for one in normalize("NFKD", name) if not combining(one))
    shown = bare.encode("ascii", "replace").decode("ascii")
    while font.getlength(shown) > THUMB:
        shown = f"..{shown[3:]}"
    return shown
