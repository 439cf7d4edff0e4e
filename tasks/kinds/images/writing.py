"""Writes a picture, still or moving, as a file of a format, with the metadata that shall stay."""

import io
from collections.abc import Sequence
from typing import Any

from PIL import Image, PngImagePlugin

from tasks.kinds.images.facts import Skipped
from tasks.kinds.images.options import NAMES
from tasks.kinds.images.words import pixels

LARGEST_SIDE = {"WEBP": 16_383, "JPEG": 65_535, "GIF": 65_535, "AVIF": 65_535, "PNG": 2**31 - 1}

_MOVES = {"WEBP", "PNG", "AVIF", "GIF"}
ORIENTATION = 0x0112
_EXIF_IFD = 0x8769
# How a TIFF lies in its file: of no meaning in another one. Its XMP and profile stand apart.
_LAYOUT = {*range(254, 267), *range(273, 282), 284, 317, *range(320, 326), 338, 339, 700, 34675}
_STATED_WIDTH, _STATED_HEIGHT = 0xA002, 0xA003
_XMP_IN_PNG = "XML:com.adobe.xmp"


def check(written: str, size: tuple[int, int], *, moves: bool) -> None:
    """Look whether a format can hold a picture.

    Raises:
        Skipped: it can't.
    """
    if moves and written not in _MOVES:
        raise Skipped(
            f"moves, and {NAMES[written]} holds still pictures only. Choose WebP, PNG or AVIF"
        )
    if max(size) > LARGEST_SIDE[written]:
        raise Skipped(
            f"would have {pixels(*size)} pixels, and {NAMES[written]} holds"
            f" {LARGEST_SIDE[written]:,} on a side"
        )


def written(
    frames: Sequence[Image.Image],
    as_format: str,
    quality: int,
    threads: int,
    kept: dict[str, Any],
    timing: dict[str, Any],
) -> bytes:
    """Return the file.

    Args:
        frames: one, or those of a moving picture; of the same size.
        as_format: by Pillow's name.
        quality: from 1 to 100, for formats that lose something.
        threads: how many an encoder may use that can use several.
        kept: the metadata to write; see `metadata`.
        timing: `duration` of each frame in milliseconds, and `loop`, of a moving picture.
    """
    first, *rest = frames
    how: dict[str, Any] = dict(kept)
    if as_format in {"WEBP", "JPEG", "AVIF"}:
        how["quality"] = quality
    if as_format == "AVIF":
        how["max_threads"] = threads
    if as_format == "PNG" and "xmp" in how:
        text = PngImagePlugin.PngInfo()
        text.add_itxt(_XMP_IN_PNG, how.pop("xmp").decode("utf-8", "replace"))
        how["pnginfo"] = text
    if rest:
        how |= timing | {"save_all": True, "append_images": rest}
    if rest and as_format == "GIF":
        how["disposal"] = 2  # Else what is transparent in a frame shows the one before.
    file = io.BytesIO()
    # Pillow writes what it finds here, asked or not; a palette's transparent colour is no metadata.
    first.info = {name: value for name, value in first.info.items() if name == "transparency"}
    first.save(file, as_format, **how)
    return file.getvalue()


def metadata(image: Image.Image, upright: Image.Image) -> dict[str, Any]:
    """Return what `written` takes to keep a picture's metadata.

    Args:
        image: as it was decoded.
        upright: as it will be written, in size and orientation; EXIF and XMP will say so.
    """
    kept = {
        name: upright.info[name]
        for name in ("icc_profile", "xmp", "dpi", "comment")
        if upright.info.get(name)
    }
    if isinstance(kept.get("xmp"), str):
        kept["xmp"] = kept["xmp"].encode()
    exif = image.getexif()
    for tag in {ORIENTATION, *_LAYOUT} & set(exif):
        del exif[tag]
    if len(exif):
        details = exif.get_ifd(_EXIF_IFD)
        if _STATED_WIDTH in details:
            details[_STATED_WIDTH], details[_STATED_HEIGHT] = upright.size
        kept["exif"] = exif.tobytes()
    return kept
