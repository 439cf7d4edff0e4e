"""What the tables kind costs beside Polars itself: time, and memory at its highest.

    python -m bench.tables [GIGABYTES] [FILE]

Makes a CSV file of so many gigabytes (1 by default; in a temporary folder that is removed, unless
a file is named), and works through it twice, each time in a process of its own:

- the kind: encoding, rows and types checked on every value, profile, report, cleaned Parquet;
- Polars' own scan: types inferred from the first rows, the same aggregates of every column in one
  query, and the table written as Parquet. It checks nothing and draws nothing.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import polars as pl

from tasks.kinds.tables import POLARS
from tasks.kinds.tables.options import Options
from tasks.kinds.tables.run import run

STEP = 200_000  # rows that are made at once


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] == ["run"]:
        work = {"kind": kind, "polars": scan, "make": make}[arguments[1]]
        work(Path(arguments[2]), int(arguments[3]))
        return
    size = int(float(arguments[0]) * 1e9) if arguments else 1_000_000_000
    with tempfile.TemporaryDirectory() as folder:
        source = Path(arguments[1]) if len(arguments) > 1 else Path(folder) / "table.csv"
        if not source.exists():
            measured("make", source, size)
        print(f"{source.stat().st_size / 1e9:.2f} GB of CSV, {os.cpu_count()} processors\n")
        print(f"{'':12} {'seconds':>8} {'ratio':>6} {'of CPU':>8} {'ratio':>6} {'peak MB':>8}")
        scanned = None
        for name, what in (("Polars scan", "polars"), ("tables", "kind")):
            used = measured(what, source, size)
            scanned = scanned or used
            wall, cpu = used.seconds / scanned.seconds, used.cpu / scanned.cpu
            print(
                f"{name:12} {used.seconds:8.1f} {wall:6.2f} {used.cpu:8.1f} {cpu:6.2f} "
                f"{used.megabytes:8,.0f}"
            )
        print("\nThe aim: a ratio of at most 1.5, and less than 1,000 MB.")


class Used(NamedTuple):
    """What a process used; its seconds of CPU tell more where others use the machine, too."""

    seconds: float
    cpu: float
    megabytes: float


def measured(what: str, source: Path, size: int) -> Used:
    """Run one of the functions in a process of its own."""
    begun = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.tables", "run", what, str(source), str(size)],
        env=os.environ | (POLARS if what == "kind" else {}),
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = status
    assert status == 0, f"{what} failed"
    seconds = time.perf_counter() - begun
    return Used(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / 1000)


def kind(source: Path, _size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run(source, "a.csv", Options(), place.joinpath, place, lambda *_: None)


def scan(source: Path, _size: int) -> None:
    frame = pl.scan_csv(source, try_parse_dates=True)
    schema = frame.collect_schema()
    asked = [one for name, kind in schema.items() for one in aggregates(name, kind)]
    frequent = [frame.group_by(name).len().top_k(10, by="len") for name in schema]
    with tempfile.TemporaryDirectory() as folder:
        pl.collect_all([frame.select(asked), *frequent], engine="streaming")
        frame.sink_parquet(Path(folder) / "cleaned.parquet")


def aggregates(name: str, kind: pl.DataType) -> list[pl.Expr]:
    value = pl.col(name)
    asked = {"missing": value.null_count(), "distinct": value.approx_n_unique()}
    if kind.is_numeric() or kind.is_temporal():
        asked |= {"min": value.min(), "max": value.max()}
        for share in (0.05, 0.25, 0.5, 0.75, 0.95):
            asked[f"quantile {share}"] = value.quantile(share, "nearest")
    if kind.is_numeric():
        asked |= {"mean": value.mean(), "std": value.std()}
    if kind == pl.String:
        length = value.str.len_chars()
        asked |= {"shortest": length.min(), "longest": length.max(), "length": length.mean()}
    return [one.alias(f"{name} {what}") for what, one in asked.items()]


def make(target: Path, size: int) -> None:
    """Write a table as shops have it: numbers, dates, codes, names, missing and quoted values."""
    begun = time.perf_counter()
    with target.open("wb") as file:
        for first in range(0, sys.maxsize, STEP):
            if file.tell() >= size:
                break
            file.write(rows(first).write_csv(include_header=first == 0).encode())
    print(f"Made {target} in {time.perf_counter() - begun:.0f} s.")


def rows(first: int) -> pl.DataFrame:
    def below(limit: int, seed: int) -> pl.Expr:
        return pl.col("id").hash(seed) % limit

    def share(seed: int) -> pl.Expr:
        return below(1_000_000, seed) / 1_000_000

    return pl.select(id=pl.int_range(first, first + STEP)).with_columns(
        ordered_at=pl.from_epoch((1_500_000_000 + below(250_000_000, 1)).cast(pl.Int64)),
        day=(10_000 + below(9_000, 2)).cast(pl.Int32).cast(pl.Date),
        town=pl.format("{}-town", below(400, 3)),
        customer=pl.format("customer-{}", below(3_000_000, 4)),
        price=(share(5) * share(6) * 1000).round(2),
        weight=pl.when(share(7) > 0.03).then(((share(8) + share(9)) * 10).round(3)),
        pieces=below(50, 11),
        paid=pl.when(share(12) < 0.5).then(pl.lit("yes")).otherwise(pl.lit("no")),
        postcode=below(100_000, 13).cast(pl.String).str.zfill(5),
        note=pl.when(share(14) < 0.2).then(pl.format("two, or {}", below(1000, 15))),
        ratio=share(16),
    )


if __name__ == "__main__":
    main()
