"""The kind that describes a table column by column, and cleans it."""

import os
from typing import Annotated

from pydantic import Field

from tasks.context import output, progress, scratch
from tasks.kind import Accept, Upload, kind, minutes
from tasks.kinds.tables.options import (
    MISSING_WORDS,
    CleanedAs,
    Encoding,
    Options,
    Separator,
    Slashes,
    Uneven,
    spellings,
)

# Polars reads these when it is first imported. What it holds in memory grows with its threads and
# with the pieces of a file that it reads ahead, and a worker's other children want some of both.
# With its own choice, a text of 1 GB takes 1.8 times as much, and no less time; no result depends
# on them.
POLARS = {
    "POLARS_MAX_THREADS": "4",
    "POLARS_IDEAL_MORSEL_SIZE": "20000",  # rows
    "POLARS_CSV_CHUNK_SIZE": "2000000",  # bytes
    "POLARS_ROW_GROUP_PREFETCH_SIZE": "2",  # of a Parquet file
}


@kind(title="Profile and clean a table", icon="table", time_limit=minutes(25))
def tables(
    file: Annotated[
        Upload,
        Accept(".csv", ".tsv", ".txt", ".xlsx", ".parquet"),
        Field(description="a table: separated text of any size, Excel or Parquet"),
    ],
    cleaned: Annotated[
        CleanedAs,
        Field(title="Cleaned table as", description="what the cleaned table is written as"),
    ] = "parquet",
    drop_duplicates: Annotated[
        bool,
        Field(description="drop rows that equal an earlier row in every column"),
    ] = False,
    missing: Annotated[
        str,
        Field(
            title="Words for missing",
            max_length=2000,
            description=(
                "words that mean “missing”, separated by commas; small letters or capitals are "
                "the same. Take out what is a value in your table, such as NA for Namibia"
            ),
        ),
    ] = MISSING_WORDS,
    slashes: Annotated[
        Slashes,
        Field(
            title="Ambiguous dates",
            description=(
                "how to read dates like 03/04/2024, where nothing in the table tells whether the "
                "day or the month comes first"
            ),
        ),
    ] = "leave as text",
    header: Annotated[
        bool,
        Field(description="the first row holds the names of the columns"),
    ] = True,
    skip: Annotated[
        int,
        Field(
            title="Lines to skip",
            ge=0,
            le=10_000,
            description="above the header, such as a title",
        ),
    ] = 0,
    uneven: Annotated[
        Uneven,
        Field(
            title="Uneven rows",
            description=(
                "CSV: what to do with rows that have fewer or more values than the header; "
                "those set aside are in a file of their own"
            ),
        ),
    ] = "fill up short ones, set long ones aside",
    separator: Annotated[
        Separator, Field(description="CSV: what stands between values")
    ] = "detect",
    encoding: Annotated[
        Encoding,
        Field(description="CSV: how letters are written; choose one if letters look wrong"),
    ] = "detect",
    sheet: Annotated[
        str | None,
        Field(max_length=100, description="Excel: the sheet's name; the first one if empty"),
    ] = None,
) -> dict[str, object]:
    """Describes every column of a table in a report with charts, and cleans the table.

    The report is one page to read or to pass on: what each column holds, what is missing, how
    values are distributed, which are most frequent, and what is worth a look. The same facts come
    as JSON. Beside it you get the cleaned table.

    Cleaning trims texts; turns empty texts and words such as NA into missing values; recognises
    numbers, dates and truth values where all of a column are such; makes the names of columns
    tidy and unique; and drops empty rows and columns. What could be read in two ways, and codes
    with leading zeros, stay as they are. Each change is counted in the report.
    """
    for name, value in POLARS.items():
        os.environ.setdefault(name, value)
    from tasks.kinds.tables.run import run

    options = Options(
        cleaned=cleaned,
        sheet=sheet,
        header=header,
        skip=skip,
        separator=separator,
        encoding=encoding,
        uneven=uneven,
        slashes=slashes,
        missing=spellings(missing),
        drop_duplicates=drop_duplicates,
    )
    return run(file.path, file.name, options, output, scratch(), progress)
