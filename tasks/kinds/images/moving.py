"""Makes one picture that moves into a smaller one that moves as it did."""

from collections.abc import Iterator
from typing import Any

from PIL import Image

from tasks.kinds.images import colours, writing
from tasks.kinds.images.facts import Skipped
from tasks.kinds.images.rooms import Deserted, Room
from tasks.kinds.images.words import amount
from tasks.kinds.images.work import BYTES, GAP, Shrunk, Work, thumb

MOST_PIXELS = 150_000_000  # of all frames, in the size they get: encoders want them all at once
MOST_FRAMES = 5_000
USUAL = 100  # milliseconds of a frame that does not say; browsers take as long


def shrink(image: Image.Image, work: Work) -> Shrunk:
    """Work on a picture that is opened and not yet decoded.

    Raises:
        Skipped: the format that is wanted can't hold it, or it is too long.
        Deserted: nobody waits for it any more.
    """
    as_format = work.options.written(image.format or "")
    before, count = image.size, int(getattr(image, "n_frames", 1))
    after = work.fit(before)
    writing.check(as_format, after, moves=True)
    if count > MOST_FRAMES or count * after[0] * after[1] > MOST_PIXELS:
        many = amount(count, "frame")
        raise Skipped(f"has {many}, too many for their size. Choose a smaller one")
    with work.room(BYTES * (count * after[0] * after[1] + 2 * before[0] * before[1])):
        kept = writing.metadata(image, image) if work.options.metadata else {}
        if not colours.can_stay(kept.get("icc_profile", b""), "RGB"):
            kept.pop("icc_profile", None)
        frames, timing = _read(image, count, after, work.room, as_it_is="icc_profile" in kept)
        quality, threads = work.options.quality, work.threads
        data = writing.written(frames, as_format, quality, threads, kept, timing)
        small = thumb(frames[0])
    notes = (f"moves: {amount(len(frames), 'frame')}",)
    return Shrunk(image.format or "", as_format, data, before, after, notes, small)


def _read(
    image: Image.Image, count: int, size: tuple[int, int], room: Room, *, as_it_is: bool
) -> tuple[list[Image.Image], dict[str, Any]]:
    """Return the frames in their final size, and how long each is seen, and how often all."""
    frames, durations = [], []
    for frame in _frames(image, count, room):
        frames.append(_frame(frame, size, as_it_is=as_it_is))
        durations.append(round(frame.info.get("duration", 0)) or USUAL)
    if len({frame.mode for frame in frames}) > 1:
        # Some are opaque by chance; an encoder asks for frames that are alike.
        frames = [frame.convert("RGBA") for frame in frames]
    # A GIF that does not say how often it is played is played once.
    loop = image.info.get("loop", 1 if image.format == "GIF" else 0)
    return frames, {"duration": durations, "loop": loop}


def _frames(image: Image.Image, count: int, room: Room) -> Iterator[Image.Image]:
    # An APNG may bring a picture for those who can't show it moving; it is no frame.
    for number in range(1 if image.info.get("default_image") else 0, count):
        if not room.open:
            raise Deserted
        image.seek(number)
        image.load()
        yield image


def _frame(frame: Image.Image, size: tuple[int, int], *, as_it_is: bool) -> Image.Image:
    plain = frame if frame.mode in {"RGB", "RGBA"} else frame.convert("RGBA")
    if plain.size != size:
        plain = plain.resize(size, Image.Resampling.LANCZOS, reducing_gap=GAP)
    elif plain is frame:
        plain = frame.copy()
    return plain if as_it_is else colours.to_srgb(plain, frame.info.get("icc_profile"))[0]
