"""What can be made: for each format its encoders, and what they are told for each quality."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.kinds.media.options import Quality

Arguments = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Format:
    """One format; `video` is empty where it holds sound alone.

    `layouts` are the channel layouts that its encoder takes, where it does not say so itself.
    """

    audio: Mapping[Quality, Arguments]
    muxer: Arguments
    video: Mapping[Quality, Arguments] = field(default_factory=dict)
    layouts: str = ""


def _by_quality(before: Arguments, small: str, good: str, best: str) -> dict[Quality, Arguments]:
    return {"small": (*before, small), "good": (*before, good), "best": (*before, best)}


_AAC = _by_quality(("-c:a", "aac", "-b:a"), "96k", "160k", "256k")
_OPUS = _by_quality(("-c:a", "libopus", "-b:a"), "64k", "112k", "192k")
# libopus refuses surround sound whose rear channels are called side channels, as most are.
_OPUS_LAYOUTS = "7.1|6.1|5.1|5.0|quad|3.0|stereo|mono"
_VP9 = ("-c:v", "libvpx-vp9", "-b:v", "0", "-row-mt", "1", "-deadline", "good", "-cpu-used", "4")

FORMATS: Mapping[str, Format] = {
    "mp4": Format(
        video=_by_quality(("-c:v", "libx264", "-preset", "medium", "-crf"), "28", "23", "18"),
        audio=_AAC,
        # The index comes first, so that a browser plays before it has the whole file.
        muxer=("-movflags", "+faststart", "-f", "mp4"),
    ),
    "webm": Format(
        video=_by_quality((*_VP9, "-crf"), "40", "33", "26"),
        audio=_OPUS,
        muxer=("-f", "webm"),
        layouts=_OPUS_LAYOUTS,
    ),
    "mp3": Format(
        audio=_by_quality(("-c:a", "libmp3lame", "-q:a"), "6", "3", "0"), muxer=("-f", "mp3")
    ),
    "m4a": Format(audio=_AAC, muxer=("-movflags", "+faststart", "-f", "ipod")),
    "opus": Format(audio=_OPUS, muxer=("-f", "opus"), layouts=_OPUS_LAYOUTS),
    "ogg": Format(
        audio=_by_quality(("-c:a", "libvorbis", "-q:a"), "2", "5", "8"), muxer=("-f", "ogg")
    ),
    "flac": Format(
        audio=_by_quality(("-c:a", "flac", "-compression_level"), "8", "5", "5"),
        muxer=("-f", "flac"),
    ),
    "wav": Format(
        audio=_by_quality(("-c:a",), "pcm_s16le", "pcm_s16le", "pcm_s24le"),
        # A plain WAV file ends at 4 GB.
        muxer=("-rf64", "auto", "-f", "wav"),
    ),
}
