"""Makes one picture into what a person asked for: upright, in size, in sRGB, as a file."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from PIL import Image, ImageOps

from tasks.kinds.images import colours, writing
from tasks.kinds.images.facts import Skipped
from tasks.kinds.images.fit import fit
from tasks.kinds.images.opening import BROKEN, animated, opened, pages
from tasks.kinds.images.options import SUFFIXES, Options
from tasks.kinds.images.words import amount

THUMB = 168  # pixels, the longer side of a picture on the contact sheet
MOST_FRAME_PIXELS = 150_000_000  # of all frames of a moving picture, in the size it gets
LONGEST = 5_000  # frames

_ORIENTATION = 0x0112
_TURNED = {5, 6, 7, 8}  # orientations that lie on their side
_GAP = 2.0  # times the final size, to which a picture is reduced in a quick way before
_BYTES = 4  # that Pillow takes for a pixel


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The file, its suffix, both sizes in pixels, upright, and what one should know of it.

    `found` is the format that the picture had, by Pillow's name.
    """

    found: str
    data: bytes
    suffix: str
    before: tuple[int, int]
    after: tuple[int, int]
    notes: tuple[str, ...]
    thumb: bytes


Room = Callable[[int], Any]
"""Returns a context in which so many bytes may be taken for pixels."""


def shrink(
    file: IO[bytes], options: Options, threads: int, room: Room, wanted: Callable[[], bool]
) -> Shrunk:
    """Work on one picture.

    Args:
        file: the picture, seekable.
        options: what the person chose.
        threads: that an encoder may use.
        room: is entered while pixels are held.
        wanted: is asked between the frames of a moving picture.

    Raises:
        Skipped: it can't be worked on.
    """
    with opened(file) as image:
        as_format = options.written(image.format or "")
        work = _moving if animated(image) else _still
        return work(image, options, as_format, threads, room, wanted)


def _still(
    image: Image.Image,
    options: Options,
    as_format: str,
    threads: int,
    room: Room,
    _wanted: Callable[[], bool],
) -> Shrunk:
    notes = [f"the first of its {pages(image)} pages"] if pages(image) > 1 else []
    orientation = _orientation(image, notes)
    before = _turned(image.size, orientation)
    after = fit(before, options.width, options.height, enlarge=options.enlarge)
    writing.check(as_format, after, moves=False)
    lying = _turned(after, orientation)
    box = None
    if image.format in {"JPEG", "MPO"}:
        # Decoded to a half, a quarter or an eighth, as much as the final size allows.
        drafted = image.draft(None, (int(lying[0] * _GAP), int(lying[1] * _GAP)))
        box = drafted[1] if drafted and image.size != lying else None
    with room(_BYTES * (image.width * image.height + after[0] * after[1])):
        image.load()
        upright = ImageOps.exif_transpose(_resized(image, lying, box, as_format, notes))
        kept = writing.metadata(upright, upright.size) if options.metadata else {}
        coloured = _coloured(upright, as_format, kept, notes)
        data = writing.written([coloured], as_format, options.quality, threads, kept, {})
        thumb = _thumb(coloured)
    return Shrunk(image.format or "", data, SUFFIXES[as_format], before, after, tuple(notes), thumb)


def _orientation(image: Image.Image, notes: list[str]) -> int:
    """Return how a picture lies; EXIF data that can't be read are dropped."""
    if image.format == "TIFF":
        image.load()  # Pillow turns these by itself.
        return 1
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except BROKEN:
        notes.append("its EXIF data can't be read and are left out")
        image.info.pop("exif", None)
        return 1


def _turned(size: tuple[int, int], orientation: int) -> tuple[int, int]:
    return (size[1], size[0]) if orientation in _TURNED else size


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
    return plain.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=_GAP)


def _coloured(
    image: Image.Image, as_format: str, kept: dict[str, Any], notes: list[str]
) -> Image.Image:
    """Return the picture in colours that its file can hold; the profile in `kept` goes if not."""
    said = []
    if image.mode == "CMYK" or "icc_profile" not in kept:
        profile = image.info.get("icc_profile")
        if image.mode != "P":
            image, words = colours.to_srgb(image, profile)
            said.append(words)
        kept.pop("icc_profile", None)
    if as_format == "JPEG":
        image, words = colours.opaque(image)
        said.append(words)
    notes.extend(filter(None, said))
    return image


def _moving(
    image: Image.Image,
    options: Options,
    as_format: str,
    threads: int,
    room: Room,
    wanted: Callable[[], bool],
) -> Shrunk:
    count = int(getattr(image, "n_frames", 1))
    before = image.size
    after = fit(before, options.width, options.height, enlarge=options.enlarge)
    writing.check(as_format, after, moves=True)
    if count > LONGEST or count * after[0] * after[1] > MOST_FRAME_PIXELS:
        raise Skipped(
            f"has {amount(count, 'frame')}, too many for their size. Choose a smaller one"
        )
    with room(_BYTES * (count * after[0] * after[1] + 2 * before[0] * before[1])):
        timing: dict[str, Any] = {
            # A GIF that does not say how often it is played is played once.
            "loop": image.info.get("loop", 1 if image.format == "GIF" else 0)
        }
        kept = writing.metadata(image, after) if options.metadata else {}
        durations: list[int] = []
        frames: list[Image.Image] = []
        for frame in _frames(image, count, wanted):
            durations.append(round(frame.info.get("duration", 0)) or 100)
            frames.append(_frame(frame, after, kept))
        timing["duration"] = durations
        thumb = _thumb(frames[0])
        data = writing.written(frames, as_format, options.quality, threads, kept, timing)
    notes = (f"moves: {amount(len(frames), 'frame')}",)
    return Shrunk(image.format or "", data, SUFFIXES[as_format], before, after, notes, thumb)


def _frames(image: Image.Image, count: int, wanted: Callable[[], bool]) -> Iterator[Image.Image]:
    # An APNG may bring a picture for those who can't show it moving; it is no frame.
    for number in range(1 if image.info.get("default_image") else 0, count):
        if not wanted():
            raise Skipped("was not wanted any more")
        image.seek(number)
        image.load()
        yield image


def _frame(frame: Image.Image, size: tuple[int, int], kept: dict[str, Any]) -> Image.Image:
    plain = frame if frame.mode in {"RGB", "RGBA"} else frame.convert("RGBA")
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=_GAP)
    elif plain is frame:
        plain = frame.copy()
    if "icc_profile" not in kept:
        plain, _words = colours.to_srgb(plain, frame.info.get("icc_profile"))
    return plain


def _thumb(image: Image.Image) -> bytes:
    """Return a small JPEG of a picture, for the contact sheet."""
    size = fit(image.size, THUMB, THUMB, enlarge=False)
    plain, _lost = colours.plain(image)
    small = plain.resize(size, Image.Resampling.BOX, reducing_gap=1.0)
    below, _words = colours.opaque(small)
    file = io.BytesIO()
    below.convert("RGB").save(file, "JPEG", quality=85)
    return file.getvalue()
