"""Finds rows that equal an earlier one, in a table of any length."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl

from tasks.kinds.tables.steps import Tell

AT_ONCE = 4_000_000  # rows whose hashes are compared in memory together
ROW = "\0row"  # no column can be called so
SEED = 1


def duplicates(frame: pl.LazyFrame, rows: int, scratch: Path, tell: Tell) -> Iterator[pl.Series]:
    """Yield the places, from 0, of all rows that equal an earlier row in every column.

    Rows are taken for equal if their hashes of 64 bits are: among ten million different rows, the
    chance that any two have the same is one in 370,000. The hashes are kept in a file in
    `scratch`, and a part of them is compared at a time: equal ones are always in the same part.
    """
    hashes = scratch / "hashes.parquet"
    hashed = frame.select(pl.struct(pl.all()).hash(SEED).alias("hash"))
    hashed.sink_parquet(hashes, compression="uncompressed", statistics=False)
    numbered = pl.scan_parquet(hashes, glob=False).with_row_index(ROW)
    parts = rows // AT_ONCE + 1
    for part in range(parts):
        tell(part, parts, "looking for rows that occur twice")
        some = numbered.filter(pl.col("hash") % parts == part).collect(engine="streaming")
        yield some[ROW].filter(~some["hash"].is_first_distinct())
    hashes.unlink()


def without(frame: pl.LazyFrame, places: pl.Series, target: Path, group: int) -> None:
    """Write the frame to a Parquet file without the rows at these places."""
    dropped = places.alias(ROW).to_frame().lazy()
    kept = frame.with_row_index(ROW).join(dropped, on=ROW, how="anti", maintain_order="left")
    kept.drop(ROW).sink_parquet(target, row_group_size=group)
