"""The chart of how long jobs waited or ran: half of them at most, and 19 of 20 at most."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from markupsafe import Markup

from ledger.durations import Durations, total
from webapp.charts.marks import Chart, Line, Point, Tick
from webapp.charts.periods import Period, Slot, spoken, ticks
from webapp.charts.scales import Across, Logarithmic, durations
from webapp.charts.times import length, several, slot_name, tick_text

HEIGHT: Final = 150  # pixels
SHARES: Final = (("half within", 0.5), ("19 of 20 within", 0.95))


@dataclass(frozen=True, slots=True)
class Measure:
    """What a chart is of; `id` is unlike that of any other chart of its page."""

    id: str
    title: str
    verb: str
    of: Callable[[Slot], Durations]


RUNS: Final = Measure("runs", "Run time", "ran", lambda slot: slot.hour.runs)
WAITS: Final = Measure("waits", "Waiting time", "waited", lambda slot: slot.hour.waits)


def spread(measure: Measure, period: Period, slots: Sequence[Slot], now: datetime) -> Chart:
    """Return the chart of what is measured in a period's slots."""
    of = measure.of
    whole = total(of(slot) for slot in slots)
    found = [at for slot in slots for _, share in SHARES if (at := of(slot).at(share)) is not None]
    scale, seconds = durations(min(found), max(found)) if found else (Logarithmic(1, 10), [])
    lines = [
        Line(label, number, _points(measure, share, slots, now, scale), marked=True)
        for number, (label, share) in enumerate(SHARES, 1)
    ]
    return Chart(
        id=measure.id,
        title=measure.title,
        says=_says(whole, measure.verb, period),
        height=HEIGHT,
        upward=[Tick(_y(scale, tick), tick_text(tick)) for tick in seconds],
        across=ticks(period, now),
        key=[(f"line-{line.number}", line.name) for line in lines],
        heads=("From", "Jobs", *(label.capitalize() for label, _ in SHARES)),
        rows=[
            (
                slot_name(slot),
                f"{of(slot).number:,}",
                *(length(of(slot).at(share)) for _, share in SHARES),
            )
            for slot in reversed(slots)
            if of(slot).number
        ],
        lines=lines if found else (),
        ground=HEIGHT,
    )


def _y(scale: Logarithmic, seconds: float) -> float:
    return round(HEIGHT * (1 - scale.share(seconds)), 1)


def _points(
    measure: Measure, share: float, slots: Sequence[Slot], now: datetime, scale: Logarithmic
) -> list[Point | None]:
    across = Across(slots[0].begins, slots[-1].ends)
    points: list[Point | None] = []
    for slot in slots:
        found = measure.of(slot)
        at = found.at(share)
        if at is None:
            points.append(None)
            continue
        who = "half" if share < SHARES[1][1] else "19 of 20"
        did = f"{who} of {several(found.number, 'job')} {measure.verb} at most {length(at)}"
        x = across.place(slot.begins + (slot.ends - slot.begins) / 2)
        words = f"{spoken(slot.between, now)} {did}"
        points.append(Point(x, _y(scale, at.total_seconds()), words, slot.between))
    return points


def _says(whole: Durations, verb: str, period: Period) -> Markup:
    if not whole.number:
        return Markup("No job {} in the last {}.").format(verb, period.word)
    if whole.number == 1:
        words = Markup("In the last {} 1 job {}, for {}.")
        return words.format(period.word, verb, length(whole.at(1)))
    words = Markup("In the last {} half of {} {} at most {}, and 19 of 20 at most {}.")
    return words.format(
        period.word,
        several(whole.number, "job"),
        verb,
        length(whole.at(0.5)),
        length(whole.at(0.95)),
    )
