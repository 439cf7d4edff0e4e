"""Cancelling a job and running it again, from its page, by the API and in a terminal."""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Ledger, Settings
from ledger.logs import START
from ledger.outcome import Outcome
from ledger.record import Claim, Ending, Progress, State
from tasks.publisher import Publisher
from tests.ledger.conftest import claimed, submit
from tests.web.conftest import browser_of, hidden_fields
from webapp import create_app
from webapp.fragments import Update
from webapp.live import EXTENSION
from webapp.watch import Watch

DONE = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"greeting": "Hello"})
LATER = Outcome(State.RETRY, Ending.RETRIED, retry_in=3600)


def settled(ledger: Ledger, outcome: Outcome = DONE) -> str:
    job = submit(ledger)
    ledger.attempts.settle(claimed(ledger, job), outcome)
    return job


def pressed(client: FlaskClient, job: str, what: str) -> TestResponse:
    """Open a job's page, press the button for this and see where it leads."""
    page = client.get(f"/jobs/{job}").text
    assert f'form="act" formaction="/jobs/{job}/{what}"' in page
    return client.post(f"/jobs/{job}/{what}", data=hidden_fields(page), follow_redirects=True)


def seen(app: Flask, job: str) -> Update:
    """Return what every open page of a job is sent."""
    watch: Watch = app.extensions[EXTENSION]
    return watch.read(job, START)


def sentence(page: str) -> str:
    """Return what the page says of the job's state."""
    (found,) = re.findall(r'<span class="why">(.*?)</span>\s*</div>', page, re.DOTALL)
    return re.sub("<[^>]+>", "", found)


def test_a_waiting_job_is_cancelled_by_one_press_and_its_page_says_so(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    page = pressed(client, job, "cancel").text
    assert ledger.jobs.get(job).state is State.REVOKED
    assert sentence(page).endswith(", before it ran.")
    assert "No worker took it up." in page
    assert "formaction" not in page
    assert "Edit and run again" in page


def test_a_running_job_is_asked_to_stop_after_a_confirmation_that_needs_no_script(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    ledger.attempts.report(claim, Progress(62, 100, "counting"), [])
    confirm = r'<details class="menu">.*Cancel.*Stop this job.*</details>'
    assert re.search(confirm, client.get(f"/jobs/{job}").text, re.DOTALL)
    page = pressed(client, job, "cancel").text
    assert ledger.jobs.get(job).cancel_requested_at is not None
    assert "<title>Stopping… 62 % · Say hello" in page
    assert sentence(page) == "Asked to stop, still running on worker-one@here."
    assert "formaction" not in page
    stopped = Outcome(State.REVOKED, Ending.CANCELLED, note="Stopped at 62 % after 3 s.")
    ledger.attempts.settle(claim, stopped)
    assert sentence(client.get(f"/jobs/{job}").text).endswith(". Stopped at 62 % after 3 s.")


def test_without_scripts_the_question_has_a_page_of_its_own_that_stays(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    claimed(ledger, job)
    link = f'<noscript><a class="btn btn-quiet" href="/jobs/{job}/cancel">'
    assert link in client.get(f"/jobs/{job}").text
    question = client.get(f"/jobs/{job}/cancel").text
    assert "Stop this job?" in question
    assert "http-equiv" not in question
    assert f'href="/jobs/{job}">Let it run</a>' in question
    assert ledger.jobs.get(job).cancel_requested_at is None
    client.post(f"/jobs/{job}/cancel", data=hidden_fields(question))
    assert ledger.jobs.get(job).cancel_requested_at is not None
    assert client.get(f"/jobs/{settled(ledger)}/cancel").status_code == 303


def test_a_cancel_that_comes_after_the_end_says_so_and_changes_nothing(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    fields = hidden_fields(client.get(f"/jobs/{job}").text)
    ledger.attempts.settle(claimed(ledger, job), DONE)
    page = client.post(f"/jobs/{job}/cancel", data=fields, follow_redirects=True).text
    assert "nothing left to cancel, for the job had ended: Succeeded." in page
    assert ledger.jobs.get(job).state is State.SUCCESS


def test_no_other_site_can_cancel_in_a_persons_name(client: FlaskClient, ledger: Ledger) -> None:
    job = submit(ledger)
    for verb in ("cancel", "retry"):
        assert client.post(f"/jobs/{job}/{verb}").status_code == 400
    assert ledger.jobs.get(job).state is State.PENDING


def test_what_everybody_sees_alike_has_nobodys_proof_against_forgery(
    app: Flask, client: FlaskClient, ledger: Ledger
) -> None:
    ledger.users.add("bob")
    job = submit(ledger)
    token = hidden_fields(client.get(f"/jobs/{job}").text)["csrf_token"]
    assert token
    update = seen(app, job)
    assert "Cancel" in update.fragments["actions"].html
    assert not any("csrf" in part.html for part in update.fragments.values())
    theirs = browser_of(app, ledger, "bob").get(f"/jobs/{job}").text
    assert update.fragments["actions"].html in theirs


def test_an_open_page_loses_its_buttons_when_the_job_is_asked_to_stop_and_when_it_ends(
    app: Flask, ledger: Ledger
) -> None:
    def buttons(job: str) -> list[str]:
        html = seen(app, job).fragments["actions"].html
        return re.findall(r"([A-Z][\w ]+)</(?:button|summary)>", html)

    job = submit(ledger)
    assert buttons(job) == ["Cancel"]
    claim = claimed(ledger, job)
    assert buttons(job) == ["Cancel", "Stop this job"]
    ledger.attempts.settle(claim, LATER)
    assert buttons(job) == ["Retry now", "Cancel"]
    again = claimed_again(ledger, job)
    ledger.jobs.request_cancel(job)
    assert buttons(job) == []
    ledger.attempts.settle(again, DONE)
    assert buttons(job) == []


def claimed_again(ledger: Ledger, job: str) -> Claim:
    ledger.jobs.retry(job)
    return claimed(ledger, job, "m2")


def test_a_job_that_waits_for_its_next_attempt_says_when_that_is_and_can_have_it_now(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = settled(ledger, LATER)
    due = ledger.jobs.get(job).due_at
    assert due is not None
    waits = sentence(client.get(f"/jobs/{job}").text)
    assert waits.endswith(f"The next attempt starts at {due:%d %b, %H:%M:%S} UTC.")
    page = pressed(client, job, "retry").text
    assert "It is safe here, and is sent as soon as RabbitMQ takes it." in sentence(page)
    assert f"/jobs/{job}/retry" not in page
    assert [one.id for one in ledger.outbox.unsent(0, 9)] == [job]


def test_a_retry_that_comes_too_late_says_that_the_job_runs(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = settled(ledger, LATER)
    fields = hidden_fields(client.get(f"/jobs/{job}").text)
    claimed_again(ledger, job)
    page = client.post(f"/jobs/{job}/retry", data=fields, follow_redirects=True).text
    assert "The job runs already, or waits for a worker." in page


def test_a_retry_of_a_settled_job_links_to_it(client: FlaskClient, ledger: Ledger) -> None:
    job = settled(ledger)
    page = client.get(f"/jobs/{ledger.jobs.retry(job)}").text
    assert f'<dt>Retry of</dt><dd><a href="/jobs/{job}">' in page
    assert "Retry of" not in client.get(f"/jobs/{job}").text


def asked(
    stranger: FlaskClient, token: Mapping[str, str], job: str, verb: str, key: str = ""
) -> TestResponse:
    headers = {**token, "Idempotency-Key": key} if key else token
    return stranger.post(f"/api/v1/jobs/{job}/{verb}", headers=headers)


def body(answer: TestResponse) -> dict[str, Any]:
    found: dict[str, Any] = answer.get_json(force=True)
    return found


def test_a_program_cancels_a_waiting_job_and_a_running_one(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    waiting, running = submit(ledger), submit(ledger)
    claimed(ledger, running)
    ended = asked(stranger, token, waiting, "cancel")
    assert (ended.status_code, body(ended)["state"]) == (202, "REVOKED")
    for _ in range(2):
        stopping = asked(stranger, token, running, "cancel")
        assert (stopping.status_code, body(stopping)["state"]) == (202, "STARTED")
        assert body(stopping)["cancel_requested_at"] is not None


def test_a_program_that_cancels_a_settled_job_is_told_how_it_ended(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    answer = asked(stranger, token, settled(ledger), "cancel")
    assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
    assert body(answer)["detail"] == "The job has ended already, as SUCCESS."


def test_a_program_has_a_settled_job_run_again_as_a_new_one_that_names_it(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    job = settled(ledger)
    answer = asked(stranger, token, job, "retry")
    again = body(answer)
    assert (answer.status_code, again["state"], again["retried_from"]) == (202, "PENDING", job)
    assert answer.location == f"/api/v1/jobs/{again['id']}" != f"/api/v1/jobs/{job}"
    assert again["inputs"] == ledger.jobs.get(job).inputs
    assert ledger.jobs.get(job).state is State.SUCCESS


def test_a_program_that_asks_twice_with_one_key_gets_one_new_job(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    job = settled(ledger)
    first, second = (asked(stranger, token, job, "retry", "monday") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.location == second.location
    assert len(ledger.jobs.page(limit=9)) == 2
    other = settled(ledger)
    assert asked(stranger, token, other, "retry", "monday").location != first.location
    bob = {"Authorization": f"Bearer {ledger.users.new_token(ledger.users.add('bob'), 'x')}"}
    assert asked(stranger, bob, job, "retry", "monday").location != first.location
    assert asked(stranger, token, job, "retry", "x" * 191).status_code == 400


def test_the_apis_description_says_that_a_retry_takes_a_key(
    stranger: FlaskClient, token: Mapping[str, str]
) -> None:
    paths = stranger.get("/api/v1/openapi.json", headers=token).get_json()["paths"]
    named = [one["name"] for one in paths["/jobs/{job_id}/retry"]["post"]["parameters"]]
    assert named == ["job_id", "Idempotency-Key"]
    assert (
        "application/zip" in paths["/jobs/{job_id}/files.zip"]["get"]["responses"]["200"]["content"]
    )


def test_a_program_has_a_job_tried_again_now_and_not_one_that_runs(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    job, running = settled(ledger, LATER), submit(ledger)
    claimed(ledger, running)
    answer = asked(stranger, token, job, "retry")
    assert (answer.status_code, answer.location) == (202, f"/api/v1/jobs/{job}")
    assert [one.id for one in ledger.outbox.unsent(0, 9)] == [job]
    refused = asked(stranger, token, running, "retry")
    assert (refused.status_code, body(refused)["detail"]) == (409, "The job is STARTED already.")


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_a_job_that_is_not_there_and_a_program_without_a_token_are_turned_away(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger, verb: str
) -> None:
    assert asked(stranger, token, "nothing", verb).status_code == 404
    assert asked(stranger, {}, submit(ledger), verb).status_code == 401


def test_of_a_kind_that_is_gone_nothing_runs_again(
    settings: Settings, ledger: Ledger, publisher: Publisher, token: Mapping[str, str]
) -> None:
    job = settled(ledger)
    later = create_app(settings, ledger, publisher, {}).test_client()
    assert asked(later, token, job, "retry").status_code == 404
    assert len(ledger.jobs.page(limit=9)) == 1


def run(app: Flask, *arguments: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=list(arguments))
    return result.exit_code, result.output.strip()


def test_a_job_is_cancelled_in_a_terminal(app: Flask, ledger: Ledger) -> None:
    waiting, running = submit(ledger), submit(ledger)
    claimed(ledger, running)
    assert run(app, "cancel", waiting) == (0, f"Cancelled: job {waiting}")
    assert run(app, "cancel", running) == (0, f"Stopping…: job {running}")
    assert run(app, "cancel", waiting) == (1, "Error: The job has ended already, as REVOKED.")


def test_a_job_is_run_again_in_a_terminal(app: Flask, ledger: Ledger) -> None:
    job, later = settled(ledger), settled(ledger, LATER)
    status, again = run(app, "retry", job)
    assert (status, ledger.jobs.get(again).retried_from) == (0, job)
    assert run(app, "retry", later) == (0, later)
    assert run(app, "retry", again) == (1, "Error: The job is PENDING already.")
