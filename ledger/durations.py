"""Many durations in little room: each cut to its two leading digits, and counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Self

DIGITS: Final = 2  # so a duration is known to within a tenth of itself, mostly much better


@dataclass(frozen=True, slots=True)
class Durations:
    """How many lasted how long: numbers by microseconds, of which two digits count."""

    numbers: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def cut(cls, found: Iterable[tuple[int, str, int]]) -> Self:
        """Return what a query found: how many digits, the leading ones of them, how many such.

        Of negative ones, as clocks that were set back make them, nothing is left but 0.
        """
        numbers: dict[int, int] = {}
        for digits, leading, number in found:
            microseconds = max(0, int(leading + "0" * (digits - len(leading))))
            numbers[microseconds] = numbers.get(microseconds, 0) + number
        return cls(numbers)

    @classmethod
    def kept(cls, row: Mapping[str, int]) -> Self:
        """Return what `row` made."""
        return cls({int(microseconds): number for microseconds, number in row.items()})

    @classmethod
    def kept_in_all(cls, rows: Iterable[Mapping[str, int]]) -> Self:
        """Return all of what `row` made several times, in less time than one by one."""
        numbers: dict[str, int] = {}
        for row in rows:
            for microseconds, number in row.items():
                numbers[microseconds] = numbers.get(microseconds, 0) + number
        return cls.kept(numbers)

    def row(self) -> dict[str, int]:
        """Return them as JSON, whose names are texts."""
        return {str(microseconds): number for microseconds, number in self.numbers.items()}

    @property
    def number(self) -> int:
        """How many there are."""
        return sum(self.numbers.values())

    def at(self, share: float) -> timedelta | None:
        """Return the duration that this share of them, from 0 to 1, did not exceed.

        None where there are none.
        """
        wanted, seen = share * self.number, 0
        for microseconds in sorted(self.numbers):
            seen += self.numbers[microseconds]
            if seen >= wanted:
                return timedelta(microseconds=_middle(microseconds))
        return None


def total(several: Iterable[Durations]) -> Durations:
    """Return all of them as one."""
    numbers: dict[int, int] = {}
    for one in several:
        for microseconds, number in one.numbers.items():
            numbers[microseconds] = numbers.get(microseconds, 0) + number
    return Durations(numbers)


def _middle(microseconds: int) -> float:
    """Return the middle of all that are cut to this."""
    cut_off = len(str(microseconds)) - DIGITS
    return microseconds + (10**cut_off / 2 if cut_off > 0 else 0)


NONE: Final = Durations()
