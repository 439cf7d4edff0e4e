"""Makes values of any type fit for formats that hold only plain ones."""

import polars as pl


def flat(schema: pl.Schema) -> list[pl.Expr]:
    """Return expressions that make each column fit for a file of plain values.

    Lists and structures become JSON, bytes hexadecimal, durations seconds, and times of a zone or
    of no day become texts.
    """
    return [_flat(name, kind).alias(name) for name, kind in schema.items()]


def _flat(name: str, kind: pl.DataType) -> pl.Expr:
    values = pl.col(name)
    if kind.is_nested():
        filled = pl.struct(values.alias("")).struct.json_encode()
        inner = filled.str.strip_prefix('{"":').str.strip_suffix("}")
        return pl.when(values.is_not_null()).then(inner)
    if isinstance(kind, pl.Binary):
        return values.bin.encode("hex")
    if isinstance(kind, pl.Duration):
        return values.dt.total_microseconds() / 1_000_000
    if isinstance(kind, pl.Time):
        return values.dt.to_string("%H:%M:%S%.f")
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        return values.dt.to_string("%Y-%m-%dT%H:%M:%S%.f%:z")
    return values
