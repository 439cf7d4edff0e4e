"""Running again, presets and what ran already, for programs and at a terminal."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from ledger.outcome import Outcome
from ledger.record import Ending, Job, State
from tasks.inputs import HIDDEN
from tasks.kind import Kind
from tasks.publisher import Publisher
from tests.ledger.conftest import claimed
from tests.web.everything import EVERYTHING, a_kind
from tests.web.test_running_again import narrower
from webapp import create_app

CSV = b"a,b\n1,2\n"


@pytest.fixture
def kinds() -> dict[str, Kind]:
    return {"everything": EVERYTHING}


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher, kinds: dict[str, Kind]) -> Flask:
    return create_app(settings, ledger, publisher, kinds)


class Program:
    """Whoever has a token."""

    def __init__(self, client: FlaskClient, token: Mapping[str, str]) -> None:
        self._client = client
        self._token = token

    def ask(self, verb: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
        sent = {} if body is None else {"json": body}
        head = {**self._token, **headers}
        answer = self._client.open(f"/api/v1{path}", method=verb, headers=head, **sent)
        assert answer.status_code == status, answer.text
        return answer.json


@pytest.fixture
def program(stranger: FlaskClient, token: Mapping[str, str]) -> Program:
    return Program(stranger, token)


@pytest.fixture
def job(stranger: FlaskClient, ledger: Ledger, token: Mapping[str, str]) -> Job:
    fields = {"kind": "everything", "text": "abc", "number": "7", "password": "hunter2"}
    data = {**fields, "table": (io.BytesIO(CSV), "a.csv")}
    answer = stranger.post("/api/v1/jobs", data=data, headers=token)
    assert answer.json is not None
    return ledger.jobs.get(answer.json["id"])


def test_a_job_runs_again_with_changes_and_its_files(
    program: Program, ledger: Ledger, job: Job
) -> None:
    made = program.ask("POST", f"/jobs/{job.id}/again", {"inputs": {"number": 8}}, 202)
    assert made["inputs"] == {**job.inputs, "number": 8, "password": "•••"}
    # A secret is not taken over.
    assert ledger.jobs.get(made["id"]).inputs["password"] is None
    assert ledger.files.uploads_of(made["id"]) == ledger.files.uploads_of(job.id)
    wrong = program.ask("POST", f"/jobs/{job.id}/again", {"inputs": {"number": 601}}, 422)
    assert wrong["errors"] == [{"field": "number", "message": "Must be at most 600."}]


def test_the_same_key_makes_no_second_job(program: Program, job: Job) -> None:
    key = {"Idempotency-Key": "monday"}
    first = program.ask("POST", f"/jobs/{job.id}/again", {}, 202, **key)
    assert program.ask("POST", f"/jobs/{job.id}/again", {}, 200, **key)["id"] == first["id"]
    program.ask("POST", f"/jobs/{job.id}/again", {"inputs": {"number": 9}}, 422, **key)


def test_what_changed_since_is_told(program: Program, kinds: dict[str, Kind], job: Job) -> None:
    same = program.ask("GET", f"/jobs/{job.id}/again")
    assert (same["changes"], same["errors"]) == ([], [])
    assert same["inputs"]["password"] == HIDDEN
    assert same["page"] == f"/new/everything?from-job={job.id}"
    kinds["everything"] = narrower()
    told = program.ask("GET", f"/jobs/{job.id}/again")
    change = {"field": "number", "label": "Number"}
    assert {**change, "words": "must be at most 5 now instead of 600"} in told["changes"]
    assert {"field": "number", "message": "Must be at most 5."} in told["errors"]
    assert "story" not in told["inputs"]


def test_what_was_a_secret_is_not_taken_over_as_a_plain_text(
    program: Program, kinds: dict[str, Kind], job: Job
) -> None:
    def everything(text: str, password: str = "") -> None:
        """Is what became of everything."""
        del text, password

    kinds["everything"] = a_kind(everything)
    assert program.ask("GET", f"/jobs/{job.id}/again")["inputs"]["password"] == HIDDEN
    made = program.ask("POST", f"/jobs/{job.id}/again", {}, 202)
    assert made["inputs"] == {"text": "abc", "password": ""}


def test_what_ran_already_is_told_and_hinders_nobody(
    program: Program, ledger: Ledger, job: Job
) -> None:
    inputs = {name: value for name, value in job.inputs.items() if name != "password"}
    body = {"kind": "everything", "inputs": inputs}
    assert program.ask("POST", "/same", body) == {"done": None, "open": None}
    first = program.ask("POST", "/jobs", body, 202)["id"]
    ledger.attempts.settle(claimed(ledger, first), Outcome(State.SUCCESS, Ending.SUCCEEDED))
    told = program.ask("POST", "/same", body)
    assert (told["done"]["id"], told["open"]) == (first, None)
    second = program.ask("POST", "/jobs", body, 202)["id"]
    assert second != first
    assert program.ask("GET", f"/jobs/{second}/same")["done"]["id"] == first
    assert program.ask("GET", f"/jobs/{first}/same")["open"]["id"] == second


def test_a_preset_is_kept_overwritten_run_and_deleted(
    program: Program, ledger: Ledger, job: Job
) -> None:
    wanted = {"kind": "everything", "name": "weekly", "inputs": {"text": "abc", "password": "x"}}
    made = program.ask("POST", "/presets", wanted, 201)
    assert (made["inputs"], made["shared"]) == ({"text": "abc"}, False)
    program.ask("POST", "/presets", wanted, 409)
    inputs = {"text": "xyz", "table": job.inputs["table"]["id"]}
    changed = {**wanted, "name": "daily", "inputs": inputs, "shared": True}
    place = f"/presets/{made['id']}"
    assert program.ask("PUT", place, changed)["name"] == "daily"
    (listed,) = program.ask("GET", "/presets?kind=everything")["presets"]
    assert (listed["inputs"]["text"], listed["shared"]) == ("xyz", True)
    ran = program.ask("POST", f"{place}/jobs", {"inputs": {"number": 5}}, 202)
    assert (ran["inputs"]["text"], ran["inputs"]["number"]) == ("xyz", 5)
    assert [file.name for file in ledger.files.uploads_of(ran["id"])] == ["a.csv"]
    program.ask("POST", f"{place}/jobs", None, 422)  # A number is needed.
    program.ask("DELETE", place, None, 204)
    program.ask("GET", place, None, 404)


def test_a_terminal_runs_again_with_changes(
    app: Flask, ledger: Ledger, job: Job, tmp_path: Path
) -> None:
    other = tmp_path / "b.csv"
    other.write_bytes(CSV + b"3,4\n")
    run = app.test_cli_runner().invoke
    answer = run(
        args=["job", "again", job.id, "--set", "number=9", "--set", f"table={other}"],
    )
    assert answer.exit_code == 0, answer.output
    made = ledger.jobs.get(answer.output.split()[-1])
    assert (made.inputs["number"], made.inputs["table"]["name"]) == (9, "b.csv")
    wrong = run(args=["job", "again", job.id, "--set", "nombre=9"])
    assert wrong.exit_code == 1
    assert "nombre=9: write INPUT=VALUE, of text, number" in wrong.output
    wrong = run(args=["job", "again", job.id, "--set", "number=601"])
    assert "\n  number: Must be" in wrong.output


def test_a_terminal_keeps_lists_runs_and_deletes_presets(
    app: Flask, ledger: Ledger, job: Job
) -> None:
    def run(*words: str) -> str:
        answer = app.test_cli_runner().invoke(args=["preset", *words])
        assert answer.exit_code == 0, answer.output
        return answer.output.strip()

    kept = run("save", "each week", "--job", job.id, "--for-all")
    assert run("list").split() == [kept, "everything", "for", "all", "ada", "each", "week"]
    made = ledger.jobs.get(run("run", kept, "--set", "number=3").split()[-1])
    assert (made.inputs["number"], made.inputs["text"]) == (3, "abc")
    run("delete", kept)
    assert run("list") == ""
