"""Many jobs as one, over HTTP and from a terminal: all of them or none, once, and in order."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Ledger
from ledger.batches import LARGEST
from ledger.record import State

BATCHES = "/api/v1/batches"
ADA = {"kind": "hello", "inputs": {"name": "Ada"}}
BOB = {"kind": "hello", "inputs": {"name": "Bob", "seconds": 0}}


@pytest.fixture
def post(stranger: FlaskClient, token: Mapping[str, str]) -> Any:
    def send(*jobs: object, key: str | None = None) -> TestResponse:
        headers = {**token, "Idempotency-Key": key} if key else token
        return stranger.post(BATCHES, json={"jobs": jobs}, headers=headers)

    return send


def test_a_batch_is_accepted_and_shown_where_the_answer_says(
    post: Any, stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    answer = post(ADA, BOB)
    assert answer.status_code == 202, answer.text
    told = json.loads(answer.text)
    assert answer.location == f"{BATCHES}/{told['id']}"
    assert json.loads(stranger.get(answer.location, headers=token).text) == told
    assert (told["number"], told["states"], told["unsent"]) == (2, {"PENDING": 2}, 2)
    assert (told["owner"], told["settled"]) == ("ada", False)
    listed = json.loads(stranger.get(told["jobs"], headers=token).text)["jobs"]
    assert [job["inputs"]["name"] for job in listed] == ["Bob", "Ada"]
    assert {job["batch"] for job in listed} == {told["id"]}
    for job in ledger.jobs.page(limit=9):
        ledger.jobs.request_cancel(job.id)
    told = json.loads(stranger.get(answer.location, headers=token).text)
    assert (told["states"], told["unsent"], told["settled"]) == ({"REVOKED": 2}, 0, True)


def test_the_page_of_a_batch_lists_its_jobs_alone(post: Any, client: FlaskClient) -> None:
    post({"kind": "hello", "inputs": {"name": "Grace"}})
    page = client.get(json.loads(post(ADA, BOB).text)["page"])
    assert page.status_code == 200
    assert ("Bob" in page.text, "Grace" in page.text) == (True, False)


def test_all_that_is_wrong_is_told_by_its_place_and_nothing_is_accepted(
    post: Any, ledger: Ledger
) -> None:
    answer = post(
        ADA,
        {"kind": "hello", "inputs": {"seconds": 601}},
        {"kind": "nothing"},
        {"kind": "hello", "inputs": {"name": "Ada", "mood": "good"}},
    )
    assert answer.status_code == 422
    errors = json.loads(answer.text)["errors"]
    assert [one["field"] for one in errors] == ["1.name", "1.seconds", "2.kind", "3.mood"]
    assert errors[1]["message"] == "Must be at most 600."
    assert ledger.jobs.page(limit=9) == []


@pytest.mark.parametrize("number", [0, LARGEST + 1])
def test_a_batch_of_nothing_or_too_much_is_refused(post: Any, number: int) -> None:
    answer = post(*[ADA] * number)
    assert answer.status_code == 422
    assert [one["field"] for one in json.loads(answer.text)["errors"]] == ["jobs"]


def test_the_same_key_is_the_same_batch_and_no_other_one(post: Any, ledger: Ledger) -> None:
    first, second = (post(ADA, BOB, key="once") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert json.loads(first.text) == json.loads(second.text)
    assert post(ADA, ADA, key="once").status_code == 422
    assert post(ADA, key="once").status_code == 422
    # A job's key is none of a batch's.
    assert len(ledger.jobs.page(limit=9)) == 2


def test_a_batch_that_nobody_submitted_is_not_found(
    stranger: FlaskClient, token: Mapping[str, str]
) -> None:
    answer = stranger.get(f"{BATCHES}/nothing", headers=token)
    assert answer.status_code == 404
    assert json.loads(answer.text)["title"] == "There is no such batch"


def test_a_broker_that_is_away_holds_up_no_batch(post: Any) -> None:
    began = time.monotonic()
    assert post(*[ADA] * 2000).status_code == 202
    assert time.monotonic() - began < 3


@pytest.fixture
def jobs_file(tmp_path: Path) -> Path:
    return tmp_path / "jobs.jsonl"


@pytest.fixture
def run(app: Flask, signed_in: str) -> Any:
    assert signed_in

    def invoke(*arguments: str, typed: str | None = None) -> Result:
        return app.test_cli_runner().invoke(args=["submit", "hello", *arguments], input=typed)

    return invoke


def test_a_terminal_submits_a_file_with_a_job_a_line(
    run: Any, jobs_file: Path, ledger: Ledger
) -> None:
    jobs_file.write_text('{"name": "Ada"}\n\n{"name": "Bob", "seconds": 0}\n', encoding="utf-8")
    done = run("--from", str(jobs_file))
    assert done.exit_code == 0, done.output
    batch = ledger.batches.get(done.stdout.strip())
    assert batch.states == {State.PENDING: 2}
    assert [row["name"] for _, row in ledger.batches.asked(batch.id)] == ["Ada", "Bob"]


def test_what_the_other_options_say_goes_for_every_line_that_says_nothing_else(
    run: Any, ledger: Ledger
) -> None:
    done = run(
        "--seconds", "7", "--from", "-", typed='{"name": "Ada"}\n{"name": "Bob", "seconds": 0}\n'
    )
    assert done.exit_code == 0, done.output
    rows = [row for _, row in ledger.batches.asked(done.stdout.strip())]
    assert [(row["name"], row["seconds"]) for row in rows] == [("Ada", 7), ("Bob", 0)]


def test_a_terminal_tells_all_that_is_wrong_by_its_line(
    run: Any, jobs_file: Path, ledger: Ledger
) -> None:
    text = '{"name": "Ada"}\n\n{"seconds": 601}\n{"nam\n[1]\n{"name": "Bob", "mood": 1}\n'
    jobs_file.write_text(text, encoding="utf-8")
    done = run("--from", str(jobs_file))
    assert done.exit_code == 1
    told = [line.strip() for line in done.stderr.splitlines()]
    assert told[0].endswith("Nothing was done.")
    assert told[1:3] == [
        "line 3, name: This is needed.",
        "line 3, seconds: Must be at most 600.",
    ]
    assert told[3].startswith("line 4: This is not JSON: ")
    assert told[4:] == [
        "line 5: This is not a JSON object.",
        "line 6, mood: There is no such input.",
    ]
    assert ledger.jobs.page(limit=9) == []


def test_a_file_that_is_submitted_again_with_its_key_is_the_same_batch(
    run: Any, jobs_file: Path, ledger: Ledger
) -> None:
    jobs_file.write_text('{"name": "Ada"}\n{"name": "Bob"}\n', encoding="utf-8")
    first, second = (run("--from", str(jobs_file), "--key", "monday") for _ in range(2))
    assert first.stdout == second.stdout
    assert len(ledger.jobs.page(limit=9)) == 2
    jobs_file.write_text('{"name": "Eve"}\n', encoding="utf-8")
    other = run("--from", str(jobs_file), "--key", "monday")
    assert other.exit_code == 1
    assert "used before" in other.stderr


def test_one_job_takes_a_key_too(run: Any, ledger: Ledger) -> None:
    first, second = (run("--name", "Ada", "--key", "monday") for _ in range(2))
    assert first.stdout == second.stdout
    assert len(ledger.jobs.page(limit=9)) == 1


def test_a_file_that_is_not_there_or_empty_is_told(run: Any, jobs_file: Path) -> None:
    missing = run("--from", str(jobs_file))
    assert missing.exit_code != 0
    assert "No such file" in missing.stderr
    jobs_file.write_text("\n", encoding="utf-8")
    assert "and not 0" in run("--from", str(jobs_file)).stderr
