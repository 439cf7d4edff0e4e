"""A table as it stands in a file: raw columns, and what was learnt on the way to them."""

from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from tasks.kinds.tables.headers import Header
from tasks.kinds.tables.repair import Repair


@dataclass(frozen=True, slots=True)
class Table:
    """A table before it is cleaned.

    `frame` has a column for each header, under its name; texts are as they stand in the file.
    `sample` holds the texts of some rows, spread over the table: of all if it is small. `rows` is
    the number of rows, or close to it. `source` says what the file is, and `named` whether it has
    a header. `repair` tells what became of a text that was `rewritten`, and `aside` where its
    rows are that don't fit the header.
    """

    frame: pl.LazyFrame
    headers: tuple[Header, ...]
    rows: int
    sample: pl.DataFrame
    source: dict[str, str]
    notes: tuple[str, ...] = ()
    repair: Repair = field(default_factory=Repair)
    aside: Path | None = None
    named: bool = True
    rewritten: bool = False
