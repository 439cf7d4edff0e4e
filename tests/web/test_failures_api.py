"""The API's and the command line's verbs for failures and dead letters."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger
from tests.web.everything import EVERYTHING
from tests.web.test_failures import hello, letter
from webapp.services import Services

Token = Mapping[str, str]


@pytest.fixture
def group(ledger: Ledger) -> str:
    for number in range(3):
        hello(ledger, f"x{number}", succeeds=False)
    ledger.naming.name({"hello": "v1"}, limit=9)
    (found,) = ledger.failures.page(limit=9)
    return found.id


def test_a_program_lists_causes_a_page_at_a_time(
    stranger: FlaskClient, token: Token, ledger: Ledger, group: str
) -> None:
    hello(ledger, "x", succeeds=False, seconds="odd")
    ledger.naming.name({"hello": "v1"}, limit=9)

    (one,) = stranger.get("/api/v1/failures", headers=token).json["failures"]  # type: ignore[index]  # JSON

    assert (one["id"], one["kind"], one["cause"], one["jobs"]) == (group, "hello", "error", 4)
    assert (one["message"], one["place"]) == ("no greeting for <value>", "kinds/hello.py in hello")
    assert (sum(one["by_hour"]), one["by_owner"]) == (4, {"ada": 4})
    assert stranger.get("/api/v1/failures?cause=crashed", headers=token).json == {
        "failures": [],
        "next": None,
    }
    assert stranger.get("/api/v1/failures?show=odd", headers=token).status_code == 422
    assert stranger.get("/api/v1/failures").status_code == 401


def test_a_program_marks_retries_and_reads_a_cause(
    stranger: FlaskClient, token: Token, ledger: Ledger, group: str
) -> None:
    address = f"/api/v1/failures/{group}"

    marked = stranger.put(f"{address}/known", json={"note": "Seen."}, headers=token)
    assert marked.json is not None
    assert (marked.json["quiet"], marked.json["known"]["note"]) == (True, "Seen.")
    assert marked.json["traceback"].endswith("ValueError: no greeting for 'x2'")
    assert stranger.delete(f"{address}/known", headers=token).json["quiet"] is False  # type: ignore[index]  # JSON
    wrong = stranger.put(f"{address}/known", json={"note": 1}, headers=token)
    assert wrong.status_code == 422

    again = stranger.post(f"{address}/retry", headers=token)
    assert (again.status_code, again.json) == (
        202,
        {"jobs": 3, "refused": 0, "why": "", "more": False, "action": None},
    )
    assert ledger.failed_jobs.not_retried(group, limit=9) == []
    assert stranger.get("/api/v1/failures/none", headers=token).status_code == 404


def test_a_program_requeues_and_deletes_dead_letters(
    stranger: FlaskClient, token: Token, ledger: Ledger
) -> None:
    found = letter(ledger, b'[[], {"name": "Grace"}, {}]')
    address = f"/api/v1/dead-letters/{found}"

    answer = stranger.post(f"{address}/requeue", headers=token)

    assert answer.status_code == 202
    assert answer.json is not None
    assert answer.location == f"/api/v1/jobs/{answer.json['id']}"
    (told,) = stranger.get("/api/v1/dead-letters", headers=token).json["dead_letters"]  # type: ignore[index]  # JSON
    assert (told["kind"], told["requeued_as"]) == ("hello", answer.json["id"])
    assert stranger.delete(address, headers=token).status_code == 204
    assert stranger.delete(address, headers=token).status_code == 404


@pytest.mark.parametrize("task", ["everything", "nobody"])
def test_a_dead_letter_keeps_the_secrets_of_its_inputs(
    app: Flask, ledger: Ledger, client: FlaskClient, token: Token, task: str
) -> None:
    found: Services = app.extensions["postroom"]
    app.extensions["postroom"] = replace(found, kinds={"everything": EVERYTHING})
    headers = {"task": task, "kwargsrepr": "{'password': 'hunter2'}"}
    body = b'[[], {"password": "hunter2", "text": "Ada"}, {}]'
    ledger.dead_letters.keep(None, "default", "rejected", headers, body)

    page = client.get("/failures").text
    answer = app.test_client().get("/api/v1/dead-letters", headers=token).text

    for told in (page, answer):
        assert "hunter2" not in told
        assert "password" in told


def test_a_terminal_says_by_its_exit_whether_there_is_something_to_look_at(
    app: Flask, ledger: Ledger, signed_in: str
) -> None:
    run = app.test_cli_runner().invoke
    quiet = run(args=["failures"])
    assert (quiet.exit_code, quiet.output) == (0, "")  # No mail.

    hello(ledger, "x", succeeds=False)
    ledger.naming.name({"hello": "v1"}, limit=9)
    (group,) = ledger.failures.page(limit=9)
    loud = run(args=["failures"])
    assert loud.exit_code == 1
    assert f"{group.id}  New" in loud.output
    assert "1 job of hello since" in loud.output

    shown = run(args=["failures", "show", group.id])
    assert shown.exit_code == 0
    assert shown.output.endswith("ValueError: no greeting for 'x'\n")
    assert run(args=["failures", "known", group.id, "It is late."]).exit_code == 0
    assert run(args=["failures"]).exit_code == 0
    assert (
        f"Known to {signed_in}: It is late."
        in run(args=["failures", "list", "--show", "all"]).output
    )
    assert run(args=["failures", "unknown", group.id]).exit_code == 0
    assert "1 job runs again." in run(args=["failures", "retry", group.id]).output
    assert run(args=["failures", "show", "none"]).exit_code == 1

    found = letter(ledger, b'[[], {"name": "Grace"}, {}]')
    job = run(args=["failures", "requeue", found]).output.strip()
    assert ledger.jobs.get(job).inputs["name"] == "Grace"
