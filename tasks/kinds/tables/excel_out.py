"""Writes a table as an Excel workbook, within what Excel can hold."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from tasks.kinds.tables.flat import flat
from tasks.kinds.tables.steps import Tell

ROWS = 1_048_576
COLUMNS = 16_384
LETTERS = 32_767  # of one cell
DIGITS = 10**15  # a number from here on would lose its last ones
FIRST_YEAR = 1901  # Excel's calendar has a day too many in 1900
BATCH = 10_000  # rows
WIDEST = 60  # characters of a column that is drawn in full


def why_not(rows: int, columns: int) -> str | None:
    """Say why a sheet can't hold that many rows and columns, or return None if it can."""
    if rows + 1 > ROWS:
        return (
            f"A sheet of Excel holds {ROWS:,} rows, the header among them, and this table has "
            f"{rows:,}."
        )
    if columns > COLUMNS:
        return f"A sheet of Excel holds {COLUMNS:,} columns, and this table has {columns:,}."
    return None


def write(frame: pl.LazyFrame, target: Path, rows: int, tell: Tell) -> tuple[str, ...]:
    """Write the table, row by row; return what the workbook could not hold as it is.

    Text stays text, also where it looks like a formula, a link or a number.
    """
    plain = frame.select(flat(frame.collect_schema()))
    options = {
        "constant_memory": True,
        "tmpdir": str(target.parent),  # Else a death would leave its parts behind.
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    done = 0
    with xlsxwriter.Workbook(target, options) as workbook:
        workbook.use_zip64()
        sheet = _Sheet(workbook, plain.collect_schema())
        batches = plain.collect_batches(chunk_size=BATCH, maintain_order=True, engine="streaming")
        for batch in batches:
            tell(done, rows, f"writing the workbook: {done:,} rows")
            for row in batch.iter_rows():
                done += 1
                sheet.write(done, row)
    return sheet.notes()


class _Sheet:
    def __init__(self, workbook: xlsxwriter.Workbook, schema: pl.Schema) -> None:
        self._sheet: Worksheet = workbook.add_worksheet("cleaned")
        self._cut = self._digits = self._early = 0
        bold = workbook.add_format({"bold": True, "bottom": 1})
        self._day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self._moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self._writers = [self._writer(kind) for kind in schema.values()]
        for column, (name, kind) in enumerate(schema.items()):
            least = 19 if isinstance(kind, pl.Datetime) else 10
            self._sheet.set_column(column, column, min(max(len(name) + 2, least), WIDEST))
            self._sheet.write_string(0, column, name, bold)
        self._sheet.freeze_panes(1, 0)

    def write(self, number: int, row: tuple[Any, ...]) -> None:
        for column, (value, writer) in enumerate(zip(row, self._writers, strict=True)):
            if value is not None:
                writer(number, column, value)

    def notes(self) -> tuple[str, ...]:
        said = (
            (self._cut, f"texts cut after {LETTERS:,} characters, all that a cell holds"),
            (self._digits, "numbers kept as texts, for Excel would lose their last digits"),
            (self._early, f"dates before {FIRST_YEAR} kept as texts, for Excel can't hold them"),
        )
        return tuple(f"In the workbook: {what} ({number:,})." for number, what in said if number)

    def _writer(self, kind: pl.DataType) -> Callable[[int, int, Any], None]:
        if isinstance(kind, pl.Boolean):
            return self._truth
        if kind.is_float():
            return self._number
        if kind.is_numeric():
            return self._exact
        if isinstance(kind, pl.Date):
            return self._date
        if isinstance(kind, pl.Datetime):
            return self._time
        return self._text

    def _truth(self, row: int, column: int, value: Any) -> None:
        self._sheet.write_boolean(row, column, value)

    def _text(self, row: int, column: int, value: Any) -> None:
        text = str(value)
        self._cut += len(text) > LETTERS
        self._sheet.write_string(row, column, text[:LETTERS])

    def _number(self, row: int, column: int, value: float) -> None:
        if abs(value) == float("inf"):
            self._text(row, column, value)
        else:
            self._sheet.write_number(row, column, value)

    def _exact(self, row: int, column: int, value: Any) -> None:
        if abs(value) >= DIGITS:
            self._digits += 1
            self._text(row, column, value)
        else:
            self._sheet.write_number(row, column, value)

    def _date(self, row: int, column: int, value: dt.date) -> None:
        if value.year < FIRST_YEAR:
            self._early += 1
            self._text(row, column, value)
        else:
            self._sheet.write_datetime(row, column, value, self._day)

    def _time(self, row: int, column: int, value: dt.datetime) -> None:
        if value.year < FIRST_YEAR:
            self._early += 1
            self._text(row, column, value)
        else:
            self._sheet.write_datetime(row, column, value, self._moment)
