"""What a run prints: one table for people, and the changes since the figures that were kept."""

from collections.abc import Iterable, Mapping

from bench.peers.summary import Row
from bench.peers.systems import SYSTEMS

_HEAD = (
    *(
        "",
        "accepts/s",
        "ratio",
        "drains/s",
        "ratio",
        "CPU ms",
        "ratio",
        "idle p50",
        "p99 ms",
        "PSS MiB",
    ),
    *("again s", "worst", "at once/s", "durably recorded"),
)


def table(rows: Mapping[str, Row], left_out: Mapping[str, str], patience: float) -> str:
    """Return the table in Markdown, which can be read as it is."""
    lines = [_HEAD, *(_cells(name, row, patience) for name, row in rows.items())]
    text = _aligned(lines)
    return "\n".join(
        [text, *(f"left out: {SYSTEMS[name].title}: {why}" for name, why in left_out.items())]
    )


def changes(rows: Mapping[str, Row], kept: Mapping[str, Mapping[str, float]]) -> str:
    """Return how each ratio to plain Celery moved since the kept ones; empty if none are."""
    figures = tuple(dict.fromkeys(figure for row in rows.values() for figure in row.ratios))
    lines = [
        (SYSTEMS[name].title, *(_change(row.ratios, kept[name], figure) for figure in figures))
        for name, row in rows.items()
        if name in kept and row.ratios
    ]
    return _aligned([("ratio to Celery: kept → now", *figures), *lines]) if lines else ""


def _change(now: Mapping[str, float], kept: Mapping[str, float], figure: str) -> str:
    if figure not in now:
        return ""
    if not kept.get(figure):
        return f"{now[figure]:.2f}"
    percent = 100 * (now[figure] / kept[figure] - 1)
    return f"{kept[figure]:.2f} → {now[figure]:.2f} ({percent:+.0f} %)"


def _cells(name: str, row: Row, patience: float) -> tuple[str, ...]:
    system = SYSTEMS[name]
    ratio = row.ratios.get
    return (
        system.title,
        f"{row.accepts:,.0f}",
        _number(ratio("accepts"), ".2f"),
        f"{row.drains:,.0f}",
        _number(ratio("drains"), ".2f"),
        _number(row.cpu, ".2f"),
        _number(ratio("cpu"), ".2f"),
        f"{row.p50:.1f}",
        f"{row.p99:.1f}",
        f"{row.memory:.0f}",
        _number(row.again, ".3f"),
        _worst(row, patience, forgets=system.forgets),
        _number(row.many, ",.0f"),
        system.keeps,
    )


def _worst(row: Row, patience: float, *, forgets: bool) -> str:
    if row.never:
        return "never" if forgets else f"> {patience:g}"
    return _number(row.worst, ".3f")


def _number(value: float | None, how: str) -> str:
    return "" if value is None else format(value, how)


def _aligned(lines: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table whose first and last columns are words, the others numbers."""
    rows = list(lines)
    widths = [max(3, *(len(row[place]) for row in rows)) for place in range(len(rows[0]))]
    last = len(widths) - 1

    def line(row: Iterable[str]) -> str:
        cells = [
            cell.ljust(width) if place in {0, last} else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        return f"| {' | '.join(cells)} |"

    rule = [
        "-" * width if place in {0, last} else "-" * (width - 1) + ":"
        for place, width in enumerate(widths)
    ]
    return "\n".join([line(rows[0]), line(rule), *(line(row) for row in rows[1:])])
