"""Says what was cleaned, and what is worth a look, in sentences with counts."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from tasks.kinds.tables.clean import Cleaned
from tasks.kinds.tables.columns import EXAMPLES, Profile
from tasks.kinds.tables.export import Export
from tasks.kinds.tables.options import Options
from tasks.kinds.tables.table import Table
from tasks.kinds.tables.words import amount, listed, share, shown

MOSTLY = 0.5  # of the values missing
UNIQUE = 0.95  # of the values differ: then the others may be mistakes
ENOUGH = 50  # values, for a share of them to mean something


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that became of a table.

    `rows` are those of the cleaned table; `duplicates` the rows that equal an earlier one, which
    are not among `rows` if they were to be dropped. `preview` holds the first rows.
    """

    name: str
    size: int
    options: Options
    table: Table
    cleaned: Cleaned
    rows: int
    duplicates: int
    profiles: tuple[Profile, ...]
    preview: pl.DataFrame
    export: Export
    aside: Path | None = None

    @property
    def missing(self) -> int:
        """How many cells of the cleaned table hold no value."""
        return sum(profile.missing for profile in self.profiles)

    @property
    def cells(self) -> int:
        """How many cells the cleaned table has."""
        return self.rows * len(self.profiles)

    @property
    def dropped_columns(self) -> list[str]:
        """The columns that held no value."""
        kept = {profile.name for profile in self.profiles}
        return [column.name for column in self.cleaned.columns if column.name not in kept]


@dataclass(frozen=True, slots=True)
class Remark:
    """Something worth a look, in a sentence; of one column, or of the table."""

    text: str
    column: str | None = None


def cleanings(outcome: Outcome) -> list[str]:
    """Return a sentence for each thing that was cleaned."""
    return [*_of_rows(outcome), *_of_names(outcome), *_of_cells(outcome)]


def _of_rows(outcome: Outcome) -> Iterator[str]:
    repair, cleaned = outcome.table.repair, outcome.cleaned
    filled = repair.uneven - repair.aside
    if filled:
        yield f"{amount(filled, 'row')} with too few values: the last ones are missing."
    if repair.aside:
        what = "too many" if outcome.options.uneven.startswith("fill") else "too many or too few"
        yield (
            f"{amount(repair.aside, 'row')} with {what} values: set aside in uneven-rows.csv, not "
            "part of the table."
        )
    if cleaned.empty_rows:
        yield f"{amount(cleaned.empty_rows, 'empty row')}: dropped."
    if outcome.duplicates and outcome.options.drop_duplicates:
        yield f"{amount(outcome.duplicates, 'row')} equal to an earlier one: dropped."
    if outcome.dropped_columns:
        names = listed(outcome.dropped_columns)
        yield f"{amount(len(outcome.dropped_columns), 'empty column')}: dropped ({names})."


def _of_names(outcome: Outcome) -> Iterator[str]:
    changed = [header for header in outcome.table.headers if header.changed]
    if not outcome.table.named:
        yield "The columns were numbered, for the file has no header."
    elif changed:
        names = amount(len(changed), "name of a column", "names of columns")
        now = listed([header.name for header in changed])
        yield f"{names} made unique or tidy: now {now}."


def _of_cells(outcome: Outcome) -> Iterator[str]:
    columns = outcome.cleaned.columns
    if trimmed := sum(column.trimmed for column in columns):
        yield f"{amount(trimmed, 'cell')} with spaces at an end: trimmed."
    if words := sum(column.words for column in columns):
        where = [column.name for column in columns if column.words]
        yield f"{amount(words, 'cell')} with a word for missing: now missing (in {listed(where)})."
    by_reading: dict[str, list[str]] = {}
    for column in columns:
        if column.guess.reading:
            by_reading.setdefault(column.guess.reading.words, []).append(column.name)
    for reading, names in by_reading.items():
        yield f"Recognised as {reading}: {listed(names)}."


def remarks(outcome: Outcome) -> list[Remark]:
    """Return what is worth a look."""
    of_columns = (
        Remark(text, profile.name) for profile in outcome.profiles for text in _about(profile)
    )
    return [*map(Remark, _of_table(outcome)), *of_columns]


def _of_table(outcome: Outcome) -> Iterator[str]:
    yield from outcome.table.notes
    yield from outcome.export.notes
    if outcome.table.repair.uneven:
        examples = outcome.table.repair.examples()
        yield f"Uneven rows: {examples}."
    if outcome.duplicates and not outcome.options.drop_duplicates:
        rows = amount(outcome.duplicates, "row equals", "rows equal")
        yield f"{rows} an earlier one in every column. They were kept."
    formulas = sum(column.formulas for column in outcome.cleaned.kept)
    if formulas and outcome.export.name.endswith(".csv"):
        yield (
            f"{amount(formulas, 'text')} in the CSV file begin like a formula (with =, +, - or @). "
            "They are kept as they are, and a spreadsheet may run them. As an Excel file, the "
            "same table keeps them as text."
        )


def _about(profile: Profile) -> Iterator[str]:
    count = profile.rows - profile.missing
    if profile.column.guess.note:
        yield profile.column.guess.note
    if profile.missing > MOSTLY * profile.rows:
        yield f"{share(profile.missing, profile.rows)} of the values are missing."
    if profile.distinct == 1 and count > 1:
        yield "Every value is the same."
    number, examples = profile.odd
    if number and (nearly := profile.column.guess.nearly):
        others = ", ".join(f"“{shown(example)}”" for example in examples)
        yield (
            f"All values but {number:,} are {nearly.words}, so the column is left as text. The "
            f"others: {others}{' …' if len(examples) == EXAMPLES else ''}. If they mean missing, "
            "add them to the words for missing and start again."
        )
    if infinite := profile.figures.get("infinite"):
        yield f"Infinite values are left out of the figures ({infinite:,})."
    if profile.repeated and count >= ENOUGH and UNIQUE * count < profile.distinct:
        whole = profile.sort == "text" or profile.column.type.is_integer()
        if whole:
            yield f"Nearly all values differ, but {profile.repeated:,} occur more than once."
