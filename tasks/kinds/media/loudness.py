"""How loud sound is by EBU R128, and the filter that brings it to a target in a second pass."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from tasks.kinds.media import ffmpeg
from tasks.kinds.media.source import Stream

PEAK = -1.5  # dBTP; the filter's limit, for encoders that lose something add a little to peaks
HIGHEST_PEAK = -1.0  # dBTP; what R128 allows
SILENCE = -70.0  # LUFS; R128's absolute gate: what is quieter has no loudness

NOTHING = -99.0  # dB; stands for the peak of sound that has none, which JSON has no number for

_FIGURE = re.compile(r"\s+(I|Threshold|LRA|Peak):\s+(-?inf|-?\d+(?:\.\d+)?) (?:LUFS|LU|dBFS)")


@dataclass(frozen=True, slots=True)
class Loudness:
    """One measurement: `integrated` and `threshold` in LUFS, `range` in LU, `peak` in dBTP."""

    integrated: float
    threshold: float
    range: float
    peak: float

    @property
    def silent(self) -> bool:
        """Whether there is nothing to be heard, or too little of it to measure."""
        return self.integrated <= SILENCE

    def __str__(self) -> str:
        """Return it in a line."""
        integrated = "silence" if self.silent else f"{self.integrated:.1f} LUFS"
        peak = "none" if self.peak <= NOTHING else f"{self.peak:.1f} dBTP"
        return f"{integrated}, true peak {peak}, range {self.range:.1f} LU"

    def kept(self) -> dict[str, float]:
        """Return it as a checkpoint holds it."""
        return asdict(self)

    @classmethod
    def of(cls, kept: Any) -> Self | None:
        """Return what a checkpoint holds, if it holds a measurement."""
        return cls(**kept) if isinstance(kept, dict) else None


def measure(
    path: Path, name: str, where: Sequence[str], sound: Stream, tell: ffmpeg.Tell
) -> Loudness:
    """Measure a stream of sound.

    Args:
        path: the file.
        name: what the person calls it.
        where: ffmpeg's arguments for the part that is meant.
        sound: the stream.
        tell: as `ffmpeg.run` takes it.

    Raises:
        BadInput: ffmpeg can't read it.
    """
    # Not loudnorm's own first pass: it finds the same figures in five times the time.
    meter = ["-map", f"0:{sound.index}", "-af", "ebur128=peak=true:framelog=quiet"]
    written = ffmpeg.run([*ffmpeg.opening(path, *where), *meter, "-f", "null", "-"], name, tell)
    return read(written)


def read(written: Sequence[str]) -> Loudness:
    """Return the figures of the summary at the end of a measurement.

    Raises:
        ValueError: there is no summary.
    """
    figures: dict[str, float] = {}
    begun = False
    for line in written:
        begun = begun or line.endswith("Summary:")
        # The first threshold is that of the integrated loudness; the second is another.
        if begun and (found := _FIGURE.fullmatch(line)):
            figures.setdefault(found[1], max(float(found[2]), NOTHING))
    if not {"I", "Threshold", "LRA", "Peak"} <= figures.keys():
        raise ValueError("ffmpeg wrote no summary of the loudness")
    return Loudness(figures["I"], figures["Threshold"], figures["LRA"], figures["Peak"])


def is_one_gain(measured: Loudness, target: float) -> bool:
    """Return whether the target is reached by the same gain everywhere, below the highest peak."""
    return measured.peak + target - measured.integrated <= PEAK


def levelling(measured: Loudness, target: float, rate: int) -> str:
    """Return the filter that brings sound to the target.

    Args:
        measured: how loud it is.
        target: in LUFS.
        rate: Hz of the sound; the filter itself may leave another one.
    """
    # It uses one gain where the range allows, so the range is never a reason not to.
    spread = min(max(measured.range + 1, 7.0), 50.0)
    return (
        f"loudnorm=I={target:.1f}:TP={PEAK}:LRA={spread:.1f}:linear=true"
        f":measured_I={min(measured.integrated, 0.0):.1f}:measured_TP={measured.peak:.1f}"
        f":measured_LRA={measured.range:.1f}:measured_thresh={min(measured.threshold, 0.0):.1f}"
        f",aresample={rate or 48_000}"
    )
