"""Decides from a sample how each column of texts is to be read, and says why where it is not."""

from dataclasses import dataclass

import polars as pl

from tasks.kinds.tables.options import Slashes
from tasks.kinds.tables.readings import DECIMAL, READINGS, WHOLE, Reading, Style

PROBED = 200  # values of a column that every reading is tried on
PROMISING = 0.8  # of them must fit for the reading to be tried on all of the sample
EXPLAINED = 1_000  # values that must all look alike for the report to say why they stay text
NEARLY = 0.9  # of the sample must fit for the report to say that nearly all do

AMBIGUOUS_DATES = (
    "Every value could be read day first or month first, so they are left as text. Start again "
    "and say how to read dates with slashes."
)
AMBIGUOUS_NUMBERS = (
    "The comma in every value could be a decimal comma or part thousands, so they are left as text."
)
TWO_WAYS = "Every value could be read in two ways; they were read"
READ_AS: dict[Style, str] = {
    "day first": "day first",
    "month first": "month first",
    "decimal comma": "with a decimal comma, like other columns",
    "decimal point": "with a decimal point, like other columns",
}
# What all values of a column look like, what some look like, and why they are left as they are.
LEFT_AS_TEXT: tuple[tuple[str, str, str], ...] = (
    (
        r"^\d{1,2}[./-]\d{1,2}[./-]\d{2}$",
        r"",
        "Dates with years of two digits are left as text, for their century is not known.",
    ),
    (
        r"^\+\d[\d ()/-]{6,}$",
        r"",
        "Telephone numbers are left as text.",
    ),
    (
        r"^[+-]?[\d.,  ]+\s?%$",
        r"",
        "Percentages are left as text.",
    ),
    (
        r"^([$€£¥]\s?[+-]?\d[\d.,]*|[+-]?\d[\d.,]*\s?([$€£¥]|EUR|USD|CHF|GBP))$",
        r"",
        "Amounts with a currency are left as text.",
    ),
    (
        r"^\d+$",
        r"^0",
        "The values are left as text, for some begin with a zero that a number would lose.",
    ),
    (
        r"^\d+$",
        r"",
        "The values are left as text, for a number can't hold so many digits.",
    ),
)


@dataclass(frozen=True, slots=True)
class Guess:
    """How to read a column: by the first of `chain` that fits every value, or as text.

    `nearly` fits most values, where none fits all. `note` says what a person should know.
    """

    chain: tuple[Reading, ...] = ()
    nearly: Reading | None = None
    note: str = ""

    @property
    def reading(self) -> Reading | None:
        """The reading to try next, or None for text."""
        return self.chain[0] if self.chain else None

    def without_first(self) -> "Guess":
        """Return what is left when the first reading did not fit."""
        return Guess(self.chain[1:], self.nearly or self.chain[0], self.note)


def guess(sample: pl.DataFrame, slashes: Slashes) -> dict[str, Guess]:
    """Return how to read each column.

    Where a column could be read in two ways, the other columns of the table decide, or what the
    person said; else it is left as text.

    Args:
        sample: trimmed texts, missing ones null.
        slashes: what the person said about dates that can be read in two ways.
    """
    columns = [
        _Column(sample[name].drop_nulls(), promising)
        for name, promising in zip(sample.columns, _probe(sample), strict=True)
    ]
    habits: set[Style] = {style for column in columns if (style := column.only_style())}
    if slashes != "leave as text":
        habits = habits - {"day first", "month first"} | {slashes}
    return {column.texts.name: column.decide(habits) for column in columns}


def _probe(sample: pl.DataFrame) -> list[tuple[Reading, ...]]:
    """Return for each column the readings that fit most of its first values.

    All columns are tried at once, one below the other, for a table may have thousands.
    """
    if not sample.width:
        return []
    probes = [
        sample.select(text=pl.col(name).drop_nulls().head(PROBED), column=pl.lit(place))
        for place, name in enumerate(sample.columns)
    ]
    tried = pl.concat(probes).select(
        "column",
        *(
            reading.parse(pl.col("text")).is_not_null().alias(str(number))
            for number, reading in enumerate(READINGS)
        ),
    )
    fitting = tried.group_by("column").mean()
    promising: list[tuple[Reading, ...]] = [()] * sample.width
    for column, *shares in fitting.iter_rows():
        promising[column] = tuple(
            reading for reading, share in zip(READINGS, shares, strict=True) if share >= PROMISING
        )
    return promising


class _Column:
    """The texts of one column, and the readings that fit all of them, by style."""

    def __init__(self, texts: pl.Series, promising: tuple[Reading, ...]) -> None:
        self.texts = texts
        self._missed = _missed(texts, promising)
        self._styles: dict[Style, tuple[Reading, ...]] = {}
        for reading, missed in self._missed.items():
            if missed == 0 and (reading.type != "truth" or self._values(reading).n_unique() == 2):  # noqa: PLR2004 - both
                self._styles[reading.style] = (*self._styles.get(reading.style, ()), reading)

    def only_style(self) -> Style:
        """Return the style that the column can only be read in, if there is one."""
        return next(iter(self._styles)) if len(self._styles) == 1 else ""

    def decide(self, habits: set[Style]) -> Guess:
        """Return how to read the column in a table that follows these styles elsewhere."""
        styles = self._styles
        if not styles:
            note = self._why_text()
            return Guess(nearly=None if note else self._nearly(), note=note)
        if len(styles) == 1:
            (chain,) = styles.values()
            return Guess((WHOLE, DECIMAL) if chain[0] is WHOLE else chain)
        known = [style for style in styles if style in habits]
        if len(known) == 1:
            return Guess(styles[known[0]], note=f"{TWO_WAYS} {READ_AS[known[0]]}.")
        if DECIMAL in styles.get("decimal point", ()):
            return Guess(styles["decimal point"])
        if self._same_in_all_styles():
            return Guess(next(iter(styles.values())))
        dates = "day first" in styles
        return Guess(note=AMBIGUOUS_DATES if dates else AMBIGUOUS_NUMBERS)

    def _values(self, reading: Reading) -> pl.Series:
        return self.texts.to_frame("text").select(reading.parse(pl.col("text"))).to_series()

    def _same_in_all_styles(self) -> bool:
        """Whether the texts are numbers that every style reads alike."""
        first, *others = (self._values(chain[0]) for chain in self._styles.values())
        return first.dtype.is_numeric() and all(first.eq(other).all() for other in others)

    def _nearly(self) -> Reading | None:
        misses = ((missed, reading) for reading, missed in self._missed.items() if missed)
        missed, reading = min(misses, key=lambda miss: miss[0], default=(0, None))
        return reading if missed <= (1 - NEARLY) * self.texts.len() else None

    def _why_text(self) -> str:
        first = self.texts.head(EXPLAINED)
        fitting = (
            why
            for every, some, why in LEFT_AS_TEXT
            if first.str.contains(some).any() and first.str.contains(every).all()
        )
        return next(fitting, "")


def _missed(texts: pl.Series, readings: tuple[Reading, ...]) -> dict[Reading, int]:
    """Return how many of the texts each reading refuses; of plain whole numbers, one reading."""

    def refused(*some: Reading) -> dict[Reading, int]:
        counts = texts.to_frame("text").select(
            reading.parse(pl.col("text")).null_count().alias(str(number))
            for number, reading in enumerate(some)
        )
        return dict(zip(some, counts.row(0), strict=True))

    if not readings or (readings[0] is WHOLE and refused(WHOLE)[WHOLE] == 0):
        return dict.fromkeys(readings[:1], 0)
    return refused(*readings)
