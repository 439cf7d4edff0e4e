"""The kind as the console meets it: its inputs, its cost, and how it is stopped."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from pydantic import ValidationError

from tasks.kinds.tables import tables
from tasks.kinds.tables.options import Options, spellings
from tasks.kinds.tables.run import run
from tasks.kinds.tables.steps import Meter, part
from tasks.testing import Trial

UPLOAD = {"id": "1", "name": "a.csv", "size": 4, "sha256": "0" * 64}


def test_the_form_needs_a_file_and_nothing_else() -> None:
    with pytest.raises(ValidationError, match="file"):
        tables.parse({})
    tables.parse({"file": UPLOAD})


def test_the_defaults_of_the_form_are_those_of_the_options() -> None:
    given = tables.parse({"file": UPLOAD}).model_dump(exclude={"file"})

    assert Options(**given | {"missing": spellings(given["missing"])}) == Options()


def test_every_field_of_the_form_says_what_it_is() -> None:
    for name, field in tables.inputs.model_fields.items():
        assert field.description, name
    assert tables.help.startswith("Describes every column")


def test_showing_the_form_does_not_cost_the_library() -> None:
    loaded = "import sys, tasks.kinds.tables; print('polars' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loaded], check=True, capture_output=True)

    assert done.stdout.strip() == b"False"


def test_words_for_missing_count_in_small_letters_and_capitals() -> None:
    assert set(spellings(" n/a, Keine ,,")) == {"n/a", "N/A", "N/a", "Keine", "keine", "KEINE"}


class CancelledError(BaseException):
    """What the console raises where a kind tells its progress."""


def test_a_cancelled_job_stops_reading(tmp_path: Path) -> None:
    """The query runs in another thread, which must not go on for a job that is gone."""
    source = tmp_path / "upload"
    source.write_text("a,b\n" + "1,x\n" * 400_000)
    said: list[str] = []

    def tell(_done: float, _total: float, text: str) -> None:
        said.append(text)
        if text.startswith("profiling"):
            raise CancelledError

    with pytest.raises(CancelledError):
        run(source, "a.csv", Options(), tmp_path.joinpath, tmp_path, tell)
    assert said
    assert not (tmp_path / "cleaned.parquet").exists()


@pytest.mark.parametrize("cleaned", ["parquet", "xlsx"])
def test_nothing_lies_where_a_killed_worker_would_leave_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cleaned: str
) -> None:
    source = tmp_path / "a.csv"
    source.write_text("a;b\n1;x\n1;x\n2\n3;y;z\n")
    trial = Trial(tables, file=source, cleaned=cleaned, drop_duplicates=True)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))

    assert f"cleaned.{cleaned}" in trial.run().outputs


def test_a_query_ends_when_nobody_waits_for_it_any_more() -> None:
    meter = Meter()
    batches = [pl.LazyFrame({"a": range(1000)})] * 50
    frame = meter.through(pl.concat(batches)).map_batches(_slow, streamable=True)

    def tell(*_: object) -> None:
        raise CancelledError

    with pytest.raises(CancelledError):
        meter.follow(lambda: frame.collect(engine="streaming"), 50_000, tell, "reading")
    assert meter.rows < 50_000


def _slow(frame: pl.DataFrame) -> pl.DataFrame:
    """Take some time, for the query to last longer than a look at it."""
    for _ in range(60):
        frame.with_columns(pl.col("a").cast(pl.String).str.replace_all("1", "2")).sort("a")
    return frame


def test_a_part_of_the_way_is_told_as_a_share_of_all_of_it() -> None:
    told: list[float] = []
    half = part(lambda done, _total, _text: told.append(done), 50, 100)

    half(0, 4, "")
    half(1, 4, "")
    half(9, 4, "")
    half(0, 0, "")
    assert told == [50, 62.5, 100, 100]
