"""Tells what became of the pictures: on the page in few rows, as CSV in full."""

import csv
from collections.abc import Sequence
from pathlib import Path

from tasks.kinds.images.facts import Fact
from tasks.kinds.images.words import amount, change, pixels, size

ROWS = 20  # that the page shows of each table; the CSV file has all
NAMED = 5  # reasons that an error names

_HEADER = (
    "picture",
    "result",
    "bytes before",
    "bytes after",
    "change",
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
    found: dict[str, object] = {"pictures": len(done)}
    if skipped:
        found["skipped"] = [
            {"picture": fact.name, "why": f"It {fact.why}."} for fact in skipped[:ROWS]
        ]
        found |= _more("skipped", len(skipped), csv_name)
    found["size"] = f"{size(before)} before, {size(after)} after ({change(before, after)})"
    found["sizes"] = [_row(fact) for fact in done[:ROWS]]
    return found | _more("sizes", len(done), csv_name)


def _more(what: str, number: int, csv_name: str) -> dict[str, object]:
    if number <= ROWS:
        return {}
    return {f"more {what}": f"{number - ROWS:,} more are in {csv_name}"}


def _row(fact: Fact) -> dict[str, object]:
    row: dict[str, object] = {
        "picture": fact.name,
        "before": size(fact.before),
        "after": size(fact.after),
        "change": change(fact.before, fact.after),
        "pixels before": pixels(fact.width_before, fact.height_before),
        "pixels": pixels(fact.width, fact.height),
    }
    return row | ({"note": fact.note} if fact.note else {})


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
        change(fact.before, fact.after),
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
