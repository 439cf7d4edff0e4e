"""Finds the damage in a PNG that its decoder overlooks, by the checksums in the file."""

import zlib
from typing import IO

from tasks.kinds.images.facts import Skipped

PIECE = 1 << 20  # bytes that are read at a time

_SIGNATURE_SIZE = 8
_PIXELS = {b"IDAT", b"fdAT"}  # Pillow checks what stands before them, and these not.


def check(file: IO[bytes]) -> None:
    """Read the pixels of a PNG as they are packed; leaves the file where it was.

    Pillow stops at the last pixel, before the checksums behind it, and so decodes a stream with a
    wrong bit in it into noise. Browsers show such a picture as broken.

    Raises:
        Skipped: some of them are not what was written.
    """
    place = file.tell()
    file.seek(_SIGNATURE_SIZE)
    try:
        while len(head := file.read(8)) == 8:  # noqa: PLR2004 - four of the length, four of the name
            length, name = int.from_bytes(head[:4], "big"), head[4:]
            if name not in _PIXELS:
                file.seek(length + 4, 1)
            elif not _is_whole(file, name, length):
                raise Skipped("is damaged: its checksum does not fit")
    finally:
        file.seek(place)


def _is_whole(file: IO[bytes], name: bytes, length: int) -> bool:
    """Return whether a chunk is what was written; one that is cut off is told so by its decoder."""
    checksum = zlib.crc32(name)
    while length and (piece := file.read(min(length, PIECE))):
        checksum, length = zlib.crc32(piece, checksum), length - len(piece)
    written = file.read(4)
    return length > 0 or len(written) < 4 or int.from_bytes(written, "big") == checksum  # noqa: PLR2004 - a checksum's bytes
