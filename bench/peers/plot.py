"""Draws a run's figures as bars: python plot.py FIGURES.json PLOT.svg, where matplotlib is."""

import json
import sys
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "postroom"  # The same figures make the same file.
mpl.rcParams["svg.fonttype"] = "none"

OURS, OTHERS, REFERENCE = "#b5651d", "#8fa3b0", "#4a6274"


class Part(NamedTuple):
    """One of the picture's parts: a figure as bars, and another as the end of a line from there."""

    key: str
    title: str
    form: str
    line: str = ""


PARTS = (
    Part("accepts", "accepted per second, one client", "{:,.0f}"),
    Part("drains", "no-ops drained per second, two processes", "{:,.0f}"),
    Part("cpu", "processor time of the workers for a drained no-op, ms", "{:.2f}"),
    Part("p50", "idle: submit to first line of code, ms: p50, line to p99", "{:.1f}", "p99"),
    Part("memory", "memory of the workers, MiB (PSS)", "{:.0f}"),
    Part("again", "SIGKILL to running again, s: median, line to worst", "{:.3f}", "worst"),
)


def main(source: Path, target: Path) -> None:
    """Read the figures and write the picture."""
    rows = list(json.loads(source.read_text(encoding="utf-8"))["rows"].values())[::-1]
    figure = Figure(figsize=(12, 3 + 0.66 * len(rows)), layout="constrained")
    axes = figure.subplots(3, 2)
    for axis, part in zip(axes.flat, PARTS, strict=True):
        draw(axis, rows, part)
    figure.savefig(target, metadata={"Date": None})


def draw(axis: Axes, rows: list[dict[str, Any]], part: Part) -> None:
    """Draw one figure of every system; one that is not there is said not to be."""
    axis.set_title(part.title, fontsize=10, loc="left")
    for place, row in enumerate(rows):
        value = row[part.key]
        end = (row[part.line] if part.line else value) or 0
        axis.barh(place, value or 0, color=colour(row["name"]), height=0.7)
        axis.hlines(place, value or 0, end, color="black", linewidth=1)
        axis.annotate(
            "not measured: see the table" if value is None else part.form.format(value),
            (end, place),
            xytext=(4, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=8,
        )
    axis.margins(x=0.12)
    axis.set_xlim(left=0)
    axis.set_yticks(range(len(rows)), [row["title"] for row in rows], fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(axis="x", labelsize=8)


def colour(name: str) -> str:
    """Tell Postroom, what it is measured against, and the others apart."""
    if name.startswith("postroom"):
        return OURS
    return REFERENCE if name == "celery" else OTHERS


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
