"""A kind's page and its history in the API, and the charts of the start page."""

import re
from collections.abc import Mapping

from flask.testing import FlaskClient

from ledger import Ledger
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, State
from tests.ledger.conftest import claimed, submit


def ended(ledger: Ledger) -> list[str]:
    """Have two jobs end, one of which failed."""
    jobs = [submit(ledger), submit(ledger)]
    for job, outcome in zip(
        jobs,
        (
            Outcome(State.SUCCESS, Ending.SUCCEEDED),
            Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR),
        ),
        strict=True,
    ):
        ledger.attempts.settle(claimed(ledger, job, job), outcome)
    return jobs


def test_a_kind_has_a_page_with_each_of_its_jobs_as_a_dot(
    client: FlaskClient, ledger: Ledger
) -> None:
    succeeded, failed = ended(ledger)
    page = client.get("/kinds/hello").text
    assert "<h1>Say hello</h1>" in page
    assert 'href="/new/hello"' in page
    assert f'class="dot tone-succeeded" href="/jobs/{succeeded}"' in page
    assert f'class="dot tone-failed" href="/jobs/{failed}"' in page
    assert "1 of 2 failed in the last 24 hours." in page
    assert "/failures/" not in page
    ledger.naming.name({"hello": "1"}, 9)
    assert "1 in all, last <time" in client.get("/kinds/hello").text
    assert "The only one that succeeded in the last 30 days ran" in page
    assert page.count('role="img"') == 3
    assert page.count("<summary>As a table") == 4
    assert "style=" not in page


def test_a_kind_without_a_past_says_what_to_do_next(client: FlaskClient) -> None:
    page = client.get("/kinds/hello?period=week").text
    assert "No job of this kind ended in the last 7 days." in page
    assert '<svg class="chart-drawing"' not in page


def test_other_kinds_and_periods_are_not_found(client: FlaskClient) -> None:
    assert client.get("/kinds/none").status_code == 404
    answer = client.get("/kinds/hello?period=century")
    assert answer.status_code == 404
    assert "there are day, week, month" in answer.text


def test_programs_read_the_same_history(
    stranger: FlaskClient, ledger: Ledger, token: Mapping[str, str]
) -> None:
    succeeded, failed = ended(ledger)
    answer = stranger.get("/api/v1/kinds/hello/history?period=week", headers=token).json
    assert answer is not None
    assert [run["id"] for run in answer["jobs"]] == [failed, succeeded]
    assert len(answer["pieces"]) == 28
    assert answer["pieces"][-1]["failed"] == answer["pieces"][-1]["runs"]["jobs"] == 1
    assert answer["ended"] == 2
    assert stranger.get("/api/v1/kinds/none/history", headers=token).status_code == 404


def test_the_start_page_shows_the_last_day_once_there_is_one(
    client: FlaskClient, ledger: Ledger
) -> None:
    ledger.depths.sample({"default"})  # A worker looks at the queues, and nothing waits.
    assert "The last 24 hours" not in client.get("/").text
    ended(ledger)
    page = client.get("/").text
    assert "Ended per hour" in page
    assert "In the last 24 hours 1 job succeeded and 1 failed." in page
    assert "No job had to wait for long in the last 24 hours." in page


def test_the_page_of_queues_shows_how_deep_they_were(client: FlaskClient, ledger: Ledger) -> None:
    assert "Waiting jobs" not in client.get("/queues").text
    submit(ledger)
    ledger.depths.sample({"default"})
    page = client.get("/queues").text
    assert "In the last 24 hours at most 1 job waited in default" in page
    assert "As a table" in page


def test_of_many_jobs_the_newest_of_each_hour_are_drawn(
    client: FlaskClient, ledger: Ledger
) -> None:
    for _ in range(151):
        ended(ledger)
    page = client.get("/kinds/hello").text
    found = re.search(r"300 jobs of the 302 .+: the newest (\d+) of each hour\.", page)
    assert found is not None
    assert found[1] in {"300", "150"}  # In one hour or in two.
    assert page.count('class="dot tone-') == 2 + 300  # Two are in the key.
