"""Leads a file of sound or video from what is asked to what is made of it."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from humanize import naturalsize

from tasks.kinds.media import command, ffmpeg, loudness, picture, remarks, source
from tasks.kinds.media.loudness import Loudness
from tasks.kinds.media.options import Options, clock
from tasks.kinds.media.plan import Plan, levelled, planned
from tasks.kinds.media.source import Source, Stream

logger = logging.getLogger(__name__)

STEM = 80  # characters of the upload's name in the result's: a file system takes 255 bytes

# What a second of sound or video costs in each pass, beside the others: for one bar over all.
MEASURING, CONVERTING_SOUND, CONVERTING_VIDEO = 1.0, 3.0, 30.0


@dataclass(frozen=True, slots=True)
class Work:
    """One file, what is asked of it, and what the console gives to a running kind.

    `output` gives the path for a result file; `tell` takes what is done, the whole of it and
    words; `keep` stores what the next attempt need not do again, and `kept` is that of the last.
    """

    path: Path
    name: str
    options: Options
    output: Callable[[str], Path]
    tell: Callable[[float, float, str], object]
    keep: Callable[[Any], object]
    kept: Any = None

    def do(self) -> dict[str, object]:
        """Make what was asked for; return what a person wants to know first.

        Raises:
            BadInput: the file, or what was asked of it, will not do.
            OSError: there is no room for the result.
        """
        self.tell(0, 100, "looking at the file")
        found = source.look(self.path, self.name)
        logger.info("%s: %s.", self.name, found)
        plan = planned(found, self.path, self.name, self.options)
        bar = Bar(plan, self.tell)
        before = self._measured(plan, bar)
        notes = list(remarks.beforehand(found, plan, before))
        plan = levelled(plan, before)
        result, written = self._converted(plan, bar)
        made = source.look(result, result.name)
        self._draw(plan, result, made)
        notes += remarks.afterwards(plan, made, written)
        shown = _facts(self.path, result, made)
        if before is not None and made.sound is not None:
            after = _measured_again(result, made.sound, bar)
            notes += remarks.of_target(after, self.options.loudness)
            shown |= {"loudness before": str(before), "loudness after": str(after)}
        for note in notes:
            logger.warning("%s", note)
        return shown | {f"note {number}": note for number, note in enumerate(notes, 1)}

    def _measured(self, plan: Plan, bar: "Bar") -> Loudness | None:
        """Return how loud the sound is, where that is to be changed; measured once for a job."""
        if self.options.loudness is None or plan.sound is None:
            return None
        tell = bar.part(MEASURING, "measuring the loudness")
        measured = Loudness.of(self.kept)
        if measured is None:
            measured = loudness.measure(self.path, self.name, plan.where, plan.sound, tell)
            self.keep(measured.kept())
        logger.info("Loudness: %s.", measured)
        return measured

    def _converted(self, plan: Plan, bar: "Bar") -> tuple[Path, list[str]]:
        """Make the result; return where it is, and what ffmpeg wrote."""
        result = self.output(f"{stem(self.name)}.{plan.target}")
        arguments = command.conversion(plan, result, _heard(result))
        return result, ffmpeg.run(arguments, self.name, bar.part(_cost(plan), "converting"))

    def _draw(self, plan: Plan, result: Path, made: Source) -> None:
        """Draw the picture to look at."""
        if plan.video:
            picture.poster(result, made.duration, self.output("poster.jpg"))
            return
        rate = picture.thinned_rate(plan.duration)
        picture.waveform(_heard(result), rate, self.output("waveform.png"))
        _heard(result).unlink()


def _heard(result: Path) -> Path:
    """Return where the sound is kept for its waveform: no result has a name without an ending."""
    return result.with_name("heard")


def _measured_again(result: Path, sound: Stream, bar: "Bar") -> Loudness:
    # The file itself, for encoders change the peaks.
    tell = bar.part(MEASURING, "measuring the result")
    after = loudness.measure(result, result.name, (), sound, tell)
    logger.info("Loudness of the result: %s.", after)
    return after


def _facts(path: Path, result: Path, made: Source) -> dict[str, object]:
    before, after = path.stat().st_size, result.stat().st_size
    facts: dict[str, object] = {"result": result.name}
    if made.duration is not None:
        facts["lasts"] = clock(made.duration)
    if made.video:
        facts["picture"] = str(made.video)
    facts["sound"] = str(made.sound) if made.sound else "none"
    facts["size"] = f"{naturalsize(after)}, before {naturalsize(before)}"
    return facts


def stem(name: str) -> str:
    """Return a file's name without its ending, as the beginning of another file's name."""
    kept = "".join(letter for letter in Path(name).stem if letter.isprintable())
    # Cut by bytes, for those are what a file system counts.
    cut = kept.encode()[: 2 * STEM].decode(errors="ignore")[:STEM]
    return cut.strip(" .") or "result"


def _cost(plan: Plan) -> float:
    return CONVERTING_VIDEO if plan.video else CONVERTING_SOUND


class Bar:
    """One bar over all passes; each has a share of it by what it costs.

    Args:
        plan: what is made, and how long it lasts.
        tell: takes what is done, the whole of it and words.
    """

    def __init__(self, plan: Plan, tell: Callable[[float, float, str], object]) -> None:
        self._duration = plan.duration
        self._tell = tell
        self._whole = _cost(plan) + (0 if plan.options.loudness is None else 2 * MEASURING)
        self._before = 0.0

    def part(self, cost: float, text: str) -> ffmpeg.Tell:
        """Return what takes ffmpeg's reports of the next pass."""
        begin, self._before = self._before, self._before + cost

        def say(done: float, speed: float | None) -> None:
            whole, words, share = self._duration, text, 0.0
            if whole:
                share = min(done / whole, 1.0)
                words += f", {clock(min(done, whole))} of {clock(whole)}"
            if speed:
                words += f", {speed:.3g} times as fast as it plays"
            self._tell(round(100 * (begin + cost * share) / self._whole, 1), 100, words)

        return say
