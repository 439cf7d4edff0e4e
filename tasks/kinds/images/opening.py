"""Opens a picture and says in words why it can't be worked on, before it is decoded."""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from PIL import Image, UnidentifiedImageError

from tasks.kinds.images import checksums, sniff
from tasks.kinds.images.facts import Skipped

MOST_PIXELS = 200_000_000  # of one picture; the cameras of some phones make as many

#: What Pillow raises when a file is not what it says it is; found by giving it broken ones.
BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    struct.error,
    zlib.error,
)

_ANIMATED = {"GIF", "PNG", "WEBP", "AVIF"}


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Image.Image]:
    """Open a picture, not yet decoded, for the block.

    Raises:
        Skipped: it can't be read, or is too large to be decoded; or what the block does with it
            shows that it is broken.
    """
    try:
        with Image.open(file, formats=sniff.READ) as image:
            if image.format == "PNG":
                checksums.check(file)
            yield image
    except Image.DecompressionBombError as error:
        most = f"{MOST_PIXELS // 1_000_000} million are the most"
        raise Skipped(f"has too many pixels, and {most} (a decompression bomb?)") from error
    except UnidentifiedImageError as error:
        raise Skipped(
            "is broken: its beginning is one of a picture, and the rest is not"
        ) from error
    except MemoryError as error:
        raise Skipped("needs more memory than there is") from error
    except BROKEN as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # The disk's fault, or the storage's.
        raise Skipped(_in_words(error)) from error


def animated(image: Image.Image) -> bool:
    """Return whether a picture moves. One of several pages, or shots, does not."""
    return image.format in _ANIMATED and bool(getattr(image, "is_animated", False))


def pages(image: Image.Image) -> int:
    """Return how many pages or shots a picture has that does not move."""
    return 1 if animated(image) else int(getattr(image, "n_frames", 1))


def _in_words(error: BaseException) -> str:
    said = str(error)
    if "truncated" in said.lower() or isinstance(error, EOFError):
        return "is cut off: its last part is missing"
    if "decompressed data too large" in said.lower():
        return "is a decompression bomb: the text in it unpacks to too much"
    return f"is broken ({said[:120]})" if said else "is broken"
