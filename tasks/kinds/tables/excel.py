"""Opens a sheet of an Excel workbook."""

import datetime as dt
import logging
from itertools import islice
from pathlib import Path

import fastexcel
import polars as pl

from tasks.kind import BadInput
from tasks.kinds.tables import headers
from tasks.kinds.tables.options import Options
from tasks.kinds.tables.table import Table

NAMED = 20  # sheets that a message lists
EXACT = 2**53  # whole numbers below it are themselves in Excel, which knows only floats
DAY_ZERO = (dt.date(1899, 12, 30), dt.date(1899, 12, 31))  # of a time without a date
SAMPLE = 100_000  # rows


def open_excel(path: Path, name: str, options: Options) -> Table:
    """Return the table in the chosen sheet, or in the first.

    Raises:
        BadInput: the workbook is damaged, has no such sheet, or the sheet holds no rows.
    """
    # It warns of each empty column, by a number that means nothing to the person.
    logging.getLogger("fastexcel").setLevel(logging.ERROR)
    try:
        workbook = fastexcel.read_excel(path)
        sheet = _chosen(workbook.sheet_names, name, options.sheet)
        first, frame = _load(workbook, sheet, options)
    except fastexcel.FastExcelError as error:
        raise BadInput(
            f"{name} can't be read: {str(error).splitlines()[0]}. Open it in Excel, save it as "
            ".xlsx once more, or export the sheet as CSV."
        ) from error
    if not frame.height:
        raise BadInput(_without_rows(sheet, workbook.sheet_names, bool(first)))
    names = headers.tidy(first if options.header else [None] * frame.width)
    frame = frame.rename(dict(zip(frame.columns, (one.name for one in names), strict=True)))
    frame = frame.select(_natural(column) for column in frame)
    return Table(
        frame=frame.lazy(),
        headers=names,
        rows=frame.height,
        sample=frame.head(SAMPLE),
        source={"format": "Excel", "sheet": sheet},
        named=options.header,
    )


def _chosen(sheets: list[str], name: str, wanted: str | None) -> str:
    wanted = (wanted or "").strip()
    if not wanted:
        return sheets[0]
    fitting = [sheet for sheet in sheets if sheet.strip().casefold() == wanted.casefold()]
    if not fitting:
        raise BadInput(f"{name} has no sheet called {wanted!r}. {_listed(sheets)}")
    return wanted if wanted in fitting else fitting[0]


def _listed(sheets: list[str]) -> str:
    named = ", ".join(repr(sheet) for sheet in islice(sheets, NAMED))
    more = f" and {len(sheets) - NAMED} more" if len(sheets) > NAMED else ""
    return f"It has {named}{more}."


def _without_rows(sheet: str, sheets: list[str], has_header: bool) -> str:
    others = [other for other in sheets if other != sheet]
    what = "has a header and no rows" if has_header else "is empty"
    elsewhere = f" Perhaps the table is on another sheet: {', '.join(others[:NAMED])}."
    return f"The sheet {sheet!r} {what}.{elsewhere if others else ''}"


def _load(
    workbook: fastexcel.ExcelReader, sheet: str, options: Options
) -> tuple[list[str | None], pl.DataFrame]:
    """Return the first row as texts, if it is a header, and the rows below it."""
    first: list[str | None] = []
    above = options.skip + options.header
    height = workbook.load_sheet(sheet, header_row=None, n_rows=1, dtypes="string").total_height
    if options.header and height > options.skip:
        top = workbook.load_sheet(
            sheet, header_row=None, skip_rows=options.skip, n_rows=1, dtypes="string"
        )
        first = list(pl.DataFrame(top).row(0))
    if height <= above:
        return first, pl.DataFrame()
    below = {"header_row": None, "skip_rows": above}
    frame = pl.DataFrame(workbook.load_sheet(sheet, schema_sample_rows=None, **below))
    if mixed := [place for place, column in enumerate(frame) if _holds_numbers(column)]:
        floats = workbook.load_sheet(sheet, dtypes=dict.fromkeys(mixed, "float"), **below)
        frame = _with_all_digits(frame, pl.DataFrame(floats), mixed)
    return first, frame


def _holds_numbers(column: pl.Series) -> bool:
    if column.dtype != pl.String:
        return False
    return bool(column.cast(pl.Float64, strict=False).is_not_null().any())


def _with_all_digits(frame: pl.DataFrame, floats: pl.DataFrame, places: list[int]) -> pl.DataFrame:
    """Return the frame with numbers among texts in full, which come cut after nine decimals."""
    columns = frame.get_columns()
    for place in places:
        text, number = columns[place], floats.to_series(place)
        if number.dtype != pl.Float64:
            continue
        cut = text.cast(pl.Float64, strict=False)
        differs = ((cut - number).abs() < 1e-9) & (cut != number)  # noqa: PLR2004 - nine decimals
        columns[place] = (
            pl.select(pl.when(differs).then(number.cast(pl.String)).otherwise(text))
            .to_series()
            .alias(text.name)
        )
    return pl.DataFrame(columns)


def _natural(column: pl.Series) -> pl.Series:
    """Return a column in the type that Excel has no notion of: whole numbers, dates, times."""
    if column.dtype == pl.Float64:
        whole = ((column % 1 == 0) & (column.abs() < EXACT)).all()
        return column.cast(pl.Int64) if whole and column.len() > column.null_count() else column
    if isinstance(column.dtype, pl.Datetime) and column.len() > column.null_count():
        if (column.dt.time() == dt.time()).all():
            return column.dt.date()
        if column.dt.date().is_in(DAY_ZERO).all():
            return column.dt.time()
        return column.cast(pl.Datetime("us"))
    return column
