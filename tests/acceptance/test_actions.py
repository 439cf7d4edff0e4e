"""What is done to many jobs outlives the death of whoever does it, and is done to each job once."""

import signal
from collections import Counter

import pytest
from sqlalchemy import func, select

from ledger.action_record import Outcome, Stage, Verb
from ledger.action_tables import actions
from ledger.actions import Asked
from ledger.filters import Filter, Standing
from ledger.jobs import Submission
from ledger.outcome import Outcome as Ended
from ledger.record import Cause, Claim, Delivery, Ending, State
from ledger.schema import jobs
from tests.acceptance.conftest import Site
from tests.waiting import until

pytestmark = pytest.mark.broker

MANY = 150


def failed(site: Site) -> str:
    """Return a job that failed some time ago."""
    inputs = {"name": "Ada", "seconds": 0, "ending": "succeed"}
    job, _new = site.ledger.jobs.submit(Submission("hello", "default", inputs, "ada"))
    claim = site.ledger.claims.claim(Delivery(job, job, 0), "a worker", 1)
    assert isinstance(claim, Claim)
    failure = Ended(State.FAILURE, Ending.FAILED, Cause.ERROR)
    site.ledger.attempts.settle(claim, failure)
    return job


def handled(site: Site, action: str) -> int:
    """Return how many jobs have an outcome; whenever one looks, that many other jobs are there."""
    made = select(func.count()).where(jobs.c.retried_from.is_not(None)).scalar_subquery()
    with site.ledger.database.read() as connection:
        row = connection.execute(select(actions.c.tally, made).where(actions.c.id == action)).one()
    tally, others = row
    assert sum(tally.values()) == others
    return int(others)


@pytest.mark.parametrize("where", ["site", pytest.param("pg_site", marks=pytest.mark.postgres)])
def test_a_clock_killed_in_the_midst_of_many_retries_leaves_none_out_and_makes_none_twice(
    request: pytest.FixtureRequest, where: str
) -> None:
    site: Site = request.getfixturevalue(where)
    old = {failed(site) for _ in range(MANY)}
    asked = Asked(Verb.RETRY, "ada", matching=Filter(states=(Standing.FAILED,)))
    action, _new = site.ledger.actions.ask(asked)
    doomed = site.worker()
    until("some are done", lambda: handled(site, action), within=30)
    doomed.signal(signal.SIGKILL)
    doomed.wait()
    done = site.ledger.actions.get(action)
    assert (done.stage, 0 < handled(site, action) < MANY) == (Stage.DOING, True), done.tally

    site.worker()
    until("all are done", lambda: handled(site, action) == MANY, within=30)
    until("it knows", lambda: not site.ledger.actions.get(action).goes_on)

    assert site.ledger.actions.get(action).tally == {Outcome.RETRIED: MANY}
    again = Counter(one.retried_from for one in site.ledger.jobs.page(limit=3 * MANY))
    assert again.pop(None) == MANY
    assert again == dict.fromkeys(old, 1)
