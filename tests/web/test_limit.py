"""A limit of each person's jobs, as pages, the API and a terminal tell of it."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from tests.ledger.conftest import submit
from tests.web.conftest import browser_of, send

JOB = {"kind": "hello", "inputs": {"name": "Ada"}}
LIMIT = 2


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"jobs_per_person": LIMIT})


@pytest.fixture
def held(ledger: Ledger) -> str:
    """A job of ada's that has two before it."""
    for _ in range(LIMIT):
        ledger.outbox.mark_sent(submit(ledger), 0)
    return submit(ledger)


def told(client: FlaskClient, address: str, token: Mapping[str, str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(client.get(address, headers=token).text)
    return answer


def test_its_page_says_why_it_waits_and_what_helps(client: FlaskClient, held: str) -> None:
    page = client.get(f"/jobs/{held}").text
    assert "Waiting for its turn" in page
    assert "is sent when its owner&#39;s limit lets it go" in page or (
        "is sent when its owner's limit lets it go" in page
    )
    assert "Your own limit: 2 of your jobs are in line or under way" in page
    assert "The limit is 2 at a time" in page
    assert "state:running,queued,unsent,retrying+by:ada" in page
    assert "RabbitMQ did not take it" not in page
    assert "Place in line" not in page


def test_somebody_else_is_told_whose_limit_it_is(app: Flask, ledger: Ledger, held: str) -> None:
    other = browser_of(app, ledger, ledger.users.add("bob").name)
    assert "The limit of ada: 2 of their jobs are" in other.get(f"/jobs/{held}").text
    # Of his own job nothing is held back.
    assert "limit" not in other.get("/new/hello/waiting").text


def test_the_form_says_so_before_it_is_sent(client: FlaskClient, held: str) -> None:
    part = client.get("/new/hello/waiting").text
    assert "and another one of yours goes before this one." in part
    assert held


def test_the_api_says_it_in_numbers_and_in_words(
    client: FlaskClient, held: str, token: Mapping[str, str]
) -> None:
    job = told(client, f"/api/v1/jobs/{held}", token)
    assert (job["held"], job["sent_at"]) == (True, None)
    waiting = job["waiting"]
    assert waiting["reason"] == "own limit"
    assert waiting["why"].startswith("Your own limit: 2 of your jobs")
    assert "JOBS_PER_PERSON" in waiting["repair"]
    assert waiting["limit"] == {"owner": "ada", "jobs": 2, "taken": 2, "before": 0}
    assert (waiting["estimate"], waiting["place"]) == (None, None)
    outlook = told(client, "/api/v1/kinds/hello/outlook", token)
    assert outlook["limit"] == {"owner": "ada", "jobs": 2, "taken": 2, "before": 1}


def test_what_is_submitted_over_the_limit_is_accepted_and_held(
    client: FlaskClient, token: Mapping[str, str], ledger: Ledger, held: str
) -> None:
    answer = client.post("/api/v1/jobs", json=JOB, headers=token)
    assert (answer.status_code, json.loads(answer.text)["held"]) == (202, True)
    page = send(client, "/new/hello", name="Ada", seconds="0")
    assert page.status_code == 303
    assert ledger.jobs.get(page.headers["Location"].rpartition("/")[2]).held
    batch = client.post("/api/v1/batches", json={"jobs": [JOB] * 3}, headers=token)
    assert (json.loads(batch.text)["held"], json.loads(batch.text)["unsent"]) == (3, 0)
    assert held


def test_the_list_finds_held_jobs_and_the_queue_tells_how_many(
    client: FlaskClient, token: Mapping[str, str], held: str
) -> None:
    found = told(client, "/api/v1/jobs?q=state:held", token)["jobs"]
    assert [job["id"] for job in found] == [held]
    assert "Held back by limits" in client.get("/queues").text
    queue = next(
        one for one in told(client, "/api/v1/queues", token)["queues"] if one["name"] == "default"
    )
    assert (queue["waiting"], queue["unsent"], queue["limited"]) == (2, 0, 1)


def test_a_terminal_tells_whose_limit_it_is(app: Flask, held: str) -> None:
    shown = app.test_cli_runner().invoke(args=["show", held])
    assert "Waiting for its turn: It is safe here" in shown.output
    assert "The limit of ada: 2 of their jobs are in line or under way" in shown.output
