"""Finds rows that equal an earlier one, in a table of any length."""

from pathlib import Path

import polars as pl

from tasks.kinds.tables.steps import Tell

AT_ONCE = 4_000_000  # rows whose hashes are compared in memory together
ROW = "\0row"  # no column can be called so
SEEDS = (1, 2)  # two hashes of 64 bits: unequal rows that agree in both don't happen


def find_duplicates(frame: pl.LazyFrame, rows: int, scratch: Path, tell: Tell) -> pl.Series:
    """Return the places, from 0, of all rows that equal an earlier row in every column.

    The rows are compared by hashes, a part of all hashes at a time: equal rows are always in one
    part. The hashes are kept in a file in `scratch` meanwhile.
    """
    tell(0, 1, "looking for rows that occur twice")
    hashes = scratch / "hashes.parquet"
    row = pl.struct(pl.all())
    both = frame.select(row.hash(seed).alias(f"hash {seed}") for seed in SEEDS)
    both.sink_parquet(hashes, compression="uncompressed", statistics=False)
    hashed = pl.scan_parquet(hashes).with_row_index("row")
    parts = rows // AT_ONCE + 1
    found = []
    for part in range(parts):
        tell(part, parts, "looking for rows that occur twice")
        some = hashed.filter(pl.col("hash 1") % parts == part).collect(engine="streaming")
        alike = some.filter(pl.col("hash 1").is_duplicated())
        again = ~alike.select(pl.struct("hash 1", "hash 2").is_first_distinct()).to_series()
        found.append(alike["row"].filter(again))
    hashes.unlink()
    return pl.concat(found).sort()


def without(frame: pl.LazyFrame, places: pl.Series, target: Path, group: int) -> None:
    """Write the frame to a Parquet file without the rows at these places."""
    dropped = places.alias(ROW).to_frame().lazy()
    kept = frame.with_row_index(ROW).join(dropped, on=ROW, how="anti", maintain_order="left")
    kept.drop(ROW).sink_parquet(target, row_group_size=group)
