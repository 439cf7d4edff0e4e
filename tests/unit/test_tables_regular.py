"""The fast look at a text's bytes agrees with reading it value by value."""

import csv
import io
import random
from pathlib import Path

import polars as pl
import pytest

from tasks.kinds.tables.dialect import Dialect
from tasks.kinds.tables.regular import Shape, examine

DIALECT = Dialect(encoding="utf-8", separator=",", header=("x", "y"), skip=1, notes=())
PIECES = (1, 2, 3, 5, 1 << 20)
QUOTED = ("a", "é", ",", "\n", "\r\n", '""')


def shape(path: Path, text: str | bytes, piece: int = 1 << 20) -> Shape:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return examine(path, DIALECT, lambda *_: None, piece=piece)


def any_value(chance: random.Random) -> str:
    if chance.random() < 0.5:
        return "".join(chance.choices("ab5é", k=chance.randint(0, 3)))
    return '"' + "".join(chance.choices(QUOTED, k=chance.randint(0, 4))) + '"'


def test_what_looks_regular_reads_the_same_value_by_value(tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311 - any texts, the same each time
    path = tmp_path / "x"
    regular = 0
    for _ in range(300):
        end = chance.choice(["\n", "\r\n"])
        rows = [[any_value(chance), any_value(chance)] for _ in range(chance.randint(1, 4))]
        text = f"x,y{end}" + end.join(",".join(row) for row in rows) + chance.choice(["", end])
        found = shape(path, text, chance.choice(PIECES))
        if not found.regular:
            continue
        regular += 1
        slowly = [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))][1:]
        fast = pl.read_csv(
            path, has_header=False, skip_lines=1, schema=dict.fromkeys("xy", pl.String())
        ).fill_null("")
        assert fast.rows() == slowly, text
        assert found.rows == len(rows), text
    assert regular > 200


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize(
    "rows",
    [
        "1,2\n3\n4,5\n",
        "1,2\n3,4,5\n",
        "1,2\n\n3,4\n",
        '1,2\n"3,4"\n5,6\n',
        '1,2\n"3\n3"\n5,6\n',
        '1,2\n3,"4\n',
        "1,2\r3,4\n",
        "1,2\n3",
    ],
)
def test_an_uneven_row_is_never_overlooked(tmp_path: Path, rows: str, piece: int) -> None:
    assert not shape(tmp_path / "x", "x,y\n" + rows, piece).regular


@pytest.mark.parametrize("piece", PIECES)
def test_a_piece_that_is_no_utf_8_is_handed_back(tmp_path: Path, piece: int) -> None:
    found = shape(tmp_path / "x", "x,y\né,1\n".encode() + b"\xe9,2\n", piece)

    assert not found.regular
    assert found.foreign
    assert b"\xe9" in found.foreign + b"\xe9,2"


def test_blank_lines_below_the_last_row_do_no_harm(tmp_path: Path) -> None:
    assert shape(tmp_path / "x", "x,y\n1,2\n3,4\n\n\r\n\n") == Shape(regular=True, rows=2)
