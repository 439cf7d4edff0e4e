"""The chart of what ended: a bar for each slot, up for what succeeded and down for what failed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from markupsafe import Markup

from webapp.charts.marks import Bar, Chart, Tick
from webapp.charts.periods import Period, Slot, spoken, ticks
from webapp.charts.scales import Across, counts
from webapp.charts.times import moment, several, slot_name

HEIGHT: Final = 150  # pixels
LEAST: Final = 3  # pixels, so that one job among thousands is seen
GAP: Final = 0.2  # of a slot
STRIP: Final = 30  # pixels for what failed, however little it is
TONES: Final = ("succeeded", "cancelled", "failed")


@dataclass(frozen=True, slots=True)
class Room:
    """Where the line of 0 is, and how many pixels a job takes, up and down."""

    ground: float
    per_job: float

    @classmethod
    def of(cls, up: float, down: float) -> Self:
        """Return the room for so many jobs up and down; any at all downward get a strip."""
        if not up:
            return cls(0 if down else HEIGHT, HEIGHT / max(1, down))
        below = max(STRIP, HEIGHT * down / (up + down)) if down else 0
        return cls(HEIGHT - below, (HEIGHT - below) / up)


def ended(period: Period, slots: Sequence[Slot], now: datetime) -> Chart:
    """Return the chart of a period's slots."""
    up = max((slot.hour.succeeded + slot.hour.cancelled for slot in slots), default=0)
    down = max((slot.hour.failed for slot in slots), default=0)
    _scale, values = counts(max(up, down))
    room = Room.of(next(value for value in values if value >= up), down)
    bars = [bar for slot in slots for bar in _bars(slot, period.across(now), room, now)]
    return Chart(
        id="ended",
        title=f"Ended per {period.piece}",
        says=says(period, slots),
        height=HEIGHT,
        upward=_upward(values, room),
        across=ticks(period, now),
        key=[(tone, tone) for tone in TONES if any(bar.tone == tone for bar in bars)],
        heads=("From", "Succeeded", "Failed", "Cancelled"),
        rows=[_row(slot) for slot in reversed(slots) if slot.hour.ended],
        bars=bars,
        ground=room.ground,
    )


def _upward(values: list[int], room: Room) -> list[Tick]:
    both = [(value, side) for value in values for side in ((-1, 1) if value else (-1,))]
    places = [(room.ground + side * value * room.per_job, value) for value, side in both]
    return [Tick(y, short(value)) for y, value in places if -1 < y < HEIGHT + 1]


def _bars(slot: Slot, across: Across, room: Room, now: datetime) -> list[Bar]:
    left, right = (across.place(at) for at in slot.between)
    width = (right - left) * (1 - GAP)
    x = left + (right - left) * GAP / 2
    foot, bars = room.ground, []
    for tone in TONES:
        number: int = getattr(slot.hour, tone)
        if number:
            height = max(LEAST, number * room.per_job)
            foot = room.ground if tone == "failed" else foot - height
            bars.append(Bar(x, width, foot, height, tone, _words(slot, tone, now), slot.between))
    return bars


def _words(slot: Slot, tone: str, now: datetime) -> str:
    number: int = getattr(slot.hour, tone)
    verb = ("was " if number == 1 else "were ") + tone if tone == "cancelled" else tone
    return f"{spoken(slot.between, now)} {several(number, 'job')} {verb}"


def _row(slot: Slot) -> tuple[Markup | str, ...]:
    hour = slot.hour
    numbers = (hour.succeeded, hour.failed, hour.cancelled)
    return (slot_name(slot), *(f"{number:,}" for number in numbers))


def says(period: Period, slots: Sequence[Slot]) -> Markup:
    """Return the chart in words."""
    succeeded, failed, cancelled = (
        sum(getattr(slot.hour, name) for slot in slots)
        for name in ("succeeded", "failed", "cancelled")
    )
    if not succeeded + failed + cancelled:
        return Markup("Nothing ended in the last {}.").format(period.word)
    ends = [
        f"{several(succeeded, 'job')} succeeded",
        f"{failed:,} failed" if failed else "none failed",
        *([f"{cancelled:,} {'was' if cancelled == 1 else 'were'} cancelled"] if cancelled else []),
    ]
    listed = f"{', '.join(ends[:-1])} and {ends[-1]}"
    words = Markup("In the last {} {}.").format(period.word, listed)
    if not failed:
        return words
    worst = max(slots, key=lambda slot: slot.hour.failed)
    most = Markup(" Most failures came between {} and {}: {}.")
    return words + most.format(moment(worst.begins), moment(worst.ends), f"{worst.hour.failed:,}")


def short(value: int) -> str:
    """Return a number in the room beside a chart: 20k for 20,000."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return str(value)
