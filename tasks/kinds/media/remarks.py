"""What a person may not expect of the result, in sentences."""

import logging
from collections.abc import Iterator, Sequence

from tasks.kinds.media import loudness, reasons
from tasks.kinds.media.loudness import Loudness
from tasks.kinds.media.options import Options, clock
from tasks.kinds.media.plan import Plan
from tasks.kinds.media.source import Source, Stream

logger = logging.getLogger(__name__)

SHORTER_BY = 0.02, 0.5  # a share and seconds; a result that is shorter by both has lost something
NEAR = 1.0  # LU; a person hears no smaller difference
ROUNDING = 2  # pixels; sides are even
SHOWN = 5  # lines of ffmpeg's about damage that the job's log shows


def beforehand(found: Source, plan: Plan, measured: Loudness | None) -> Iterator[str]:
    """Yield what can be said before the work: what is left out, and what stays as it is."""
    options = plan.options
    if len(found.sounds) > 1:
        yield f"Of {len(found.sounds)} sound tracks the result has one."
    if plan.video:
        if len(found.videos) > 1:
            yield f"Of {len(found.videos)} pictures the result has one."
        if found.subtitles:
            yield "Subtitles are left out."
    if found.duration is not None and (options.end or 0) > found.duration:
        yield f"The file ends at {clock(found.duration)}, and so does the cut."
    if measured is not None and options.loudness is not None:
        yield from _of_loudness(measured, options.loudness)


def _of_loudness(measured: Loudness, target: float) -> Iterator[str]:
    if measured.silent:
        yield "Nothing is to be heard, or too little to measure, so the loudness stays as it is."
    elif not loudness.is_one_gain(measured, target):
        yield (
            "Loud passages are levelled: one gain for all of it would bring the peaks above "
            f"{loudness.PEAK} dBTP."
        )


def of_target(after: Loudness, target: float | None) -> Iterator[str]:
    """Yield in what the loudness is not what was asked for."""
    if target is None or after.silent:
        return
    if after.peak > loudness.HIGHEST_PEAK:
        yield (
            f"The peaks are above the {loudness.HIGHEST_PEAK:.0f} dBTP that EBU R128 allows: the "
            "encoder added to them. A lower loudness, or flac, leaves them room."
        )
    if abs(after.integrated - target) > NEAR:
        yield (
            f"The result has {after.integrated:.1f} LUFS instead of {target:.1f}: it can't be "
            "brought there without cutting off its peaks, or is too short or uneven for that."
        )


def afterwards(plan: Plan, made: Source, written: Sequence[str]) -> Iterator[str]:
    """Yield what is to be said of the result: what stayed as it was, and what damage cost.

    Args:
        plan: what was to be made.
        made: what was made.
        written: what ffmpeg wrote meanwhile.
    """
    if made.video and _has_room(made.video, plan.options):
        yield "The picture is smaller than it may be, and keeps its size."
    if lines := reasons.damages(written):
        yield "Parts of the file are damaged: the result may have gaps. The log has more."
        for line in lines[:SHOWN]:
            logger.warning("ffmpeg: %s", line)
    if plan.duration is not None and made.duration is not None:
        share, least = SHORTER_BY
        if plan.duration - made.duration > max(plan.duration * share, least):
            yield (
                f"The result lasts {clock(made.duration)} instead of {clock(plan.duration)}: "
                "no more of the file could be read."
            )


def _has_room(video: Stream, options: Options) -> bool:
    """Return whether a picture could have been larger; by a row or two does not count."""
    pairs = [(video.width, options.width), (video.height, options.height)]
    room = [limit - side for side, limit in pairs if limit is not None]
    return bool(room) and min(room) > ROUNDING and not options.enlarge
