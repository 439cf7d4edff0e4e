"""Cancelling, running again and deleting many jobs at once: pages, API and terminal."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Ledger
from ledger.action_record import Stage
from ledger.record import State
from tests.ledger.conftest import claimed, submit
from tests.web.conftest import browser_of, hidden_fields
from tests.web.test_steering import run, settled


def question(client: FlaskClient, verb: str, *jobs: str, **more: str) -> TestResponse:
    """Select jobs in the list and press a button."""
    token = hidden_fields(client.get("/account").text)["csrf_token"]
    return client.post(
        "/actions/new", data={"csrf_token": token, "verb": verb, "job": list(jobs), **more}
    )


def yes(client: FlaskClient, page: str) -> TestResponse:
    """Press the button of a question."""
    fields = hidden_fields(page) | {"job": re.findall(r'name="job" value="([^"]+)"', page)}
    return client.post("/actions", data=fields, follow_redirects=True)


def heading(page: str) -> str:
    (found,) = re.findall(r"<h1>(.*?)</h1>", page, re.DOTALL)
    return re.sub("<[^>]+>", "", found).strip()


def told(page: str) -> str:
    (found,) = re.findall(r'<span class="why">(.*?)</span>', page, re.DOTALL)
    return str(found)


def test_a_question_says_how_many_and_what_and_changes_nothing(
    client: FlaskClient, ledger: Ledger
) -> None:
    jobs = [submit(ledger), submit(ledger), settled(ledger)]
    page = question(client, "cancel", *jobs).text
    assert heading(page) == "Cancel 2 jobs?"
    assert "You have selected 3 jobs." in page
    assert "Of these 3, 1 has ended already and stays as it is." in page
    assert "For an hour this can be undone" in page
    assert ledger.jobs.get(jobs[0]).state is State.PENDING
    assert ledger.actions.newest(9) == []


def test_a_question_counts_no_job_whose_kind_is_gone_among_those_that_run_again(
    client: FlaskClient, ledger: Ledger
) -> None:
    gone = submit(ledger, "gone")
    ledger.jobs.request_cancel(gone)
    page = question(client, "retry", settled(ledger), gone).text
    assert heading(page) == "Run again 1 job?"
    assert "1 runs or waits for a worker already, or is of a kind that is no longer here" in page
    page = question(client, "retry", gone).text
    assert heading(page) == "Run again 0 jobs?"
    assert "Back to the jobs" in page
    page = question(client, "retry", all="1", q="").text
    assert heading(page) == "Run again 1 job?"
    page = question(client, "retry", all="1", q="kind:gone").text
    assert heading(page) == "Run again 0 jobs?"


def test_a_yes_does_it_and_says_what_became_of_each(client: FlaskClient, ledger: Ledger) -> None:
    jobs = [submit(ledger), submit(ledger), settled(ledger)]
    claimed(ledger, jobs[1])
    page = yes(client, question(client, "cancel", *jobs).text).text
    assert told(page) == "1 cancelled, 1 asked to stop while running, 1 had ended before."
    assert re.search(r'id="favicon".+icons/succeeded\.svg', page)
    assert ledger.jobs.get(jobs[0]).state is State.REVOKED
    for job in jobs:
        assert f'href="/jobs/{job}"' in page
    only = client.get(f"{page_of(ledger)}?outcome=cancelled").text
    assert f'href="/jobs/{jobs[0]}"' in only
    assert f'href="/jobs/{jobs[2]}"' not in only


def page_of(ledger: Ledger) -> str:
    return f"/actions/{ledger.actions.newest(1)[0].id}"


def test_all_that_match_are_those_that_matched_when_the_question_was_seen(
    client: FlaskClient, ledger: Ledger
) -> None:
    jobs = [submit(ledger) for _ in range(3)]
    page = question(client, "cancel", all="1", q="state:waiting kind:hello").text
    late = submit(ledger)
    assert heading(page) == "Cancel 3 jobs?"
    assert "<code>state:waiting kind:hello</code>" in page
    assert told(yes(client, page).text) == "3 cancelled."
    assert {ledger.jobs.get(job).state for job in jobs} == {State.REVOKED}
    assert ledger.jobs.get(late).state is State.PENDING


def test_a_yes_that_is_sent_twice_is_done_once(client: FlaskClient, ledger: Ledger) -> None:
    job = settled(ledger)
    page = question(client, "retry", job).text
    first, second = yes(client, page), yes(client, page)
    assert first.request.path == second.request.path
    assert told(second.text) == "1 run again, as new jobs."
    assert len(ledger.jobs.page(limit=9)) == 2


def test_what_was_done_to_many_is_left_to_the_clock_and_the_page_says_how_far_it_is(
    client: FlaskClient, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.actions.AT_ONCE", 2)
    jobs = [submit(ledger) for _ in range(3)]
    page = yes(client, question(client, "cancel", all="1", q="").text).text
    assert "0 of 3 found so far." in page
    assert '<meta http-equiv="refresh" content="3">' in page
    address = page_of(ledger)
    assert f'data-poll="{address}/since"' in page
    assert client.get(f"{address}/since?revision=0").status_code == 204
    while ledger.action_steps.step(address.rpartition("/")[2], lambda _job: pytest.fail("asked")):
        pass
    now = client.get(f"{address}/since?revision=0").get_json()
    assert (now["goes_on"], now["title"]) == (False, "Done: Cancel 3 jobs")
    assert "3 cancelled." in now["html"]
    assert "csrf" not in now["html"]
    assert {ledger.jobs.get(job).state for job in jobs} == {State.REVOKED}


def test_a_delete_is_undone_from_its_page(client: FlaskClient, ledger: Ledger) -> None:
    job = settled(ledger)
    page = yes(client, question(client, "delete", job).text).text
    assert told(page) == "1 deleted."
    assert "Undo brings 1 job back; it can be done until <time" in page
    assert ledger.jobs.page(limit=9) == []
    address = page_of(ledger)
    undone = client.post(f"{address}/undo", data=hidden_fields(page), follow_redirects=True)
    assert told(undone.text) == "1 brought back."
    assert [one.id for one in ledger.jobs.page(limit=9)] == [job]
    again = client.post(f"{address}/undo", data=hidden_fields(page), follow_redirects=True)
    assert "can&#39;t be undone any more, or it is undone already" in again.text


def test_the_page_of_a_deleted_job_says_so_until_it_is_gone(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = settled(ledger)
    yes(client, question(client, "delete", job).text)
    assert "It is deleted" in client.get(f"/jobs/{job}").text


def test_nobody_deletes_what_is_somebody_elses_or_has_not_ended(app: Flask, ledger: Ledger) -> None:
    ledger.users.add("bob")
    runs, theirs = submit(ledger), settled(ledger)
    claimed(ledger, runs)
    bob = browser_of(app, ledger, "bob")
    page = question(bob, "delete", runs, theirs).text
    assert heading(page) == "Delete 0 jobs?"
    assert "Nothing can be changed: 2 jobs have not ended, or are somebody else&#39;s." in page
    assert "btn-danger" not in page
    done = yes(bob, page).text
    assert told(done) == "1 left alone: running, 1 left alone: somebody else&#39;s."
    assert "This can't be undone: nothing was changed" in done
    assert ledger.jobs.get(theirs).deleted_at is None


def test_forms_that_no_page_of_ours_made_are_refused(client: FlaskClient, ledger: Ledger) -> None:
    job = submit(ledger)
    assert client.post("/actions", data={"verb": "cancel", "job": job}).status_code == 400
    assert question(client, "burn", job).status_code == 400
    assert question(client, "cancel", job, until="9" * 30).status_code == 400
    assert question(client, "cancel", *map(str, range(1001))).status_code == 400
    assert question(client, "cancel", all="1", q="state:nonsense").status_code == 422
    assert question(client, "cancel").status_code == 303
    assert client.get("/actions/nothing").status_code == 404
    assert ledger.jobs.get(job).state is State.PENDING


def test_the_list_of_actions_says_what_was_done(client: FlaskClient, ledger: Ledger) -> None:
    assert "Nothing yet." in client.get("/actions").text
    yes(client, question(client, "cancel", submit(ledger)).text)
    page = client.get("/actions").text
    assert f'<a href="{page_of(ledger)}">Cancel 1 job</a>' in page
    assert "1 cancelled." in page


def asked(
    stranger: FlaskClient, token: Mapping[str, str], body: Mapping[str, Any], key: str = ""
) -> TestResponse:
    headers = {**token, "Idempotency-Key": key} if key else token
    return stranger.post("/api/v1/actions", json=body, headers=headers)


def test_a_program_cancels_all_that_match_and_reads_what_became_of_them(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    job = submit(ledger)
    answer = asked(stranger, token, {"verb": "cancel", "matching": "state:waiting"})
    assert answer.status_code == 202
    shown = stranger.get(answer.location, headers=token).get_json()
    assert (shown["stage"], shown["tally"], shown["told"]) == (
        "done",
        {"cancelled": 1},
        "1 cancelled.",
    )
    assert shown["undoable"] == 1
    listed = stranger.get(shown["jobs"], headers=token).get_json()
    assert listed == {"jobs": [{"job": job, "outcome": "cancelled", "made": None}], "next": None}
    undone = stranger.post(f"{answer.location}/undo", headers=token)
    assert (undone.status_code, undone.get_json()["tally"]) == (202, {"queued again": 1})
    again = stranger.post(f"{answer.location}/undo", headers=token)
    assert (again.status_code, again.mimetype) == (409, "application/problem+json")


def test_a_program_that_asks_twice_with_one_key_asks_once(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    body = {"verb": "retry", "jobs": [settled(ledger)]}
    first, second = (asked(stranger, token, body, "monday") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert first.location == second.location
    assert len(ledger.jobs.page(limit=9)) == 2
    other = asked(stranger, token, {"verb": "cancel", "matching": ""}, "monday")
    assert other.status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"verb": "cancel"},
        {"verb": "cancel", "jobs": []},
        {"verb": "cancel", "jobs": ["a"], "matching": ""},
        {"verb": "burn", "matching": ""},
        {"verb": "cancel", "matching": "state:nonsense"},
        {"verb": "cancel", "jobs": ["a"], "surprise": 1},
    ],
)
def test_a_program_is_told_what_is_wrong_with_its_wish(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger, body: Mapping[str, Any]
) -> None:
    answer = asked(stranger, token, body)
    assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
    assert ledger.actions.newest(9) == []


def test_the_apis_description_has_the_verbs_for_many(
    stranger: FlaskClient, token: Mapping[str, str]
) -> None:
    found = stranger.get("/api/v1/openapi.json", headers=token).get_json()
    assert {path for path in found["paths"] if path.startswith("/actions")} == {
        "/actions",
        "/actions/{action_id}",
        "/actions/{action_id}/jobs",
        "/actions/{action_id}/undo",
    }
    assert {"ActionRequest", "Action", "ActionJobs"} <= found["components"]["schemas"].keys()


def test_in_a_terminal_it_asks_how_many_before_it_does(app: Flask, ledger: Ledger) -> None:
    ledger.users.add("ada")
    jobs = [submit(ledger) for _ in range(2)]
    matching = ("job", "cancel", "--matching", "state:waiting kind:hello")
    runner = app.test_cli_runner()
    refused = runner.invoke(args=matching, input="n\n")
    assert "Cancel 2 jobs? [y/N]" in refused.output
    assert refused.exit_code == 1
    assert ledger.jobs.get(jobs[0]).state is State.PENDING
    done = runner.invoke(args=matching, input="y\n")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "2 cancelled.")
    assert {ledger.jobs.get(job).state for job in jobs} == {State.REVOKED}
    wrong = runner.invoke(args=["job", "cancel", "--matching", "state:x"])
    assert "\n  --matching: No job is ever 'x'." in wrong.output


def test_in_a_terminal_jobs_are_deleted_and_brought_back(app: Flask, ledger: Ledger) -> None:
    ledger.users.add("ada")
    job = settled(ledger)
    done = app.test_cli_runner().invoke(args=["job", "delete", "--yes", job])
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "1 deleted.")
    action = ledger.actions.newest(1)[0]
    assert action.undoable(datetime.now(UTC)) == 1
    assert f"job undo {action.id}" in done.stderr
    assert run(app, "job", "undo", action.id)[1].endswith("1 brought back.")
    assert run(app, "job", "undo", action.id)[0] == 1
    assert ledger.actions.get(action.id).stage is Stage.UNDONE
    assert run(app, "job", "retry", "--yes")[0] == 2


def test_a_list_that_counts_no_further_leads_to_the_exact_number(
    client: FlaskClient, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        submit(ledger)
    ledger.jobs.request_cancel(submit(ledger))
    assert "data-number" not in client.get("/jobs").text
    monkeypatch.setattr("ledger.counting.CAP", 3)

    page = client.get("/jobs?q=state:waiting").text

    assert "Select all 3 or more that match" in page
    (address,) = re.findall(r'data-number="([^"]+)"', page)
    assert json.loads(client.get(unescape(address)).text) == {"number": 7}
    assert json.loads(client.get("/actions/number?q=").text) == {"number": 8}
    ledger.cards.file_open(lambda _kind, _inputs: "ada", 100)  # The cancelled one has no card yet.
    assert json.loads(client.get('/actions/number?q="ada"').text) == {"number": 7}
    assert client.get("/actions/number?q=state:nonsense").status_code >= 400
