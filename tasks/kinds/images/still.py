"""Makes one picture that does not move into what a person asked for, upright and in sRGB."""

from typing import Any

from PIL import Image, ImageOps

from tasks.kinds.images import colours, writing
from tasks.kinds.images.opening import BROKEN, pages
from tasks.kinds.images.work import BYTES, GAP, Shrunk, Work, thumb

_TURNED = {5, 6, 7, 8}  # orientations that lie on their side


def shrink(image: Image.Image, work: Work) -> Shrunk:
    """Work on a picture that is opened and not yet decoded.

    Raises:
        Skipped: the format that is wanted can't hold it.
    """
    notes = [f"the first of its {pages(image)} pages"] if pages(image) > 1 else []
    as_format = work.options.written(image.format or "")
    orientation = _orientation(image, notes)
    before = _turned(image.size, orientation)
    after = work.fit(before)
    writing.check(as_format, after, moves=False)
    lying = _turned(after, orientation)
    box = _drafted(image, lying)
    with work.room(BYTES * (image.width * image.height + after[0] * after[1])):
        image.load()
        upright = ImageOps.exif_transpose(_resized(image, lying, box, as_format, notes))
        kept = writing.metadata(image, upright) if work.options.metadata else {}
        seen = _coloured(upright, as_format, kept, notes)
        data = writing.written([seen], as_format, work.options.quality, work.threads, kept, {})
        small = thumb(seen)
    return Shrunk(image.format or "", as_format, data, before, after, tuple(notes), small)


def _orientation(image: Image.Image, notes: list[str]) -> int:
    """Return how a picture lies; EXIF data that can't be read are dropped."""
    if image.format == "TIFF":
        return 1  # Pillow turns these by itself when it decodes them.
    try:
        return int(image.getexif().get(writing.ORIENTATION, 1))
    except BROKEN:
        notes.append("its EXIF data can't be read and are left out")
        image.info.pop("exif", None)
        image.getexif().clear()
        return 1


def _turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation in _TURNED else size


def _drafted(image: Image.Image, size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """Have a JPEG decoded to a half, a quarter or an eighth, as much as the final size allows.

    Returns:
        Which part of what is decoded is the picture, or None if all of it is.
    """
    if image.format not in {"JPEG", "MPO"}:
        return None
    drafted = image.draft(None, (int(size[0] * GAP), int(size[1] * GAP)))
    return drafted[1] if drafted and image.size != size else None


def _resized(
    image: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None,
    as_format: str,
    notes: list[str],
) -> Image.Image:
    if image.size == size and image.mode == "P" and as_format in {"PNG", "GIF"}:
        return image  # A palette of few colours stays one; it is smaller and loses nothing.
    plain, lost = colours.plain(image)
    notes.extend([lost] if lost else [])
    if plain.size == size:
        return plain
    return plain.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=GAP)


def _coloured(
    image: Image.Image, as_format: str, kept: dict[str, Any], notes: list[str]
) -> Image.Image:
    """Return the picture in colours that its file can hold; the profile in `kept` goes if not."""
    said = []
    if image.mode == "P":
        kept.pop("icc_profile", None)
    elif not colours.can_stay(kept.get("icc_profile", b""), image.mode):
        image, words = colours.to_srgb(image, image.info.get("icc_profile"))
        said.append(words)
        kept.pop("icc_profile", None)
    if as_format == "JPEG":
        image, words = colours.opaque(image)
        said.append(words)
    notes.extend(filter(None, said))
    return image
