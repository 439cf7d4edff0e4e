"""A claim that the database forgot in its fall is made again, and the job ends once."""

from pathlib import Path

import pytest
from sqlalchemy import delete, update

from ledger.record import Ending, State
from ledger.schema import attempts, jobs
from tests.acceptance.conftest import Site, lines
from tests.waiting import until

pytestmark = [pytest.mark.broker, pytest.mark.postgres]


def forget_the_claim(site: Site, job: str) -> None:
    """Leave the ledger as it is after a fall, if nothing since the claim has reached its disk."""
    with site.ledger.database.write() as connection:
        connection.execute(delete(attempts).where(attempts.c.job == job))
        connection.execute(
            update(jobs)
            .where(jobs.c.id == job)
            .values(state=State.PENDING, attempt=0, worker=None, message=None, delivery_count=None)
        )


@pytest.mark.parametrize("where", ["site", "pg_site"])
def test_a_job_whose_claim_is_forgotten_runs_again_and_ends_once(
    where: str, request: pytest.FixtureRequest, trace: Path, gate: Path
) -> None:
    site: Site = request.getfixturevalue(where)
    job = site.submit("stays", trace=trace, gate=gate)
    worker = site.worker(1).ready()
    until("its first attempt runs", lambda: lines(trace, "began"))

    forget_the_claim(site, job)
    until("that attempt is stopped", lambda: "The process stops working on it" in worker.text())
    until("another one runs", lambda: len(lines(trace, "began")) == 2)
    gate.touch()

    assert site.settled(job).state is State.SUCCESS
    assert site.endings(job) == [Ending.SUCCEEDED]
    assert len(lines(trace, "ended")) == 1
