"""The ways to read text as numbers, dates and truth values, each refusing what does not fit."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import polars as pl

Style = Literal["", "decimal point", "decimal comma", "day first", "month first"]
Parse = Callable[[pl.Expr], pl.Expr]

PHONE = 8  # characters from which digits after a plus are no amount
EXACT = 15  # digits that a float keeps


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a text.

    `parse` takes an expression of trimmed texts and returns one of values: null where the text
    does not fit. `style` names the habit that the reading follows: two readings of one type and
    different styles may give one text different values.
    """

    type: Literal["number", "date", "truth"]
    words: str
    parse: Parse
    style: Style = ""


def _only(fits: pl.Expr, value: pl.Expr) -> pl.Expr:
    return pl.when(fits).then(value)


def _no_code(text: pl.Expr) -> pl.Expr:
    """Return where a text is no code in digits: 01234 would lose its zero, +49151123 its plus."""
    length = text.str.len_bytes()
    zero = text.str.starts_with("0") & (length > 1) & ~text.str.starts_with("0.")
    minus_zero = text.str.starts_with("-0") & (length > 2) & ~text.str.starts_with("-0.")  # noqa: PLR2004
    plus = text.str.starts_with("+") & (length > PHONE)
    return ~(zero | minus_zero | plus)


def whole(text: pl.Expr) -> pl.Expr:
    """Read 42 and -7, up to 64 bits; refuse 007 and +491511234567."""
    return _only(_no_code(text), text.cast(pl.Int64, strict=False))


def decimal(text: pl.Expr) -> pl.Expr:
    """Read 4.2, -7, 1e5 and inf; refuse what a float can't hold: longer whole numbers, 1e400."""
    value = text.cast(pl.Float64, strict=False).fill_nan(None)
    length = text.str.len_bytes()
    too_long = (length > EXACT) & ~text.str.contains(".", literal=True)
    named = (length <= len("-inf")) | text.str.ends_with("y") | text.str.ends_with("Y")
    overflown = value.is_infinite() & ~named
    return _only(_no_code(text) & ~too_long & ~overflown, value)


def _grouped(group: str, point: str) -> tuple[Parse, Parse]:
    """Return readings of whole numbers and of decimals in which `group` parts the thousands."""
    amount = rf"(0|[1-9]\d*|[1-9]\d{{0,2}}({group}\d{{3}})+)" if group else r"(0|[1-9]\d*)"
    integer, fraction = rf"^[+-]?{amount}$", rf"^[+-]?{amount}?{point}\d+$|^[+-]?{amount}$"

    def plain(text: pl.Expr) -> pl.Expr:
        digits = text.str.replace_all(group, "") if group else text
        return digits.str.replace(point, ".", literal=False)

    def whole_grouped(text: pl.Expr) -> pl.Expr:
        return _only(text.str.contains(integer), whole(plain(text)))

    def decimal_grouped(text: pl.Expr) -> pl.Expr:
        return _only(text.str.contains(fraction), decimal(plain(text)))

    return whole_grouped, decimal_grouped


SPACE = "[ \u00a0\u202f\u2009]"
WHOLE = Reading("number", "whole numbers", whole)
DECIMAL = Reading("number", "numbers", decimal, "decimal point")


def _numbers() -> Iterable[Reading]:
    yield WHOLE
    yield DECIMAL
    habits: tuple[tuple[str, str, Style, str], ...] = (
        ("", ",", "decimal comma", "1234,5"),
        (r"\.", ",", "decimal comma", "1.234,5"),
        (",", r"\.", "decimal point", "1,234.5"),
        (SPACE, ",", "decimal comma", "1 234,5"),
        (SPACE, r"\.", "decimal point", "1 234.5"),
        ("['\N{RIGHT SINGLE QUOTATION MARK}]", r"\.", "decimal point", "1'234.5"),
    )
    for group, point, style, example in habits:
        integer, fraction = _grouped(group, point)
        if group:
            yield Reading("number", f"whole numbers like {example[:-2]}", integer, style)
        yield Reading("number", f"numbers like {example}", fraction, style)


def _moment(pattern: str, *, clock: bool) -> Parse:
    def parse(text: pl.Expr) -> pl.Expr:
        if clock:
            value = text.str.to_datetime(pattern, strict=False, time_unit="us")
        else:
            value = text.str.to_date(pattern, strict=False)
        # A year of two digits is no year of the first century: nobody can tell which it is.
        return _only(value.dt.year() > 999, value)  # noqa: PLR2004 - four digits

    return parse


DAYS: tuple[tuple[str, str, Style], ...] = (
    ("%Y-%m-%d", "2024-12-31", ""),
    ("%Y/%m/%d", "2024/12/31", ""),
    ("%Y.%m.%d", "2024.12.31", ""),
    ("%d.%m.%Y", "31.12.2024", ""),
    ("%d/%m/%Y", "31/12/2024", "day first"),
    ("%m/%d/%Y", "12/31/2024", "month first"),
    ("%d-%m-%Y", "31-12-2024", "day first"),
    ("%m-%d-%Y", "12-31-2024", "month first"),
    ("%d %b %Y", "31 Dec 2024", ""),
    ("%d-%b-%Y", "31-Dec-2024", ""),
    ("%d %B %Y", "31 December 2024", ""),
    ("%b %d, %Y", "Dec 31, 2024", ""),
    ("%B %d, %Y", "December 31, 2024", ""),
)
CLOCKS = (
    ("%H:%M:%S%.f", "23:59:59"),
    ("%H:%M", "23:59"),
    ("%I:%M:%S %p", "11:59:59 PM"),
    ("%I:%M %p", "11:59 PM"),
)
ZONED = ("%H:%M:%S%.f%#z", "23:59:59+01:00")


def _dates() -> Iterable[Reading]:
    for day, shown, style in DAYS:
        yield Reading("date", f"dates like {shown}", _moment(day, clock=False), style)
        for clock, time in CLOCKS:
            parse = _moment(f"{day} {clock}", clock=True)
            yield Reading("date", f"times like {shown} {time}", parse, style)
    day, shown, _ = DAYS[0]
    for clock, time in (*CLOCKS[:2], ZONED):
        parse = _moment(f"{day}T{clock}", clock=True)
        yield Reading("date", f"times like {shown}T{time}", parse)
    parse = _moment(f"{day} {ZONED[0]}", clock=True)
    yield Reading("date", f"times like {shown} {ZONED[1]}", parse)


TRUTHS = (
    ("true", "false"),
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("on", "off"),
    ("ja", "nein"),
    ("wahr", "falsch"),
    ("oui", "non"),
    ("vrai", "faux"),
    ("sí", "no"),
    ("si", "no"),
)


def _truth(true: str, false: str) -> Parse:
    def spelled(word: str) -> list[str]:
        return sorted({word, word.upper(), word.capitalize()})

    def parse(text: pl.Expr) -> pl.Expr:
        yes, no = text.is_in(spelled(true)), text.is_in(spelled(false))
        return pl.when(yes).then(pl.lit(value=True)).when(no).then(pl.lit(value=False))

    return parse


def _truths() -> Iterable[Reading]:
    for true, false in TRUTHS:
        yield Reading("truth", f"{true} and {false}", _truth(true, false))


READINGS: tuple[Reading, ...] = (*_numbers(), *_dates(), *_truths())
"""In order of preference among those that fit and follow one style."""
