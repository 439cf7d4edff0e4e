"""Runs the tables kind on a file without a job, and reads what it wrote."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from tasks.kinds.tables.options import Options
from tasks.kinds.tables.run import run


@dataclass(frozen=True)
class Done:
    folder: Path
    result: dict[str, object]
    told: list[tuple[float, float, str]]

    @property
    def table(self) -> pl.DataFrame:
        return pl.read_parquet(self.folder / "cleaned.parquet")

    @property
    def facts(self) -> dict[str, Any]:
        text = (self.folder / "profile.json").read_text("utf-8")
        return dict(json.loads(text, parse_constant=_no_json))

    @property
    def page(self) -> str:
        return (self.folder / "report.html").read_text("utf-8")

    @property
    def remarks(self) -> str:
        return "\n".join(remark["text"] for remark in self.facts["remarks"])

    @property
    def cleanings(self) -> str:
        return "\n".join(self.facts["cleaning"]["sentences"])

    def column(self, name: str) -> dict[str, Any]:
        (found,) = [column for column in self.facts["columns"] if column["name"] == name]
        return dict(found)


def _no_json(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def tables_of(folder: Path, content: bytes | str, name: str = "a.csv", **options: Any) -> Done:
    """Run the kind on a file with this content."""
    source = folder / "upload"
    source.write_bytes(content.encode() if isinstance(content, str) else content)
    return tables_of_file(source, name, **options)


def tables_of_file(source: Path, name: str, **options: Any) -> Done:
    """Run the kind on a file, whose own name means nothing."""
    folder = source.with_name("results")
    scratch = source.with_name("scratch")
    for one in (folder, scratch):
        one.mkdir(exist_ok=True)
    told: list[tuple[float, float, str]] = []
    result = run(
        source,
        name,
        Options(**options),
        folder.joinpath,
        scratch,
        lambda done, total, text: told.append((done, total, text)),
    )
    return Done(folder, result, told)
