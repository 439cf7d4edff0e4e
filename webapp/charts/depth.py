"""The chart of how many jobs waited: a line for each queue, and one for all others together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from markupsafe import Markup

from ledger.depths import Sample
from webapp.charts.ended import short
from webapp.charts.marks import Chart, Line, Point, Tick
from webapp.charts.periods import Period, ticks
from webapp.charts.scales import Linear, counts
from webapp.charts.times import moment, several

HEIGHT: Final = 150  # pixels
LINES: Final = 4
PIECES: Final = 144  # points of a line; of the samples in a piece the greatest counts

Depths = Mapping[int, int]


def depth(period: Period, samples: Iterable[Sample], now: datetime) -> Chart:
    """Return the chart of a period's samples."""
    pieces = _pieces(period, samples, now)
    top = max((most for found in pieces.values() for most in found.values()), default=0)
    scale, values = counts(top)
    lines = [
        Line(name, number, _points(found, scale), marked=False)
        for number, (name, found) in enumerate(pieces.items(), 1)
    ]
    return Chart(
        id="depth",
        title="Waiting jobs",
        says=_says(period, pieces, now),
        height=HEIGHT,
        upward=[Tick(HEIGHT * (1 - scale.share(value)), short(value)) for value in values],
        across=ticks(period, now),
        key=[(f"line-{line.number}", line.name) for line in lines],
        heads=("From", *pieces),
        rows=_rows(period, pieces, now),
        lines=lines if pieces else (),
        ground=HEIGHT,
    )


def _pieces(period: Period, samples: Iterable[Sample], now: datetime) -> Mapping[str, Depths]:
    """Return the greatest depth of each piece of time by queue, the deepest queues first."""
    since, each = period.since(now), period.slots * period.step / PIECES
    by_queue: dict[str, dict[int, int]] = defaultdict(dict)
    for sample in samples:
        piece = max(0, min(PIECES - 1, (sample.at - since) // each))
        found = by_queue[sample.queue]
        found[piece] = max(found.get(piece, 0), sample.waiting)
    order = sorted(by_queue, key=lambda queue: (-max(by_queue[queue].values()), queue))
    if len(order) <= LINES:
        return {queue: by_queue[queue] for queue in order}
    kept = {queue: by_queue[queue] for queue in order[: LINES - 1]}
    others: dict[int, int] = defaultdict(int)
    for queue in order[LINES - 1 :]:
        for piece, most in by_queue[queue].items():
            others[piece] += most
    return kept | {f"{len(order) - LINES + 1} other queues": others}


def _points(found: Depths, scale: Linear) -> list[Point | None]:
    """Return the line of a queue; where nobody took samples, it breaks."""
    points: list[Point | None] = []
    before = None
    for piece in sorted(found):
        if before is not None and piece - before > PIECES // 12:
            points.append(None)
        x = round((piece + 0.5) * 100 / PIECES, 2)
        points.append(Point(x, round(HEIGHT * (1 - scale.share(found[piece])), 1)))
        before = piece
    return points


def _says(period: Period, pieces: Mapping[str, Depths], now: datetime) -> Markup:
    if not pieces:
        return Markup("No worker has looked at the queues in the last {}.").format(period.word)
    queue, found = next(iter(pieces.items()))
    piece = max(found, key=lambda one: found[one])
    if not found[piece]:
        return Markup("No job had to wait for long in the last {}.").format(period.word)
    at = period.since(now) + period.slots * period.step * ((piece + 0.5) / PIECES)
    words = Markup("In the last {} at most {} waited in {}, about {}.")
    return words.format(period.word, several(found[piece], "job"), queue, moment(at))


def _rows(
    period: Period, pieces: Mapping[str, Depths], now: datetime
) -> Sequence[Sequence[str | Markup]]:
    """Return a row for each slot, the newest first, with each queue's greatest depth in it."""
    rows: list[Sequence[str | Markup]] = []
    each = PIECES / period.slots
    for number in reversed(range(period.slots)):
        most = [
            max(
                (depth for piece, depth in found.items() if number <= piece / each < number + 1),
                default=None,
            )
            for found in pieces.values()
        ]
        if any(one is not None for one in most):
            begins = period.since(now) + number * period.step
            rows.append((moment(begins), *("" if one is None else f"{one:,}" for one in most)))
    return rows
