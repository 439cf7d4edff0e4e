"""What the page on adding a kind says works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).parent.parent.parent
MODULE = re.compile(r"```python\n# ((?:tasks|tests)/\S+\.py)\n(.*?)```", re.DOTALL)


def test_the_kinds_and_the_tests_on_the_page_work_as_they_stand_there(tmp_path: Path) -> None:
    modules = MODULE.findall((CHECKOUT / "docs" / "kinds.md").read_text(encoding="utf-8"))
    assert len(modules) == 4
    for path, text in modules:
        # The real package, with a place beside it where the page's modules are found, too.
        target = tmp_path / path.removeprefix("tasks/kinds/")
        target.parent.mkdir(exist_ok=True)
        target.write_text(text.replace("tasks.kinds.", ""), encoding="utf-8")

    pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    configured = ["--rootdir", str(tmp_path), "-c", str(CHECKOUT / "pyproject.toml")]
    done = subprocess.run(
        [*pytest, *configured, str(tmp_path / "tests")],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": f"{CHECKOUT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "4 passed" in done.stdout
