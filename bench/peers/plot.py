"""Draws a run's figures as bars: python plot.py FIGURES.json PLOT.svg, where matplotlib is."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

mpl.use("svg")
mpl.rcParams["svg.hashsalt"] = "postroom"  # The same figures make the same file.
mpl.rcParams["svg.fonttype"] = "none"

OURS, OTHERS, REFERENCE = "#b5651d", "#8fa3b0", "#4a6274"

PARTS = (
    ("accepts", "accepted per second, one client", "{:,.0f}"),
    ("drains", "no-ops drained per second, two processes", "{:,.0f}"),
    ("p50", "idle: submit to first line of code, ms (p50; the line is p99)", "{:.1f}"),
    ("memory", "memory of the workers, MiB (PSS)", "{:.0f}"),
)


def main(source: Path, target: Path) -> None:
    """Read the figures and write the picture."""
    rows = json.loads(source.read_text(encoding="utf-8"))["rows"]
    names = list(reversed(rows))
    figure = Figure(figsize=(12, 1.6 + 0.62 * len(names)), layout="constrained")
    axes = figure.subplots(2, 2)
    for axis, (key, title, how) in zip(axes.flat, PARTS, strict=True):
        draw(axis, [rows[name] for name in names], key, how)
        axis.set_title(title, fontsize=10, loc="left")
    figure.savefig(target, metadata={"Date": None})


def draw(axis: Axes, rows: list[dict[str, Any]], key: str, how: str) -> None:
    """Draw one figure of every system."""
    values = [row[key] for row in rows]
    places = range(len(rows))
    axis.barh(places, values, color=[colour(row["name"]) for row in rows], height=0.7)
    if key == "p50":
        axis.hlines(places, values, [row["p99"] for row in rows], color="black", linewidth=1)
    for place, value in zip(places, values, strict=True):
        axis.annotate(
            how.format(value),
            (0, place),
            xytext=(4, 0),
            textcoords="offset points",
            verticalalignment="center",
            fontsize=8,
        )
    axis.set_yticks(places, [row["title"] for row in rows], fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)
    axis.tick_params(axis="x", labelsize=8)


def colour(name: str) -> str:
    """Tell Postroom, what it is measured against, and the others apart."""
    if name.startswith("postroom"):
        return OURS
    return REFERENCE if name == "celery" else OTHERS


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
