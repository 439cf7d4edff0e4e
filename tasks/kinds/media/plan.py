"""What is to be made of a file: its streams that are taken, the part of it, and the format."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from tasks.kind import BadInput
from tasks.kinds.media import loudness
from tasks.kinds.media.formats import FORMATS, Format
from tasks.kinds.media.loudness import Loudness
from tasks.kinds.media.options import SOUND_ALONE, Options, clock
from tasks.kinds.media.source import Source, Stream

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is made of what: the streams that are taken, and what becomes of them.

    `duration` is what the result lasts, in seconds; None where the file does not say. `levelling`
    is a filter, or empty.
    """

    path: Path
    video: Stream | None
    sound: Stream | None
    cover: Stream | None
    duration: float | None
    target: str
    options: Options
    levelling: str = ""

    @property
    def where(self) -> list[str]:
        """The arguments that say which part of the file is read."""
        options = self.options
        where = ["-ss", f"{options.start:.6f}"] if options.start else []
        if options.end is not None and self.duration is not None:
            where += ["-t", f"{self.duration:.6f}"]
        return where

    @property
    def format(self) -> Format:
        """What is made."""
        return FORMATS[self.target]


def planned(found: Source, path: Path, name: str, options: Options) -> Plan:
    """Return what is to be made of a file.

    Raises:
        BadInput: the file has not what was asked for; the words say what it has not.
    """
    target = options.to
    if target == "auto":
        target = "mp4" if found.video else "m4a"
    sound_alone = target in SOUND_ALONE
    if not sound_alone and found.video is None:
        raise BadInput(
            f"{name} has no picture, so it can't become {target}. Choose auto or a format of sound."
        )
    if sound_alone and found.sound is None:
        raise BadInput(f"{name} has no sound, so it can't become {target}.")
    if sound_alone and (options.width or options.height):
        raise BadInput(f"{name} has no picture to scale. Leave width and height empty.")
    if options.loudness is not None and found.sound is None:
        raise BadInput(f"{name} has no sound. Leave the loudness empty.")
    return Plan(
        path=path,
        video=None if sound_alone else found.video,
        sound=found.sound,
        cover=found.covers[0] if found.covers and target in {"mp3", "m4a", "flac"} else None,
        duration=_duration(found, name, options),
        target=target,
        options=options,
    )


def _duration(found: Source, name: str, options: Options) -> float | None:
    """Return how long the part lasts that is asked for, in seconds; None if nobody knows.

    Raises:
        BadInput: the file ends before.
    """
    begin, whole = options.start or 0.0, found.duration
    if whole is not None and begin >= whole:
        raise BadInput(f"{name} ends at {clock(whole)}, before the start, {clock(begin)}.")
    ends = [moment for moment in (options.end, whole) if moment is not None]
    return min(ends) - begin if ends else None


def levelled(plan: Plan, measured: Loudness | None) -> Plan:
    """Return the plan with the loudness brought to its target, where there is one."""
    target = plan.options.loudness
    if measured is None or measured.silent or target is None or plan.sound is None:
        return plan
    if loudness.is_one_gain(measured, target):
        logger.info("All of it is changed by %+.1f dB.", target - measured.integrated)
    filters = loudness.levelling(measured, target, plan.sound.rate)
    return replace(plan, levelling=filters)
