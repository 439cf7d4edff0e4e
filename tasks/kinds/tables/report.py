"""Writes the report: one page for people, and the same as JSON for programs."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2

from tasks.kinds.tables import charts, words
from tasks.kinds.tables.columns import Profile
from tasks.kinds.tables.remarks import Outcome, cleanings, remarks

PREVIEW_COLUMNS = 40
FOLDED = 60  # columns from which on the page keeps each one's details folded


def write_html(outcome: Outcome, target: Path) -> None:
    """Write the page: no scripts, nothing from elsewhere, all text escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"shown": words.shown, "number": words.number}
    template = environment.get_template("report.html.j2")
    said = remarks(outcome)
    by_column: dict[str | None, list[str]] = {}
    for remark in said:
        by_column.setdefault(remark.column, []).append(remark.text)
    parts = template.generate(
        outcome=outcome,
        subtitle=_subtitle(outcome),
        tiles=_tiles(outcome),
        cleanings=cleanings(outcome),
        remarks=said,
        remarks_on=by_column,
        places={profile.name: place for place, profile in enumerate(outcome.profiles, 1)},
        profiles=outcome.profiles,
        folded=len(outcome.profiles) > FOLDED,
        preview_columns=outcome.profiles[:PREVIEW_COLUMNS],
        preview=[row[:PREVIEW_COLUMNS] for row in outcome.preview.rows()],
        charts=charts,
        type_name=words.type_name,
        share=words.share,
        figures=_figures,
        spread=_spread,
    )
    with target.open("w", encoding="utf-8") as file:
        file.writelines(parts)


def _subtitle(outcome: Outcome) -> str:
    source = outcome.table.source
    what = {"text": "Text", "Excel": "Excel workbook", "Parquet": "Parquet file"}
    details = [what[source["format"]], words.size(outcome.size)]
    if "encoding" in source:
        details += [source["encoding"], f"separator: {source['separator']}"]
    if "sheet" in source:
        details.append(f"sheet “{source['sheet']}”")
    return " · ".join(details)


def _tiles(outcome: Outcome) -> list[tuple[str, str]]:
    dropped = ", dropped" if outcome.duplicates and outcome.options.drop_duplicates else ""
    return [
        ("rows", f"{outcome.rows:,}"),
        ("columns", f"{len(outcome.profiles):,}"),
        ("missing cells", words.share(outcome.missing, outcome.cells)),
        (f"duplicate rows{dropped}", f"{outcome.duplicates:,}"),
    ]


def _figures(profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield what the page shows of a column beside its charts."""
    about = "about " if profile.distinct_about else ""
    count = profile.rows - profile.missing
    unique = " (all different)" if profile.distinct == count > 1 and not about else ""
    if profile.sort != "other":
        yield "different values", f"{about}{profile.distinct:,}{unique}"
    yield "missing", _missing(profile)
    estimated = {"p5", "p25", "median", "p75", "p95"} if profile.about else set()
    labels = words.LABELS | (words.DATE_LABELS if profile.sort in {"date", "time"} else {})
    for name in labels:
        value = profile.figures.get(name)
        if value is not None and not (name in {"zero", "negative", "infinite"} and value == 0):
            yield labels[name], ("about " if name in estimated else "") + words.shown(value)


def _missing(profile: Profile) -> str:
    if not profile.missing:
        return "none"
    return f"{profile.missing:,} ({words.share(profile.missing, profile.rows)})"


def _spread(profile: Profile) -> str:
    """Return in a few words what the values of a column are like."""
    low, high = profile.figures.get("min"), profile.figures.get("max")
    if low is not None:
        same = low == high
        return words.shown(low) if same else f"{words.shown(low)} … {words.shown(high)}"
    if profile.frequent:
        top = profile.frequent[0]
        return f"{words.shown(top.value)} ({words.share(top.count, profile.rows)})"
    if profile.sort == "text":
        shortest, longest = profile.figures["shortest"], profile.figures["longest"]
        length = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
        return f"texts of {length} characters"
    return ""


def write_json(outcome: Outcome, target: Path) -> None:
    """Write the same facts as the page, as valid JSON (`words.for_json` says how)."""
    facts = words.for_json(_facts(outcome))
    text = json.dumps(facts, ensure_ascii=False, indent=2, allow_nan=False)
    target.write_text(text + "\n", encoding="utf-8")


def _facts(outcome: Outcome) -> dict[str, Any]:
    repair, cleaned = outcome.table.repair, outcome.cleaned
    return {
        "file": {"name": outcome.name, "bytes": outcome.size, **outcome.table.source},
        "made_at": dt.datetime.now(dt.UTC).replace(microsecond=0),
        "table": {
            "rows": outcome.rows,
            "columns": len(outcome.profiles),
            "cells_missing": outcome.missing,
            "cleaned_as": outcome.export.name,
        },
        "cleaning": {
            "rows_read": cleaned.rows_read,
            "empty_rows_dropped": cleaned.empty_rows,
            "empty_columns_dropped": outcome.dropped_columns,
            "duplicate_rows": outcome.duplicates,
            "duplicate_rows_dropped": outcome.options.drop_duplicates,
            "rows_too_short": repair.short,
            "rows_too_long": repair.long,
            "rows_set_aside": repair.aside,
            "uneven_rows": repair.named,
            "broken_characters": repair.replaced,
            "sentences": cleanings(outcome),
        },
        "remarks": [{"column": one.column, "text": one.text} for one in remarks(outcome)],
        "columns": [_column(profile) for profile in outcome.profiles],
    }


def _column(profile: Profile) -> dict[str, Any]:
    column, histogram = profile.column, profile.histogram
    reading = column.guess.reading
    return {
        "name": profile.name,
        "type": words.type_name(profile.sort, column.type),
        "stored_as": str(column.type),
        "recognised_as": reading.words if reading else None,
        "missing": profile.missing,
        "distinct": profile.distinct,
        "distinct_is_estimate": profile.distinct_about,
        "quantiles_and_frequencies_are_estimates": profile.about,
        "cleaning": {
            "words_for_missing": column.words,
            "trimmed": column.trimmed,
            "texts_like_formulas": column.formulas,
        },
        "figures": {name.replace(" ", "_"): value for name, value in profile.figures.items()},
        "most_frequent": [{"value": one.value, "rows": one.count} for one in profile.frequent],
        "histogram": histogram
        and {
            "edges": histogram.edges,
            "rows": histogram.counts,
            "rows_below": histogram.below,
            "rows_above": histogram.above,
        },
    }
