"""How a text holds its table: encoding, separator, and where the header ends."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tasks.kind import BadInput
from tasks.kinds.tables import encodings
from tasks.kinds.tables.options import Options
from tasks.kinds.tables.words import amount

HEAD = 4_000_000  # bytes that are looked at
LOOKED_AT = 500  # rows that each separator is tried on
SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
# Rarer in running text first: the first of those that fit equally well is taken.
TRIED = ("\t", ";", "|", ",")
HINT = re.compile(r"\ufeff?\"?sep=([,;|\t])\"?\s*$", re.IGNORECASE)  # Excel's own first line
FITTING = 0.5  # of the rows must have as many values as most, or it is no separator

NEARLY_ALL = 0.9
BELOW_A_TITLE = 3  # values in a row, for a first line of one value to be a title, not a header


@dataclass(frozen=True, slots=True)
class Dialect:
    """What reading a text takes.

    `header` holds one name for each column, empty where there is none; `skip` is the number of
    physical lines before the first row. `rows` are those of the head, for judging by.
    """

    encoding: str
    separator: str
    header: tuple[str, ...]
    skip: int
    notes: tuple[str, ...]

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.header)


def find_dialect(path: Path, name: str, options: Options, encoding: str | None = None) -> Dialect:
    """Return how the text is to be read.

    Args:
        path: where its bytes are.
        name: what the person calls it, for messages.
        options: what the person said about it.
        encoding: the codec, where it is known better than the head tells.

    Raises:
        BadInput: there is no header or no row.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        cut = bool(file.read(1))
    if encoding is None:
        chosen = options.encoding
        encoding = encodings.detect(head) if chosen == "detect" else encodings.CODECS[chosen]
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head, not cut)
    lines = io.StringIO(text.removeprefix("\ufeff"), newline="").readlines()
    if cut:
        lines.pop()
    skip, hinted = _begin(lines, options.skip)
    separator = SEPARATORS.get(options.separator) or hinted or _separator(lines[skip:])
    reader = csv.reader(lines[skip:], delimiter=separator)
    rows = _rows(reader)
    first = next(rows, None)
    if first is None:
        below = f" below the first {amount(options.skip, 'line')}" if options.skip else ""
        raise BadInput(f"{name} holds nothing but blank lines{below}. A table needs rows.")
    header_lines = skip + reader.line_num
    body = [first, *islice(rows, LOOKED_AT)]
    if not options.header:
        width = Counter(map(len, body)).most_common(1)[0][0]
        return Dialect(encoding, separator, ("",) * width, skip, ())
    if len(body) == 1:
        raise BadInput(f"{name} has a header and no rows. Upload a file with at least one row.")
    header, notes = _fitted(first, body[1:])
    return Dialect(encoding, separator, tuple(header), header_lines, notes)


def _begin(lines: list[str], skip: int) -> tuple[int, str | None]:
    """Return how many lines stand before the header, and the separator that the last one names."""
    hinted = None
    if skip < len(lines) and (hint := HINT.match(lines[skip])):
        hinted, skip = hint[1], skip + 1
    while skip < len(lines) and not lines[skip].strip():
        skip += 1
    return skip, hinted


def _rows(reader: Iterator[list[str]]) -> Iterator[list[str]]:
    """Yield the rows that are not blank, up to one that no reader can take."""
    try:
        yield from filter(None, reader)
    except csv.Error:
        return  # Whoever reads the whole file meets it again, and names its line.


def _separator(lines: list[str]) -> str:
    """Return the separator that cuts most rows into as many values, or at least cuts nearly all.

    Where none does, it is one that the text does not hold: each row is one value.
    """
    best, choice = (FITTING, 1), ""
    cutting = []
    for separator in TRIED:
        widths = [
            len(row) for row in islice(_rows(csv.reader(lines, delimiter=separator)), LOOKED_AT)
        ]
        if not widths:
            continue
        width, fitting = Counter(widths).most_common(1)[0]
        score = (fitting / len(widths), width)
        titled = widths[0] == 1 and (width < BELOW_A_TITLE or score[0] < NEARLY_ALL)
        if width > 1 and not titled and score > best:
            best, choice = score, separator
        if widths[0] > 1 and widths.count(1) <= (1 - NEARLY_ALL) * len(widths):
            cutting.append(separator)
    text = "".join(lines)
    absent = (separator for separator in TRIED if separator not in text)
    return choice or next(iter([*cutting, *absent]), ",")


def _fitted(header: list[str], body: list[list[str]]) -> tuple[list[str], tuple[str, ...]]:
    """Return the header, made as wide as the rows are when nearly all are wider than it.

    So it is where every row ends with a separator, and where a program wrote row names without
    a name for their column.
    """
    width, fitting = Counter(map(len, body)).most_common(1)[0]
    more = width - len(header)
    if more <= 0 or fitting < NEARLY_ALL * len(body):
        return header, ()
    note = f"The header has {len(header)} names for {width} columns"
    wide = [row for row in body if len(row) == width]
    if all(not "".join(row[len(header) :]).strip() for row in wide):
        return header + [""] * more, (f"{note}: every row ends with a separator.",)
    if more == 1:
        return ["", *header], (f"{note}: the first was taken for row names without a header.",)
    advice = "If it stands further down, start again and skip the lines above it."
    return header + [""] * more, (f"{note}: the last {more} got names of their own. {advice}",)
