"""What is in a file, by ffmpeg's report on opening it: how long it lasts, and its streams."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.kind import BadInput
from tasks.kinds.media import ffmpeg
from tasks.kinds.media.options import clock

# The report's own lines are indented by two blanks; what a file says about itself by four or more.
_DURATION = re.compile(r"\[info\]   Duration: (\d+):(\d\d):(\d\d(?:\.\d+)?)")
_STREAM = re.compile(
    r"\[info\]   Stream #0:(\d+)(?:\[\w+\])?(?:\(\w*\))?: (Video|Audio|Subtitle): (\w+)(.*)"
)
_SIZE = re.compile(r", (\d{1,5})x(\d{1,5})(?=[ ,]|$)")
_RATE = re.compile(r", (\d+) Hz, ([^,]+)")
_TITLES = {
    "aac": "AAC",
    "h264": "H.264",
    "hevc": "H.265",
    "mp3": "MP3",
    "mp3float": "MP3",
    "opus": "Opus",
    "vorbis": "Vorbis",
    "vp8": "VP8",
    "vp9": "VP9",
    "av1": "AV1",
    "flac": "FLAC",
    "pcm_s16le": "PCM of 16 bits",
    "pcm_s24le": "PCM of 24 bits",
}

_LISTS = (b"#EXTM3U", b"ffconcat", b"[playlist]", b"<?xml", b"<MPD", b"<smil", b"v=0\n", b"v=0\r\n")


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of pictures or sound; `index` is ffmpeg's number for it.

    `width` and `height` are in pixels, `rate` is in Hz; each is 0 where it does not apply.
    """

    index: int
    codec: str
    default: bool
    cover: bool
    width: int
    height: int
    rate: int
    channels: str

    def __str__(self) -> str:
        """Return what a person wants to know of it."""
        title = _TITLES.get(self.codec, self.codec)
        if self.width:
            return f"{self.width} x {self.height}, {title}"
        rate = f"{self.rate / 1000:g} kHz"
        return f"{title}, {rate}, {self.channels}" if self.rate else title


@dataclass(frozen=True, slots=True)
class Source:
    """A file's streams. `duration` is in seconds, None where the file does not say.

    A cover, the single picture in a file of sound, is no video.
    """

    duration: float | None
    videos: tuple[Stream, ...]
    sounds: tuple[Stream, ...]
    covers: tuple[Stream, ...]
    subtitles: int

    @property
    def video(self) -> Stream | None:
        """The video that is shown unless a person picks another."""
        return _preferred(self.videos)

    @property
    def sound(self) -> Stream | None:
        """The sound that is heard unless a person picks another."""
        return _preferred(self.sounds)

    def __str__(self) -> str:
        """Return it in a line."""
        parts = [str(stream) for stream in (self.video, self.sound) if stream]
        lasts = "" if self.duration is None else f"{clock(self.duration)}; "
        return lasts + "; ".join(parts)


def look(path: Path, name: str) -> Source:
    """Return what is in a file.

    Args:
        path: the file.
        name: what the person calls it.

    Raises:
        BadInput: it holds neither sound nor video that can be read; the words say why.
    """
    with path.open("rb") as file:
        beginning = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    if not beginning:
        raise BadInput(f"{name} is empty.")
    if beginning.startswith(_LISTS):
        raise BadInput(
            f"{name} is a list that names other files. Give the file of sound or video itself."
        )
    status, written = ffmpeg.report(path)
    found = read(written)
    if status or not (found.videos or found.sounds):
        raise ffmpeg.refusal(written, name)
    return found


def read(report: Sequence[str]) -> Source:
    """Return what ffmpeg's report says of a file."""
    duration = None
    streams: list[tuple[str, Stream]] = []
    for line in report:
        if duration is None and (found := _DURATION.match(line)):
            duration = float(found[1]) * 3600 + float(found[2]) * 60 + float(found[3])
        elif found := _STREAM.match(line):
            streams.append((found[2], _stream(found)))
    videos = [one for sort, one in streams if sort == "Video" and one.codec != "none"]
    return Source(
        duration=duration,
        videos=tuple(one for one in videos if not one.cover),
        sounds=tuple(one for sort, one in streams if sort == "Audio" and one.codec != "none"),
        covers=tuple(one for one in videos if one.cover),
        subtitles=sum(sort == "Subtitle" for sort, _one in streams),
    )


def _stream(found: re.Match[str]) -> Stream:
    rest = found[4]
    size, rate = _SIZE.search(rest), _RATE.search(rest)
    return Stream(
        index=int(found[1]),
        codec=found[3],
        default="(default)" in rest,
        cover="(attached pic)" in rest or "(still image)" in rest,
        width=int(size[1]) if size else 0,
        height=int(size[2]) if size else 0,
        rate=int(rate[1]) if rate else 0,
        channels=rate[2] if rate else "",
    )


def _preferred(streams: Sequence[Stream]) -> Stream | None:
    return next((one for one in streams if one.default), streams[0] if streams else None)
