"""The process that accepts a job dies in the worst moments: the job runs once all the same."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ledger.record import Ending, State
from tests.acceptance.conftest import Site, lines
from tests.acceptance.workers import CHECKOUT

pytestmark = pytest.mark.broker

KEY = "the same form"


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_job_whose_web_process_dies_around_its_message_runs_once(
    site: Site, gate: Path, trace: Path, moment: str
) -> None:
    gate.touch()
    web = [sys.executable, "-m", "tests.acceptance.dying_web", moment, KEY, str(trace), str(gate)]
    died = subprocess.run(web, cwd=CHECKOUT, env=os.environ | site.environment, check=False)
    assert died.returncode == -signal.SIGKILL
    (job,) = site.ledger.jobs.page(limit=9)
    assert job.sent_at is None

    again = site.accept("stays", KEY, trace=trace, gate=gate)
    assert (again.job, again.new) == (job.id, False)
    site.worker().ready()

    assert site.settled(job.id).state is State.SUCCESS
    assert site.endings(job.id) == [Ending.SUCCEEDED]
    assert len(lines(trace, "began")) == 1
    assert len(site.ledger.jobs.page(limit=9)) == 1
