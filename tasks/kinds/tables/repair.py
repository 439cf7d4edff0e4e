"""Rewrites a text that can't be read as it is: other encodings, uneven rows, odd quotation."""

import csv
import logging
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from tasks.kind import BadInput
from tasks.kinds.tables.dialect import Dialect
from tasks.kinds.tables.options import Uneven
from tasks.kinds.tables.rows import Batch, Rows
from tasks.kinds.tables.steps import Tell

logger = logging.getLogger(__name__)

NAMED = 5  # uneven rows that are described, line by line
FEW = 20  # uneven rows; with fewer, it is the rows that are wrong, whatever their share


@dataclass(slots=True)
class Repair:
    """What was done to make a text regular. `rows` counts those that were kept."""

    rows: int = 0
    short: int = 0
    long: int = 0
    aside: int = 0
    replaced: int = 0
    named: list[str] = field(default_factory=list)

    @property
    def uneven(self) -> int:
        """How many rows had too few values, or too many."""
        return self.short + self.long

    def examples(self) -> str:
        """Describe the first uneven rows by their lines."""
        more = self.uneven - len(self.named)
        return "; ".join(self.named) + (f"; and {more:,} more" if more else "")


def repair(
    source: Path, target: Path, aside: Path, dialect: Dialect, uneven: Uneven, tell: Tell
) -> Repair:
    """Write the rows as a regular UTF-8 text, separated by commas, without a header.

    Args:
        source: the text.
        target: where to write the rows.
        aside: where to write rows that don't fit, each after the number of its line; this file
            comes into being with the first such row.
        dialect: how to read the source.
        uneven: what to do with rows that have too few or too many values.
        tell: takes bytes read, of all.

    Raises:
        BadInput: a quotation mark is never closed, most rows don't fit the header, or one does
            not fit and `uneven` says to stop.
    """
    size = source.stat().st_size
    with (
        Rows(source, dialect) as batches,
        target.open("w", encoding="utf-8", newline="") as out,
        _Aside(aside) as left,
    ):
        work = _Rewriting(dialect, uneven, out, left)
        for batch in batches:
            work.take(batch)
            tell(batches.tell(), size, "putting the rows in order")
    done = work.done
    done.replaced = batches.replaced
    if done.aside > max(done.rows, FEW):
        raise BadInput(
            f"Most rows don't fit the header: {done.examples()}. Perhaps the header stands "
            "further down (skip the lines above it), or the values are separated otherwise."
        )
    return done


class _Aside:
    """A CSV file that comes into being with its first row."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file:
            self._file.close()

    def write(self, line: int, row: list[str]) -> None:
        if self._file is None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            self._file.write("line,values\n")
        csv.writer(self._file, lineterminator="\n").writerow([line, *row])


class _Rewriting:
    def __init__(self, dialect: Dialect, uneven: Uneven, out: TextIO, aside: _Aside) -> None:
        self.done = Repair()
        self._width = dialect.width
        self._uneven = uneven
        self._writer = csv.writer(out, lineterminator="\n")
        self._aside = aside

    def take(self, batch: Batch) -> None:
        rows = batch.rows
        if set(map(len, rows)) - {self._width}:
            rows = [kept for line, row in batch.numbered() if (kept := self._even(line, row))]
        self._writer.writerows(rows)
        self.done.rows += len(rows)

    def _even(self, line: int, row: list[str]) -> list[str] | None:
        """Return the row with as many values as there are columns, or None if it is set aside.

        Raises:
            BadInput: it has not, and the person said to stop then.
        """
        surplus = len(row) - self._width
        if not row or surplus == 0:
            return row or [""] * self._width  # A blank line is counted among the empty rows.
        if surplus > 0 and not "".join(row[self._width :]).strip():
            return row[: self._width]  # Only separators at its end.
        self._name(line, row)
        if surplus < 0 and self._uneven.startswith("fill"):
            return row + [""] * -surplus
        self.done.aside += 1
        self._aside.write(line, row)
        return None

    def _name(self, line: int, row: list[str]) -> None:
        if len(row) < self._width:
            self.done.short += 1
        else:
            self.done.long += 1
        values = "1 value" if len(row) == 1 else f"{len(row):,} values"
        words = f"line {line:,} has {values} where the header has {self._width:,}"
        if self._uneven == "stop":
            raise BadInput(
                f"L{words[1:]}. Put it right, or choose what to do with uneven rows, and start "
                "the job again."
            )
        if len(self.done.named) < NAMED:
            self.done.named.append(words)
            logger.warning("L%s.", words[1:])
