"""What is done to many jobs outlives the death of whoever does it, and is done to each job once."""

import signal
from collections import Counter

import pytest

from ledger.action_record import Outcome, Stage, Verb
from ledger.actions import Asked
from ledger.attempts import Outcome as Ended
from ledger.filters import Filter, Standing
from ledger.jobs import Submission
from ledger.record import Cause, Claim, Delivery, Ending, State
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


@pytest.mark.parametrize("where", ["site", pytest.param("pg_site", marks=pytest.mark.postgres)])
def test_a_clock_killed_in_the_midst_of_many_retries_leaves_none_out_and_makes_none_twice(
    request: pytest.FixtureRequest, where: str
) -> None:
    site: Site = request.getfixturevalue(where)
    jobs = {failed(site) for _ in range(MANY)}
    asked = Asked(Verb.RETRY, "ada", matching=Filter(states=(Standing.FAILED,)))
    action, _new = site.ledger.actions.ask(asked)
    doomed = site.worker()
    until("some are done", lambda: site.ledger.actions.get(action).handled, within=30)
    doomed.signal(signal.SIGKILL)
    doomed.wait()
    done = site.ledger.actions.get(action)
    assert (done.stage, 0 < done.handled < MANY) == (Stage.DOING, True), done.tally

    site.worker()
    until("all are done", lambda: not site.ledger.actions.get(action).goes_on, within=30)

    assert site.ledger.actions.get(action).tally == {Outcome.RETRIED: MANY}
    again = Counter(one.retried_from for one in site.ledger.jobs.page(limit=3 * MANY))
    assert again.pop(None) == MANY
    assert again == dict.fromkeys(jobs, 1)
