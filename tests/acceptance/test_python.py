"""Jobs from Python, as Celery's users submit them."""

import os
import subprocess
import sys

import pytest

from tests.acceptance.conftest import Site
from tests.acceptance.workers import CHECKOUT

pytestmark = pytest.mark.broker


def python(site: Site, program: str) -> str:
    """Run a program beside the site's workers, and return what it prints."""
    answer = subprocess.run(
        [sys.executable, "-c", program],
        cwd=CHECKOUT,
        env=os.environ | site.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def test_a_job_submitted_from_python_gives_its_result(site: Site) -> None:
    site.worker().ready()
    program = (
        "from tasks.kinds.hello import hello;"
        " print(hello.delay(name='Ada', seconds=0).get(timeout=20))"
    )
    assert python(site, program) == "{'greeting': 'Hello, Ada!'}"


MANY = """
from pydantic import ValidationError
from tasks.kinds.hello import hello

try:
    hello.delay_many([{"name": "Ada"}, {"seconds": 601}, {"name": "Bob", "mood": 1}])
except* ValidationError as errors:
    print([one.__notes__ for one in errors.exceptions])
names = [{"name": f"n{number}", "seconds": 0} for number in range(30)]
first = hello.delay_many(names, idempotency_key="monday")
again = hello.delay_many(names, idempotency_key="monday")
print(again == first and again.results == first.results)
print([one["greeting"] for one in again.get(timeout=40)] == [f"Hello, n{n}!" for n in range(30)])
"""


def test_a_batch_submitted_from_python_gives_its_results_in_order_once(site: Site) -> None:
    site.worker(2).ready()
    told = python(site, MANY).splitlines()
    assert told[0].count("in number") == 2
    assert "in number 1 of the batch" in told[0]
    assert told[1:] == ["True", "True"]
    assert len(site.ledger.jobs.page(limit=99)) == 30
