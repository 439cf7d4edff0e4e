"""Jobs from Python, as Celery's users submit them."""

import os
import subprocess
import sys

import pytest

from tests.acceptance.conftest import Site
from tests.acceptance.workers import CHECKOUT

pytestmark = pytest.mark.broker


def test_a_job_submitted_from_python_gives_its_result(site: Site) -> None:
    site.worker().ready()
    program = (
        "from tasks.kinds.hello import hello;"
        " print(hello.delay(name='Ada', seconds=0).get(timeout=20))"
    )

    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env=os.environ | site.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert answer.stdout.strip() == "{'greeting': 'Hello, Ada!'}", answer.stderr
