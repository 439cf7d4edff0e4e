"""The picture to look at: a frame of a video, or the waveform of sound.

It is drawn after the conversion, by a run of its own: ffmpeg tells nothing of how far it is until
each of its results has begun, and a waveform begins when all of the sound has been heard.
"""

import logging
from pathlib import Path

from tasks.kind import BadInput
from tasks.kinds.media import ffmpeg

logger = logging.getLogger(__name__)

WIDTH = 1_280  # pixels of a poster, at most
FROM, FRAMES = 0.1, 4  # where the poster is looked for: a share of the video, and frames from there
WAVEFORM = "1200x240"
COLUMNS = 1_200
COLOUR = "#4c8bf5"  # It is seen on white and on black, which the picture lets through.
# What draws a waveform holds all of the sound in memory, two bytes for each sample.
RATE, UNSURE_RATE, LEAST_RATE, SAMPLES = 8_000, 2_000, 100, 32_000_000

# A video has square points as a rule; where it has not, that ends here.
SQUARE = "scale=iw*sar:ih,setsar=1"

_ONE = ("-frames:v", "1", "-update", "1", "-q:v", "3", "-f", "image2")


def poster(video: Path, duration: float | None, picture: Path) -> None:
    """Draw the most ordinary of some frames after the beginning, which is often black.

    Args:
        video: what it is to be of.
        duration: of the video in seconds, if that is known.
        picture: where it is written; without a frame to show nothing is.
    """
    place = f"{(duration or 0.0) * FROM:.3f}"
    # Every fifth frame: those side by side are much the same.
    chosen = f"select='not(mod(n,5))',{SQUARE},scale=w='min({WIDTH},iw)':h=-2,thumbnail={FRAMES}"
    opened = ffmpeg.opening(video, "-ss", place)
    _draw([*opened, "-an", "-vf", chosen, *_ONE, ffmpeg.named(picture)], video.name)


def thinned_rate(duration: float | None) -> int:
    """Return how many samples of each second a waveform is drawn from."""
    if not duration:
        return UNSURE_RATE
    return max(LEAST_RATE, min(RATE, int(SAMPLES / duration)))


def thinning(rate: int) -> str:
    """Return the filter that makes sound into what `waveform` takes."""
    # In large pieces: to hand small ones on costs ffmpeg more than the thinning itself.
    return f"asetnsamples=65536:p=0,aresample={rate}:osf=s16:ochl=mono,aformat=s16:{rate}:mono"


def waveform(heard: Path, rate: int, picture: Path) -> None:
    """Draw the peaks of sound, by the square root, so that quiet sound is seen too.

    Args:
        heard: the sound as `thinning` leaves it, 16 bits for each sample and nothing else.
        rate: samples in a second.
        picture: where it is written.
    """
    # What draws refuses fewer samples than the picture has columns, so silence fills them up.
    drawn = (
        f"asetnsamples=65536:p=0,apad=whole_len={2 * COLUMNS},"
        f"showwavespic=s={WAVEFORM}:colors={COLOUR}:draw=full:filter=peak:scale=sqrt"
    )
    opened = ["-f", "s16le", "-ar", str(rate), "-ac", "1", "-i", ffmpeg.named(heard)]
    _draw([*opened, "-filter_complex", drawn, *_ONE, ffmpeg.named(picture)], picture.name)


def _draw(arguments: list[str], name: str) -> None:
    try:
        ffmpeg.run(arguments, name, lambda _done, _speed: None)
    except BadInput as error:
        # The result is what was asked for, and it is there.
        logger.warning("There is no picture to look at: %s", error)
