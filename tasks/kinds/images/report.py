"""Tells what became of the pictures: on the page in few rows, as CSV in full."""

import csv
from collections.abc import Sequence
from pathlib import Path

from tasks.kinds.images.facts import Fact
from tasks.kinds.images.words import amount, change, pixels, size

ROWS = 10  # that the page shows of each table; the CSV file has all
NAMED = 5  # reasons that an error names

_HEADER = (
    "picture",
    "result",
    "bytes before",
    "bytes after",
    "per cent",
    "width before",
    "height before",
    "width",
    "height",
    "note",
    "skipped because it",
)


def result(facts: Sequence[Fact], csv_name: str) -> dict[str, object]:
    """Return what the job's page shows first."""
    done = [fact for fact in facts if fact.result]
    skipped = [fact for fact in facts if not fact.result]
    before, after = (sum(sizes) for sizes in zip(*((f.before, f.after) for f in done), strict=True))
    whole = f"{size(before)} before, {size(after)} after ({change(before, after)})"
    notes = [{"picture": fact.name, "note": fact.note} for fact in done if fact.note]
    return (
        {"done": len(done), "size": whole}
        | _rows("skipped", [{"picture": f.name, "why": f"It {f.why}."} for f in skipped], csv_name)
        | _rows("notes", notes, csv_name)
        | _rows("sizes", [_sizes(fact) for fact in done], csv_name)
    )


def _rows(what: str, rows: Sequence[object], csv_name: str) -> dict[str, object]:
    """Return the first rows, and where the others are."""
    found: dict[str, object] = {what: rows[:ROWS]} if rows else {}
    if len(rows) > ROWS:
        found[f"more {what}"] = f"{len(rows) - ROWS:,} more are in {csv_name}"
    return found


def _sizes(fact: Fact) -> dict[str, str]:
    return {
        "picture": fact.name,
        "before": size(fact.before),
        "after": size(fact.after),
        "change": change(fact.before, fact.after),
        "pixels before": pixels(fact.width_before, fact.height_before),
        "pixels": pixels(fact.width, fact.height),
    }


def write_csv(facts: Sequence[Fact], target: Path) -> None:
    """Write a line for each picture, the skipped ones too."""
    with target.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(_HEADER)
        lines.writerows(_line(fact) for fact in facts)


def _line(fact: Fact) -> tuple[object, ...]:
    if not fact.result:
        return (fact.name, "", fact.before, *[""] * 7, fact.why)
    return (
        fact.name,
        fact.result,
        fact.before,
        fact.after,
        round(100 * fact.after / fact.before, 1),
        fact.width_before,
        fact.height_before,
        fact.width,
        fact.height,
        fact.note,
        "",
    )


def nothing(facts: Sequence[Fact]) -> str:
    """Return in words why there is no result at all."""
    lines = [f"{fact.name} {fact.why}." for fact in facts[:NAMED]]
    if len(facts) > NAMED:
        lines.append(f"And {amount(len(facts) - NAMED, 'other')}.")
    return "\n".join(["No picture could be worked on.", *lines])
