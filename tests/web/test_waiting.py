"""Why isn't it running: on a waiting job's page, before Submit, in the API and on a terminal."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from ledger import Ledger
from ledger.outcome import Outcome
from ledger.record import Ending, Error, State
from ledger.waiting_tables import run_times
from tests.ledger.conftest import claimed, submit


@pytest.fixture
def waiting(ledger: Ledger) -> str:
    """A job that RabbitMQ has, and that no process has taken yet."""
    job = submit(ledger)
    ledger.outbox.mark_sent(job, 0)
    return job


def asked(client: FlaskClient, address: str, token: Mapping[str, str]) -> dict[str, Any]:
    """Return what the API answers."""
    answer: dict[str, Any] = json.loads(client.get(address, headers=token).text)
    return answer


def alone(ledger: Ledger) -> None:
    """Have the only worker told to stop."""
    ledger.workers.stopping("one")


def test_a_waiting_jobs_page_says_why_and_what_is_to_be_expected(
    client: FlaskClient, waiting: str
) -> None:
    page = client.get(f"/jobs/{waiting}").text
    assert "it running?" in page
    assert "A process is free for it." in page
    assert "the next one in <code>default</code>" in page
    assert "worker-one@here, 2 processes" in page
    assert "no run of this kind yet" in page


def test_it_says_how_to_start_a_worker_where_none_listens(
    client: FlaskClient, ledger: Ledger, waiting: str
) -> None:
    alone(ledger)
    part = client.get(f"/jobs/{waiting}/waiting").text
    assert "were told to stop" in part
    assert "<code>celery -A tasks worker -Q default</code>" in part


def test_a_pause_is_told_with_its_reason_and_without_its_markup(
    client: FlaskClient, ledger: Ledger, waiting: str
) -> None:
    ledger.queues.pause("default", "<b>eve", "the <i>disk</i> is full.")
    part = client.get(f"/jobs/{waiting}/waiting").text
    assert "was paused by &lt;b&gt;eve at" in part
    assert "the &lt;i&gt;disk&lt;/i&gt; is full." in part
    assert 'resumed on the page of queues. <a href="/queues">Queues</a>' in part


def test_a_job_that_rabbitmq_does_not_take_though_it_answers_leads_to_the_doctor(
    client: FlaskClient, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = submit(ledger)
    assert "on its way to RabbitMQ" in client.get(f"/jobs/{refused}/waiting").text
    monkeypatch.setattr("ledger.facts.REFUSED_AFTER", 0.0)
    part = client.get(f"/jobs/{refused}/waiting").text
    assert "RabbitMQ answers, but has not taken it since" in part
    assert 'says what to do. <a href="/doctor">Doctor</a>' in part


def test_of_a_kind_that_is_gone_nothing_is_foreseen(
    client: FlaskClient, ledger: Ledger, waiting: str, token: Mapping[str, str]
) -> None:
    gone = submit(ledger, "gone")
    ledger.outbox.mark_sent(gone, 0)
    part = client.get(f"/jobs/{gone}/waiting").text
    assert "knows no kind of job that is called gone" in part
    assert "starts" not in part
    assert "Place in line" not in part
    found = asked(client, f"/api/v1/jobs/{gone}", token)["waiting"]
    assert (found["reason"], found["place"], found["estimate"]) == ("no kind", None, None)
    assert "1 job before it" in client.get("/new/hello/waiting").text, waiting


def test_a_job_that_runs_or_has_ended_waits_for_nothing(
    client: FlaskClient, ledger: Ledger, waiting: str
) -> None:
    claim = claimed(ledger, waiting)
    assert client.get(f"/jobs/{waiting}/waiting").text == ""
    assert 'aria-labelledby="waiting-head" hidden' in client.get(f"/jobs/{waiting}").text
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED))
    assert client.get(f"/jobs/{waiting}/waiting").text == ""
    assert "waiting-head" not in client.get(f"/jobs/{waiting}").text


def test_a_job_that_waits_for_its_retry_says_until_when(
    client: FlaskClient, ledger: Ledger, waiting: str
) -> None:
    outcome = Outcome(State.RETRY, Ending.RETRIED, error=Error("E", "no"), retry_in=60)
    ledger.attempts.settle(claimed(ledger, waiting), outcome)
    part = client.get(f"/jobs/{waiting}/waiting").text
    assert "It waits for its next attempt, at" in part
    assert "Retry now" in part


@pytest.mark.usefixtures("waiting")
def test_a_form_says_it_before_submit(client: FlaskClient, ledger: Ledger) -> None:
    page = client.get("/new/hello").text
    assert "When would it run?" in page
    assert page.index("When would it run?") < page.index("Submit</button>")
    assert "1 job before it in <code>default</code>" in page
    alone(ledger)
    assert "told to stop" in client.get("/new/hello/waiting").text


def test_the_api_says_it_of_a_waiting_job(
    client: FlaskClient, ledger: Ledger, waiting: str, token: Mapping[str, str]
) -> None:
    found = asked(client, f"/api/v1/jobs/{waiting}", token)["waiting"]
    assert (found["reason"], found["place"], found["repair"]) == ("next", 1, None)
    assert found["workers"] == ["worker-one@here"]
    assert found["estimate"]["within"] is None
    assert datetime.fromisoformat(found["estimate"]["starts_at"]).tzinfo
    alone(ledger)
    found = asked(client, f"/api/v1/jobs/{waiting}", token)["waiting"]
    assert found["reason"] == "stopping"
    assert found["repair"] == "Start another with celery -A tasks worker -Q default."
    claimed(ledger, waiting)
    assert asked(client, f"/api/v1/jobs/{waiting}", token)["waiting"] is None


def test_the_api_says_it_of_a_kind(
    client: FlaskClient, ledger: Ledger, waiting: str, token: Mapping[str, str]
) -> None:
    ledger.attempts.settle(claimed(ledger, waiting), Outcome(State.SUCCESS, Ending.SUCCEEDED))
    ledger.experience.learn_runs("hello")
    found = asked(client, "/api/v1/kinds/hello/outlook?size=1000", token)
    assert found["reason"] == "next"
    assert found["typical"]["runs"] == 1
    assert found["estimate"]["done_by"] is not None
    assert client.get("/api/v1/kinds/nothing/outlook", headers=token).status_code == 404
    wrong = client.get("/api/v1/kinds/hello/outlook?size=-1", headers=token)
    assert wrong.status_code == 422


def test_the_terminal_says_it_too(app: Flask, ledger: Ledger, waiting: str) -> None:
    ledger.queues.pause("default", "ada", "the disk is full")
    said = app.test_cli_runner().invoke(args=["show", waiting]).output
    assert "The queue default was paused by ada at" in said
    assert "Place in line: the next one in default" in said


def test_a_form_says_how_long_files_of_its_own_size_take(
    client: FlaskClient, ledger: Ledger
) -> None:
    runs = [[1, 1000, True]] * 5 + [[60, 1_000_000, True]] * 5
    values = {"kind": "hello", "runs": runs, "ended_at": datetime.now(UTC)}
    with ledger.database.write() as connection:
        connection.execute(insert(run_times).values(values))
    assert "similar size" not in client.get("/new/hello/waiting").text
    small = client.get("/new/hello/waiting?size=1200").text
    assert "1.0 s, nine of ten up to 1.0 s (5 runs with files of a similar size)" in small
    assert "(10 runs)" in client.get("/new/hello/waiting?size=odd").text


def test_a_stranger_learns_nothing(stranger: FlaskClient, waiting: str) -> None:
    for address in (f"/jobs/{waiting}/waiting", "/new/hello/waiting"):
        assert stranger.get(address).status_code == 303
    assert stranger.get("/api/v1/kinds/hello/outlook").status_code == 401
