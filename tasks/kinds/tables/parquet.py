"""Opens a table that is a Parquet file."""

from pathlib import Path

import polars as pl

from tasks.kind import BadInput
from tasks.kinds.tables import headers
from tasks.kinds.tables.stages import is_text
from tasks.kinds.tables.table import Table

CELLS = 400_000  # of a sample
PLACES = 5  # of the table that the sample is taken from


def open_parquet(path: Path, name: str) -> Table:
    """Return the table in a Parquet file.

    Raises:
        BadInput: the file is damaged, or holds no rows.
    """
    try:
        frame = pl.scan_parquet(path, glob=False)
        names = headers.tidy(frame.collect_schema().names())
        rows = frame.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise damaged(name, error) from error
    if not rows or not names:
        raise BadInput(f"{name} holds no rows. Upload a file with at least one row.")
    frame = frame.select(pl.col(one.original).alias(one.name) for one in names)
    return Table(
        frame=frame,
        headers=names,
        rows=rows,
        sample=_sample(frame, rows),
        source={"format": "Parquet"},
    )


def damaged(name: str, error: Exception) -> BadInput:
    """Return what to tell a person whose Parquet file can't be read to its end."""
    first = str(error).strip().partition("\n")[0]
    return BadInput(
        f"{name} is damaged or incomplete: {first}. Write the file again, or upload it once more."
    )


def _sample(frame: pl.LazyFrame, rows: int) -> pl.DataFrame:
    """Return the texts of some rows, spread over the table."""
    texts = [name for name, kind in frame.collect_schema().items() if is_text(kind)]
    if not texts:
        return pl.DataFrame()
    many = max(CELLS // len(texts) // PLACES, 50)
    if rows <= many * PLACES:
        return frame.select(texts).collect(engine="streaming")
    step = rows // PLACES
    pieces = [frame.select(texts).slice(place * step, many) for place in range(PLACES)]
    return pl.concat(pieces).collect(engine="streaming")
