"""The kind that converts sound and video, cuts and scales them, and evens out how loud they are."""

from typing import Annotated

from pydantic import Field

from tasks.context import checkpoint, output, progress, resume
from tasks.kind import Accept, Upload, kind, longest
from tasks.kinds.media.options import (
    AfterStart,
    Moment,
    Options,
    Quality,
    Target,
    WithAPicture,
    WithASize,
)

# A moving picture, and those whose media type Python does not know or takes for another one.
_SUFFIXES = (".gif", ".mka", ".m4b", ".caf", ".ts", ".mts", ".m2ts", ".vob", ".weba")


@kind(title="Convert sound or video", icon="film", time_limit=longest())
def media(
    file: Annotated[
        Upload,
        Accept("video/*", "audio/*", *_SUFFIXES),
        Field(description="sound or video, in any form that ffmpeg reads"),
    ],
    to: Annotated[
        Target,
        Field(
            title="Convert to",
            description=(
                "auto is mp4 (H.264 and AAC) for video and m4a (AAC) for sound; webm is VP9 and "
                "Opus, ogg is Vorbis. A format of sound takes the sound out of a video"
            ),
        ),
    ] = "auto",
    quality: Annotated[
        Quality, Field(description="better is larger; flac and wav lose nothing anyway")
    ] = "good",
    start: Annotated[
        Moment | None,
        Field(title="Cut from", description="such as 1:23 or 83.5; empty is the beginning"),
    ] = None,
    end: Annotated[
        Moment | None,
        AfterStart,
        Field(title="Cut to", description="such as 2:30; empty is the end"),
    ] = None,
    width: Annotated[
        Annotated[int, Field(ge=16, le=7680)] | None,
        WithAPicture,
        Field(description="at most so many pixels wide; the proportions stay"),
    ] = None,
    height: Annotated[
        Annotated[int, Field(ge=16, le=4320)] | None,
        WithAPicture,
        Field(description="at most so many pixels high, such as 720; the proportions stay"),
    ] = None,
    enlarge: Annotated[
        bool, WithASize, Field(description="make a smaller picture as large as that, too")
    ] = False,
    loudness: Annotated[
        Annotated[float, Field(ge=-40, le=-5)] | None,
        Field(
            title="Loudness in LUFS",
            description=(
                "bring the sound to this loudness by EBU R128: -23 for broadcasting, -16 for "
                "podcasts, -14 for streaming; empty leaves it as it is"
            ),
        ),
    ] = None,
) -> dict[str, object]:
    """Converts sound or video, cuts it, makes it smaller, or brings it to a loudness.

    The result is one file that browsers and phones play, and a picture: a frame of a video, or the
    waveform of sound. A picture is never enlarged unless you ask for it.

    The loudness is measured before and after, by EBU R128. If one gain for all of it would cut off
    the peaks, loud passages are levelled instead, and the result says so.
    """
    from tasks.kinds.media.run import Work

    options = Options(
        to=to,
        quality=quality,
        start=start,
        end=end,
        width=width,
        height=height,
        enlarge=enlarge,
        loudness=loudness,
    )
    return Work(file.path, file.name, options, output, progress, checkpoint, resume()).do()
