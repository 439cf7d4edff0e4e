"""What a person chose, as one value, and the words to choose from."""

from dataclasses import dataclass
from typing import Literal

Format = Literal["webp", "jpeg", "png", "avif", "as it is"]

# What Pillow and people call the formats that are written.
NAMES = {"WEBP": "WebP", "JPEG": "JPEG", "PNG": "PNG", "AVIF": "AVIF", "GIF": "GIF"}
SUFFIXES = {"WEBP": "webp", "JPEG": "jpg", "PNG": "png", "AVIF": "avif", "GIF": "gif"}


@dataclass(frozen=True, slots=True)
class Options:
    """How pictures are to become. Sizes are in pixels; None is no limit."""

    width: int | None = 1600
    height: int | None = 1600
    enlarge: bool = False
    format: Format = "webp"
    quality: int = 80
    metadata: bool = False

    def written(self, found: str) -> str:
        """Return the format, by Pillow's name, that a picture of this format is written as."""
        if self.format != "as it is":
            return self.format.upper()
        same = "JPEG" if found == "MPO" else found
        return same if same in SUFFIXES else "PNG"
