"""The chart of a kind's jobs: each a dot, by when it ended and how long it ran."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from markupsafe import Markup

from ledger.history import Ended
from ledger.record import State
from webapp.charts.marks import Chart, Dot, Tick
from webapp.charts.periods import Period, ticks
from webapp.charts.scales import Logarithmic, durations
from webapp.charts.times import length, several, tick_text

HEIGHT: Final = 220  # pixels
MOST: Final = 300
TONES: Final = {State.SUCCESS: "succeeded", State.FAILURE: "failed", State.REVOKED: "cancelled"}


def dots(
    period: Period, jobs: Sequence[Ended], whole: int, each: int | None, now: datetime
) -> Chart:
    """Return the chart of a period's jobs, or of some of them.

    Args:
        period: over which.
        jobs: those that are drawn, the newest first.
        whole: how many ended in the period, those that never ran included.
        each: so many of each slot, the newest, where all would be too many; else None.
        now: the time.
    """
    found = [job.ran_for for job in jobs]
    scale, seconds = durations(min(found), max(found)) if found else (Logarithmic(1, 10), [])
    across = period.across(now)
    drawn = [
        Dot(
            across.place(job.finished_at),
            round(HEIGHT * (1 - scale.share(job.ran_for.total_seconds())), 1),
            job.id,
            TONES[job.state],
            f"{TONES[job.state].capitalize()} after {length(job.ran_for)},"
            f" {job.finished_at.day} {job.finished_at:%b, %H:%M:%S} UTC",
            job.finished_at,
        )
        for job in jobs
    ]
    return Chart(
        id="jobs",
        title="Each job",
        says=_says(period, jobs, whole, each),
        height=HEIGHT,
        upward=[
            Tick(
                round(HEIGHT * (1 - scale.share(tick)), 1),
                tick_text(tick),
            )
            for tick in seconds
        ],
        across=ticks(period, now),
        key=[(tone, tone) for tone in TONES.values() if any(dot.tone == tone for dot in drawn)],
        heads=(),
        rows=(),
        dots=drawn,
        ground=HEIGHT,
    )


def _says(period: Period, jobs: Sequence[Ended], whole: int, each: int | None) -> Markup:
    if not jobs:
        return Markup("No job of this kind ran to an end in the last {}.").format(period.word)
    if each is None and len(jobs) >= whole:
        all_of_them = f"All {several(len(jobs), 'job')}" if len(jobs) > 1 else "The only job"
        words = Markup("{} that ended in the last {}; higher up is longer.")
        return words.format(all_of_them, period.word)
    if each is None:
        words = Markup("{} of the {} that ended in the last {}; the others never ran or are gone.")
        return words.format(several(len(jobs), "job"), f"{whole:,}", period.word)
    words = Markup("{} of the {} that ended in the last {}: the newest {} of each {}.")
    return words.format(several(len(jobs), "job"), f"{whole:,}", period.word, each, period.piece)
