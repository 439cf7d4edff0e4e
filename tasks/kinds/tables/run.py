"""Leads a table from its file to the report and the cleaned file."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl

from tasks.kind import BadInput
from tasks.kinds.tables import excel, parquet, report, text
from tasks.kinds.tables.clean import Cleaned, clean, group_size
from tasks.kinds.tables.columns import profile_columns
from tasks.kinds.tables.duplicates import duplicates, without
from tasks.kinds.tables.export import export
from tasks.kinds.tables.options import Options
from tasks.kinds.tables.remarks import Outcome, cleanings, remarks
from tasks.kinds.tables.sniff import sniff
from tasks.kinds.tables.steps import Tell, part
from tasks.kinds.tables.table import Table
from tasks.kinds.tables.words import amount, share

logger = logging.getLogger(__name__)

PREVIEW_ROWS = 8


def run(
    path: Path,
    name: str,
    options: Options,
    output: Callable[[str], Path],
    scratch: Path,
    tell: Tell,
) -> dict[str, object]:
    """Profile and clean a table; return what a person wants to know first.

    Args:
        path: where the file's bytes are.
        name: what the person calls it.
        options: what the person chose.
        output: gives the path at which to write a result file.
        scratch: a folder for files of its own, which somebody else empties.
        tell: takes how far the work is, in hundredths, and what is being done.

    Raises:
        BadInput: the file holds no table that can be read.
    """
    table, cleaned = _read(path, name, options, scratch, part(tell, 0, 55))
    page, facts = output("report.html"), output("profile.json")  # Shown first, in this order.
    outcome = _described(path, name, options, table, cleaned, scratch, output, tell)
    tell(97, 100, "writing the report")
    report.write_html(outcome, page)
    report.write_json(outcome, facts)
    if outcome.table.aside:
        shutil.move(outcome.table.aside, output("uneven-rows.csv"))
    for sentence in cleanings(outcome):
        logger.info("%s", sentence)
    return _result(outcome)


def _read(
    path: Path, name: str, options: Options, scratch: Path, tell: Tell
) -> tuple[Table, Cleaned]:
    """Return the table, and what it is when cleaned.

    Raises:
        BadInput: there is no table, or it holds no value.
    """
    tell(0, 100, "looking at the file")
    target = scratch / "table.parquet"
    opening, cleaning = part(tell, 0, 25), part(tell, 25, 100)
    table = _opened(path, name, options, scratch, opening)
    logger.info("%s: %s.", name, ", ".join(f"{key} {word}" for key, word in table.source.items()))
    try:
        cleaned = clean(table, options, target, cleaning)
    except pl.exceptions.PolarsError as error:
        if table.source["format"] == "Parquet":
            raise parquet.damaged(name, error) from error
        if table.source["format"] != "text" or table.rewritten:
            raise
        logger.info("The text is not as regular as it looked.")
        table = text.open_text(path, name, options, scratch, opening, as_it_is=False)
        cleaned = clean(table, options, target, cleaning)
    if not cleaned.rows:
        raise BadInput(
            f"{name} has {amount(cleaned.rows_read, 'row')}, and none holds a value. If its words "
            "for missing are data, take them out of the list on the form."
        )
    logger.info(
        "Read %s and %s.",
        amount(cleaned.rows_read, "row"),
        amount(len(cleaned.columns), "column"),
    )
    return table, cleaned


def _opened(path: Path, name: str, options: Options, scratch: Path, tell: Tell) -> Table:
    found = sniff(path, name)
    if found == "excel":
        tell(10, 100, "reading the workbook")
        return excel.open_excel(path, name, options)
    if found == "parquet":
        return parquet.open_parquet(path, name)
    return text.open_text(path, name, options, scratch, tell)


def _described(
    path: Path,
    name: str,
    options: Options,
    table: Table,
    cleaned: Cleaned,
    scratch: Path,
    output: Callable[[str], Path],
    tell: Tell,
) -> Outcome:
    """Look for duplicates, profile the columns and write the cleaned table."""
    frame, source, rows = cleaned.frame(), cleaned.path, cleaned.rows
    found = duplicates(frame, rows, scratch, part(tell, 55, 62))
    if options.drop_duplicates:
        places = pl.concat(found)
        twice = places.len()
        source, rows = scratch / "distinct.parquet", rows - twice
        without(frame, places, source, group_size(table))
        frame = pl.scan_parquet(source, glob=False)
    else:
        twice = sum(places.len() for places in found)
    profiles = tuple(profile_columns(frame, cleaned.kept, rows, part(tell, 62, 80)))
    preview = frame.head(PREVIEW_ROWS).collect()
    columns = [column.name for column in cleaned.kept]
    written = export(source, columns, rows, options.cleaned, output, part(tell, 80, 97))
    return Outcome(
        name=name,
        size=path.stat().st_size,
        options=options,
        table=table,
        cleaned=cleaned,
        rows=rows,
        duplicates=twice,
        profiles=profiles,
        preview=preview,
        export=written,
    )


def _result(outcome: Outcome) -> dict[str, object]:
    """Return what the job's page shows: few lines, in words."""
    kept = "dropped" if outcome.options.drop_duplicates else "kept"
    found: dict[str, object] = {
        "rows": outcome.rows,
        "columns": len(outcome.profiles),
        "missing cells": share(outcome.missing, outcome.cells),
        "duplicate rows": f"{outcome.duplicates:,} ({kept})" if outcome.duplicates else "none",
        "cleaned table": outcome.export.name,
    }
    if outcome.table.repair.uneven:
        found["uneven rows"] = outcome.table.repair.examples()
    for number, note in enumerate(outcome.export.notes, 1):
        found[f"note {number}"] = note
    if said := len(remarks(outcome)):
        found["worth a look"] = f"{amount(said, 'remark')}, in the report"
    return found
