"""What the programs leave unloaded, for it takes memory in each process and they don't need it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("alembic", "polars", "PIL", "s3fs", "xlsxwriter", "fastexcel")


def loaded(program: str, folder: Path) -> set[str]:
    """Return the heavy libraries that are there when a program is."""
    code = f"import json, sys; {program}; print(json.dumps(list(sys.modules)))"
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        check=True,
        env=os.environ | {"POSTROOM_VAR": str(folder)},
    )
    return set(json.loads(said.stdout)) & set(HEAVY)


@pytest.mark.parametrize(
    "program",
    [
        "from webapp import create_app; create_app()",
        "import tasks.worker; tasks.app.loader.import_default_modules()",
    ],
    ids=["console", "worker"],
)
def test_a_program_loads_no_heavy_library_that_it_does_not_need(
    program: str, tmp_path: Path
) -> None:
    assert loaded(program, tmp_path) == set()


def test_a_worker_loads_what_its_processes_share(tmp_path: Path) -> None:
    program = (
        "import tasks.worker as w; from tasks.kind import kinds;"
        "w.load_what_is_shared(kinds().values())"
    )
    assert loaded(program, tmp_path) == {"PIL"}
