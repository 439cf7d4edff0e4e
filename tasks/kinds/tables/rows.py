"""Takes the rows out of a text of any encoding, and knows the line of each."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from tasks.kind import BadInput
from tasks.kinds.tables.dialect import Dialect

BATCH = 1_000  # rows
LONGEST_VALUE = 4_000_000  # characters; more than that is an open quotation mark
END = "\N{END OF TRANSMISSION}"  # stands after the last line, unless a quotation mark swallows it


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows as they stand; `line` is the one before the first row's."""

    line: int
    rows: list[list[str]]

    def numbered(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row with the number of the line on which it begins."""
        line = self.line
        for row in self.rows:
            yield line + 1, row
            line += _lines_of(row)


class Rows:
    """Iterates over the rows of a text, in batches.

    Bytes that are no characters become �; `replaced` counts them.
    """

    def __init__(self, source: Path, dialect: Dialect) -> None:
        self._dialect = dialect
        self._bytes = source.open("rb")
        codec = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
        self._text = TextIOWrapper(self._bytes, codec, errors="replace", newline="")
        self.replaced = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._text.close()

    def tell(self) -> int:
        """Return how many bytes are read."""
        return self._bytes.tell()

    def __iter__(self) -> Iterator[Batch]:
        """Yield the rows.

        Raises:
            BadInput: a quotation mark is never closed.
        """
        csv.field_size_limit(LONGEST_VALUE)
        lines = self._lines()
        for _ in range(self._dialect.skip):
            next(lines, None)
        reader = csv.reader(lines, delimiter=self._dialect.separator)
        line = self._dialect.skip
        while True:
            rows: list[list[str]] = []
            try:
                rows.extend(islice(reader, BATCH))
            except csv.Error as error:
                raise _open_quotation(Batch(line, [*rows, []])) from error
            batch = Batch(line, rows)
            line = self._dialect.skip + reader.line_num
            if len(rows) == BATCH:
                yield batch
                continue
            if rows[-1] != [END]:
                raise _open_quotation(batch)
            rows.pop()
            yield batch
            return

    def _lines(self) -> Iterator[str]:
        for line in self._text:
            if not line.isascii():
                self.replaced += line.count("\N{REPLACEMENT CHARACTER}")
            yield line
        yield END


def _lines_of(row: list[str]) -> int:
    return 1 + sum(value.count("\n") + value.count("\r") - value.count("\r\n") for value in row)


def _open_quotation(batch: Batch) -> BadInput:
    *_, (line, _row) = batch.numbered()
    return BadInput(
        f'The row in line {line:,} opens a quotation mark (") that is never closed, so all that '
        "follows would be one value. Close it or take it out, and upload the file again."
    )
