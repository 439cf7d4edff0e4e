"""Writes the cleaned table as the file that a person asked for."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.kinds.tables import excel_out
from tasks.kinds.tables.flat import flat
from tasks.kinds.tables.options import CleanedAs
from tasks.kinds.tables.steps import Meter, Tell


@dataclass(frozen=True, slots=True)
class Export:
    """The file that was written, and in `notes` what it could not hold."""

    name: str
    notes: tuple[str, ...] = ()


def export(
    source: Path,
    columns: list[str],
    rows: int,
    wanted: CleanedAs,
    output: Callable[[str], Path],
    tell: Tell,
) -> Export:
    """Write columns of a Parquet file, which may be used up, as the wanted format.

    A table that Excel can't hold becomes a CSV file.
    """
    frame = pl.scan_parquet(source, glob=False).select(columns)
    notes: tuple[str, ...] = ()
    if wanted == "xlsx" and (why := excel_out.why_not(rows, len(columns))):
        wanted, notes = "csv", (f"{why} So the cleaned table is a CSV file.",)
    name = f"cleaned.{wanted}"
    target = output(name)
    if wanted == "xlsx":
        notes = excel_out.write(frame, target, rows, tell)
    elif wanted == "csv":
        meter = Meter()
        plain = meter.through(frame.select(flat(frame.collect_schema())))
        query = plain.sink_csv(target, lazy=True, datetime_format="%Y-%m-%dT%H:%M:%S%.f")
        meter.follow(lambda: query.collect(engine="streaming"), rows, tell, "writing the CSV file")
    elif columns == list(pl.read_parquet_schema(source)):
        shutil.move(source, target)
    else:
        meter = Meter()
        query = meter.through(frame).sink_parquet(target, lazy=True)
        meter.follow(lambda: query.collect(engine="streaming"), rows, tell, "writing the table")
    return Export(name, notes)
