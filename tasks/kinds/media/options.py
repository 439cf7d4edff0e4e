"""What a person chooses on the form of this kind, and which choices go together."""

import math
import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

Target = Literal["auto", "mp4", "webm", "mp3", "m4a", "opus", "ogg", "flac", "wav"]
Quality = Literal["small", "good", "best"]

SOUND_ALONE = frozenset({"mp3", "m4a", "opus", "ogg", "flac", "wav"})

_SIXTY = 60
_LONGEST = 1_000_000  # seconds; no file is longer than eleven days
_CLOCK = re.compile(r"(?:(?:(\d{1,3}):)?(\d{1,5}):)?(\d{1,7}(?:[.,]\d{1,6})?)", re.ASCII)
_UNITS = re.compile(
    r"(?=.)(?:(\d{1,3}) ?h ?)?(?:(\d{1,5}) ?m(?:in)? ?)?(?:(\d{1,7}(?:[.,]\d{1,6})?) ?s)?",
    re.ASCII,
)


def seconds_typed(value: object) -> object:
    """Read a time as people type it: 83.5, 1:23, 1:02:03.25, 1h 2m or 90 s.

    Returns:
        Seconds; what is no text is left for pydantic to judge.

    Raises:
        ValueError: it is none of these.
    """
    if not isinstance(value, str):
        return value
    typed = value.strip().lower()
    found = _CLOCK.fullmatch(typed) or _UNITS.fullmatch(typed)
    if found is None:
        raise ValueError("Must be a time, such as 1:23 or 83.5 (seconds)")
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in found.groups())
    if ((found[1] or found[2]) and seconds >= _SIXTY) or (found[1] and minutes >= _SIXTY):
        raise ValueError("Has 60 or more minutes or seconds behind others: 2:15 rather than 1:75")
    return hours * 3600 + minutes * 60 + seconds


Moment = Annotated[
    float,
    BeforeValidator(seconds_typed),
    Field(ge=0, le=_LONGEST),
    WithJsonSchema({"type": "string", "examples": ["1:23"]}),
]
"""A place in a file, in seconds from its beginning; it may be typed as a clock shows it."""


def _after_start(end: float | None, info: ValidationInfo) -> float | None:
    start = info.data.get("start") or 0.0
    if end is not None and end <= start:
        raise ValueError(f"Must be after the start, {clock(start)}")
    return end


def _with_a_picture(size: int | None, info: ValidationInfo) -> int | None:
    target = info.data.get("to")
    if size is not None and target in SOUND_ALONE:
        raise ValueError(f"There is no picture in {target}: leave this empty, or choose a video")
    return size


def _with_a_size(enlarge: bool, info: ValidationInfo) -> bool:
    # A wrong size is not among the data, and has its own message.
    sizes = [info.data.get(name, "wrong") for name in ("width", "height")]
    if enlarge and sizes == [None, None]:
        raise ValueError("Give a width or a height to enlarge to")
    return enlarge


AfterStart = AfterValidator(_after_start)
WithAPicture = AfterValidator(_with_a_picture)
WithASize = AfterValidator(_with_a_size)


@dataclass(frozen=True, slots=True)
class Options:
    """The choices for one file; the defaults are the form's.

    Times are in seconds, sizes in pixels, `loudness` is in LUFS; None leaves each as it is.
    """

    to: Target = "auto"
    quality: Quality = "good"
    start: float | None = None
    end: float | None = None
    width: int | None = None
    height: int | None = None
    enlarge: bool = False
    loudness: float | None = None


def clock(seconds: float) -> str:
    """Return a time as a player shows it: 0:09.5, 1:23, 1:02:03."""
    tenths = math.floor(seconds * 10 + 0.5)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    fraction = f".{rest % 10}" if rest % 10 else ""
    return f"{text}:{rest // 10:02}{fraction}"
