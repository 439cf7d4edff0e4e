"""The stages of one column's values on their way through the pass that cleans a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from tasks.kinds.tables.guess import Guess

# A spreadsheet may run what begins so; amounts and telephone numbers are left out.
FORMULA = r"^(=|@|[+-]\D)"


@dataclass(frozen=True, slots=True)
class Column:
    """What cleaning did to a column, in numbers of cells.

    `empty` were blank, `words` held a word for missing, `trimmed` had spaces at an end. `size` is
    the number of bytes of its texts, and `formulas` counts those that a spreadsheet might run.
    """

    name: str
    guess: Guess
    type: pl.DataType
    empty: int
    words: int
    trimmed: int
    size: int
    formulas: int

    @property
    def missing(self) -> int:
        """How many cells hold no value, those of empty rows included."""
        return self.empty + self.words


def is_text(kind: pl.DataType) -> bool:
    """Return whether values of the type are cleaned as texts."""
    return isinstance(kind, pl.String | pl.Categorical | pl.Enum)


def as_text(values: pl.Expr) -> pl.Expr:
    """Return the values of such a type as texts."""
    return values.cast(pl.String)


def trimmed(text: pl.Expr) -> pl.Expr:
    """Return texts without white space at either end."""
    return text.str.strip_chars()


def present(text: pl.Expr, missing: Sequence[str]) -> pl.Expr:
    """Return trimmed texts, null where they are empty or a word for missing."""
    return pl.when(~text.is_in(["", *missing])).then(text)


class Stages:
    """Expressions for a column's values, each stage in a column of its own.

    A text is raw, trimmed, present, a value; what is no text is raw and a value.
    """

    def __init__(
        self, place: int, name: str, kind: pl.DataType, guess: Guess, missing: Sequence[str]
    ) -> None:
        self.name = name
        self._place = place
        self._kind = kind
        self._guess = guess
        self._missing = missing
        self._text = is_text(kind)

    def _at(self, stage: str) -> str:
        return f"{stage} {self._place}"

    def raw(self) -> pl.Expr:
        """Return what stands in the file."""
        values = pl.col(self.name)
        return (as_text(values) if self._text else values).alias(self._at("raw"))

    def trimmed(self) -> pl.Expr:
        """Return the texts trimmed."""
        raw = pl.col(self._at("raw"))
        return (trimmed(raw) if self._text else raw).alias(self._at("trimmed"))

    def present(self) -> pl.Expr:
        """Return the values that are not missing."""
        values = pl.col(self._at("trimmed"))
        if self._text:
            values = present(values, self._missing)
        elif self._kind.is_float():
            values = values.fill_nan(None)
        return values.alias(self._at("present"))

    def value(self) -> pl.Expr:
        """Return the values in their type: null where the reading refuses."""
        values = pl.col(self._at("present"))
        if reading := self._guess.reading:
            values = reading.parse(values)
        return values.alias(self._at("value"))

    def value_of(self) -> pl.Expr:
        """Return the last stage, by reference."""
        return pl.col(self._at("value"))

    def named(self) -> pl.Expr:
        """Return the last stage under the column's name."""
        return self.value_of().alias(self.name)

    def counts(self) -> list[pl.Expr]:
        """Return what is counted on the way."""
        raw, cut, there = (pl.col(self._at(stage)) for stage in ("raw", "trimmed", "present"))
        counted = {
            "missing": there.null_count(),
            "valued": self.value_of().count(),
            "empty": raw.null_count(),
        }
        if self._text:
            length = there.str.len_bytes()
            counted["empty"] += (cut.str.len_bytes() == 0).sum()
            counted["spaced"] = (raw.str.len_bytes() != length).sum()
            if not self._guess.reading:
                counted["size"] = length.sum()
                counted["formulas"] = there.str.contains(FORMULA).sum()
        return [count.alias(self._at(stage)) for stage, count in counted.items()]

    def column(self, counts: Mapping[str, int], kind: pl.DataType) -> Column:
        """Return what was counted, for a column that became this type."""

        def counted(what: str) -> int:
            return counts.get(self._at(what)) or 0

        return Column(
            name=self.name,
            guess=self._guess,
            type=kind,
            empty=counted("empty"),
            words=counted("missing") - counted("empty"),
            trimmed=counted("spaced"),
            size=counted("size"),
            formulas=counted("formulas"),
        )

    def refused(self, counts: Mapping[str, int]) -> bool:
        """Return whether some value did not fit the reading."""
        there = counts["rows"] - counts[self._at("missing")]
        return there != counts[self._at("valued")]
