"""Cleans a table in one pass over it: trims, recognises, drops empty rows, and counts it all."""

import io
import logging
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.kinds.tables.guess import Guess, guess
from tasks.kinds.tables.options import Options
from tasks.kinds.tables.stages import Column, Stages, as_text, is_text, present, trimmed
from tasks.kinds.tables.steps import Meter, Tell
from tasks.kinds.tables.table import Table

logger = logging.getLogger(__name__)

CELLS = 3_000_000  # of a row group; what a writer holds in memory
BYTES = 64_000_000  # of its texts
GROUP = (1_000, 250_000)  # rows; least and most


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned table, in a Parquet file that may still hold empty columns and duplicates.

    `rows_read` includes the `empty_rows`, which are not in the file.
    """

    path: Path
    columns: tuple[Column, ...]
    rows_read: int
    rows: int

    @property
    def empty_rows(self) -> int:
        """How many rows held no value at all."""
        return self.rows_read - self.rows

    @property
    def kept(self) -> tuple[Column, ...]:
        """The columns that hold a value."""
        return tuple(column for column in self.columns if column.missing < self.rows_read)

    def frame(self) -> pl.LazyFrame:
        """Return the columns that hold a value."""
        return pl.scan_parquet(self.path, glob=False).select(one.name for one in self.kept)


def clean(table: Table, options: Options, target: Path, tell: Tell) -> Cleaned:
    """Write the cleaned table to `target`.

    How texts are read is guessed from the sample and checked on every value while they are
    written. Where a guess was wrong, all is written once more with the next: a column is of a
    type only if each of its values is.

    Raises:
        polars.exceptions.PolarsError: the file can't be read to its end.
    """
    guesses = _guesses(table, options)
    while True:
        cleaned, wrong = _write(table, guesses, options, target, tell)
        if not wrong:
            return cleaned
        logger.info(
            "Some values further down don't fit; reading once more for: %s.", ", ".join(wrong)
        )
        guesses |= {name: guesses[name].without_first() for name in wrong}


def _guesses(table: Table, options: Options) -> dict[str, Guess]:
    texts = [name for name, kind in table.sample.schema.items() if is_text(kind)]
    read = table.sample.select(
        present(trimmed(as_text(pl.col(name))), options.missing) for name in texts
    )
    names = [header.name for header in table.headers]
    return dict.fromkeys(names, Guess()) | guess(read, options.slashes)


def _write(
    table: Table, guesses: dict[str, Guess], options: Options, target: Path, tell: Tell
) -> tuple[Cleaned, list[str]]:
    """Write the table and return it with the columns that hold values of no type guessed."""
    meter = Meter()
    stages = [
        Stages(place, name, kind, guesses[name], options.missing)
        for place, (name, kind) in enumerate(table.frame.collect_schema().items())
    ]
    # Each value goes through its stages in columns of its own, so that one pass over the table
    # both writes it and counts what happened to it on the way.
    staged = meter.through(table.frame).select(one.raw() for one in stages)
    staged = staged.with_columns(one.trimmed() for one in stages)
    staged = staged.with_columns(one.present() for one in stages)
    staged = staged.with_columns(one.value() for one in stages)
    counted = [pl.len().alias("rows"), _any_value(stages).sum().alias("kept")]
    counts = staged.select(*counted, *(count for one in stages for count in one.counts()))
    values = staged.filter(_any_value(stages)).select(one.named() for one in stages)
    tally = io.BytesIO()
    sinks = [
        values.sink_parquet(target, lazy=True, row_group_size=group_size(table)),
        counts.sink_parquet(tally, lazy=True),
    ]
    meter.follow(lambda: pl.collect_all(sinks, engine="streaming"), table.rows, tell, "reading")
    counted_up = pl.read_parquet(io.BytesIO(tally.getvalue())).row(0, named=True)
    types = pl.read_parquet_schema(target)
    cleaned = Cleaned(
        path=target,
        columns=tuple(one.column(counted_up, types[one.name]) for one in stages),
        rows_read=counted_up["rows"],
        rows=counted_up["kept"],
    )
    return cleaned, [one.name for one in stages if one.refused(counted_up)]


def group_size(table: Table) -> int:
    """Return how many rows of a table a writer should hold in memory at once."""
    least, most = GROUP
    texts = int(table.sample.estimated_size()) // max(table.sample.height, 1)
    fitting = min(CELLS // len(table.headers), BYTES // max(texts, 1))
    return min(max(fitting, least), most)


def _any_value(stages: list[Stages]) -> pl.Expr:
    return pl.any_horizontal(one.value_of().is_not_null() for one in stages)
