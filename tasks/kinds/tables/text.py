"""Opens a table that is text: as it stands where it is regular, else rewritten."""

import logging
from dataclasses import replace
from itertools import islice
from pathlib import Path

import polars as pl

from tasks.kinds.tables import encodings, headers
from tasks.kinds.tables.dialect import SEPARATORS, Dialect, find_dialect
from tasks.kinds.tables.options import Options
from tasks.kinds.tables.regular import examine
from tasks.kinds.tables.repair import Repair, repair
from tasks.kinds.tables.rows import Rows
from tasks.kinds.tables.steps import Tell, part
from tasks.kinds.tables.table import Table
from tasks.kinds.tables.words import amount

logger = logging.getLogger(__name__)

SMALL = 8_000_000  # bytes; the sample of a text this small is all of it
CELLS = 400_000  # of a sample
PLACES = 8  # in a large text where the sample looks beyond its beginning
PIECE = 256_000  # bytes that it looks at in each
CALLED = {separator: name for name, separator in SEPARATORS.items()}


def open_text(
    path: Path, name: str, options: Options, scratch: Path, tell: Tell, *, as_it_is: bool = True
) -> Table:
    """Return the table in a text.

    Args:
        path: where its bytes are.
        name: what the person calls it.
        options: what the person said about it.
        scratch: a folder for what has to be rewritten.
        tell: takes bytes read, of all.
        as_it_is: whether to try without rewriting.

    Raises:
        BadInput: there is no table in it.
    """
    dialect = find_dialect(path, name, options)
    if as_it_is and dialect.encoding == "utf-8":
        shape = examine(path, dialect, part(tell, 0, 100))
        if shape.regular:
            return _table(path, dialect, Repair(rows=shape.rows), options)
        if shape.foreign and options.encoding == "detect":
            encoding = encodings.detect_eight_bit(shape.foreign)
            dialect = find_dialect(path, name, options, encoding)
    logger.info("The text is rewritten in plain UTF-8 before it is read.")
    target, aside = scratch / "rows.csv", scratch / "aside.csv"
    done = repair(path, target, aside, dialect, options.uneven, tell)
    rewritten = replace(dialect, encoding="utf-8", separator=",", skip=0)
    table = _table(target, rewritten, done, options)
    return replace(
        table,
        source=_source(dialect),
        notes=_notes(dialect, done, options),
        aside=aside if done.aside else None,
    )


def _table(path: Path, dialect: Dialect, done: Repair, options: Options) -> Table:
    names = headers.tidy(dialect.header)
    schema = {header.name: pl.String() for header in names}
    return Table(
        frame=pl.scan_csv(
            path,
            has_header=False,
            skip_lines=dialect.skip,
            schema=schema,
            separator=dialect.separator,
            glob=False,
        ),
        headers=names,
        rows=done.rows,
        sample=_sample(path, dialect, schema),
        source=_source(dialect),
        notes=_notes(dialect, done, options),
        repair=done,
        named=options.header,
    )


def _source(dialect: Dialect) -> dict[str, str]:
    return {
        "format": "text",
        "encoding": encodings.NAMES.get(dialect.encoding, dialect.encoding),
        "separator": CALLED[dialect.separator] if dialect.width > 1 else "none",
    }


def _notes(dialect: Dialect, done: Repair, options: Options) -> tuple[str, ...]:
    notes = [*dialect.notes]
    if done.replaced:
        broken = amount(done.replaced, "character")
        notes.append(f"{broken} broken in the file: now \N{REPLACEMENT CHARACTER}.")
    if options.encoding == "detect" and not dialect.encoding.startswith("utf"):
        called = encodings.NAMES[dialect.encoding]
        notes.append(
            f"The text was read as {called}, which can only be guessed. If letters look wrong, "
            "start again and choose another encoding."
        )
    return tuple(notes)


def _sample(path: Path, dialect: Dialect, schema: dict[str, pl.String]) -> pl.DataFrame:
    """Return rows from the beginning and, of a large text, from further places."""
    most = max(CELLS // dialect.width, 200)
    size = path.stat().st_size
    if size <= SMALL:
        most = max(most, 50_000)
    rows: list[list[str]] = []
    with Rows(path, dialect) as batches:
        for batch in batches:
            rows += [row for row in batch.rows if len(row) == dialect.width]
            if len(rows) >= most or batches.tell() > SMALL:
                break
    rows = rows[:most]
    if size > SMALL:
        rows += _further(path, size, dialect, most // PLACES)
    return pl.DataFrame(rows, schema=schema, orient="row", strict=False)


def _further(path: Path, size: int, dialect: Dialect, most: int) -> list[list[str]]:
    """Return rows without quotation marks from places spread over a large UTF-8 text.

    A place may lie within a value of several lines; its lines have other numbers of values.
    """
    rows: list[list[str]] = []
    with path.open("rb") as file:
        for place in range(1, PLACES + 1):
            file.seek(size * place // (PLACES + 1))
            lines = file.read(PIECE).decode("utf-8", "replace").split("\n")[1:-1]
            plain = (line.rstrip("\r") for line in lines if '"' not in line)
            cut = (line.split(dialect.separator) for line in plain)
            rows += islice((row for row in cut if len(row) == dialect.width), most)
    return rows
