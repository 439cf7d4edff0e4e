"""What the work on one picture is given, and what comes of it."""

import io
from dataclasses import dataclass

from PIL import Image

from tasks.kinds.images import colours
from tasks.kinds.images.fit import fit
from tasks.kinds.images.options import Options
from tasks.kinds.images.rooms import Room

THUMB = 168  # pixels, the longer side of a picture on the contact sheet
GAP = 2.0  # times the final size, to which a picture is reduced in a quick way before
BYTES = 4  # that Pillow takes for a pixel


@dataclass(frozen=True, slots=True)
class Work:
    """What the person chose, how many threads an encoder may use, and the memory for all."""

    options: Options
    threads: int
    room: Room

    def fit(self, size: tuple[int, int]) -> tuple[int, int]:
        """Return the size that an upright picture of this size gets."""
        options = self.options
        return fit(size, options.width, options.height, enlarge=options.enlarge)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A finished picture.

    `found` and `written` are the format before and now, by Pillow's names; `before` and `after` the
    sizes in pixels, upright; `notes` what one should know of it; `thumb` a small JPEG of it.
    """

    found: str
    written: str
    data: bytes
    before: tuple[int, int]
    after: tuple[int, int]
    notes: tuple[str, ...]
    thumb: bytes


def thumb(image: Image.Image) -> bytes:
    """Return a small JPEG of a picture, for the contact sheet."""
    plain, _lost = colours.plain(image)
    size = fit(image.size, THUMB, THUMB, enlarge=False)
    small = plain.resize(size, Image.Resampling.BOX, reducing_gap=1.0)
    below, _words = colours.opaque(small)
    file = io.BytesIO()
    below.convert("RGB").save(file, "JPEG", quality=85)
    return file.getvalue()
