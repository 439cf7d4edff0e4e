"""A command declared in a file has a form, an API and a command line like a programmed kind."""

import io
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from ledger.record import LogLine
from tasks.kind import Kind
from tasks.kinds.commands.kinds import declare_all
from tasks.publisher import Publisher
from tests.ledger.conftest import claimed, submit
from tests.web.conftest import hidden_fields, send
from webapp import create_app

FILE = """
[tried_join]
title = "Join texts"
help = "Puts texts one behind the other."
command = ["cat", "{number}", "--", "{files}"]
stdout = "joined.txt"
[tried_join.inputs.files]
type = "files"
help = "in this order"
accept = [".txt"]
at_least = 2
[tried_join.inputs.number]
type = "choice"
label = "Number the lines"
choices = { no = [], "all of them" = "--number" }
default = "no"
[tried_join.inputs.note]
type = "text"
required = false
max_length = 20
[tried_join.environment]
NOTE = "{note}"

[wrong]
title = "Wrong"
command = ["cat", "{fil}"]
"""


@pytest.fixture(scope="module")
def declared(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Kind]:
    file = tmp_path_factory.mktemp("declared") / "commands.toml"
    file.write_text(FILE, encoding="utf-8")
    return declare_all(file)


@pytest.fixture
def app(
    settings: Settings,
    ledger: Ledger,
    publisher: Publisher,
    nowhere: Celery,
    declared: Mapping[str, Kind],
) -> Flask:
    return create_app(settings, ledger, publisher, declared, celery=nowhere)


def texts() -> list[tuple[io.BytesIO, str]]:
    return [(io.BytesIO(b"one\n"), "a.txt"), (io.BytesIO(b"two\n"), "b.txt")]


def test_its_form_explains_and_asks(client: FlaskClient) -> None:
    page = " ".join(client.get("/new/tried_join").text.split())

    assert "<title>Join texts · Postroom</title>" in page
    assert "Puts texts one behind the other." in page
    assert "In this order" in page
    assert ".txt, at least 2 files" in page
    assert "Number the lines" in page
    assert "at most 20 characters" in page


def test_its_form_is_accepted(client: FlaskClient, ledger: Ledger) -> None:
    answer = send(client, "/new/tried_join", files=texts(), number="all of them", note="hi")

    assert answer.status_code == 303, answer.text
    (job,) = ledger.jobs.page(limit=2)
    assert [file["name"] for file in job.inputs["files"]] == ["a.txt", "b.txt"]
    assert (job.inputs["number"], job.inputs["note"]) == ("all of them", "hi")


def test_its_form_tells_what_is_wrong(client: FlaskClient, ledger: Ledger) -> None:
    fields = hidden_fields(client.get("/new/tried_join").text)
    wrong = {**fields, "files": texts()[:1], "note": "a/b"}

    page = client.post("/new/tried_join", data=wrong).text

    assert "There must be at least 2." in page
    assert "May not have a slash or be “..”: it is no path." in page
    assert ledger.jobs.page(limit=1) == []


def test_the_api_accepts_it_and_describes_it(
    stranger: FlaskClient, token: Mapping[str, str]
) -> None:
    parts = {"kind": "tried_join", "files": texts(), "number": "no"}
    answer = stranger.post("/api/v1/jobs", data=parts, headers=token)

    assert answer.status_code == 202, answer.text
    refused = {"kind": "tried_join", "inputs": {"number": "some"}}
    problem = stranger.post("/api/v1/jobs", json=refused, headers=token)
    assert problem.status_code == 422
    assert {one["field"] for one in json.loads(problem.text)["errors"]} == {"files", "number"}
    described = stranger.get("/api/v1/openapi.json", headers=token).text
    assert "Puts texts one behind the other." in described


def test_the_command_line_has_its_options(app: Flask) -> None:
    told = app.test_cli_runner().invoke(args=["submit", "tried_join", "--help"])

    assert "--files" in told.output
    assert "--number no|all of them" in " ".join(told.output.split())
    assert "at least 2 files" in " ".join(told.output.split())


def test_the_doctor_tells_what_is_wrong_in_the_file_by_line(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "commands.toml"
    file.write_text(FILE, encoding="utf-8")
    object.__setattr__(settings, "commands", file)  # Frozen for those who run on it.

    told = app.test_cli_runner().invoke(args=["doctor"])

    assert (
        "wrong     commands: commands.toml, line 26: [wrong] there is no input 'fil';"
        " there are: none" in told.output
    )
    assert f"→ Correct {file}, then start the workers and the console again." in told.output


def test_colours_are_on_the_page_and_nowhere_else(
    client: FlaskClient, stranger: FlaskClient, ledger: Ledger, token: Mapping[str, str]
) -> None:
    claim = claimed(ledger, submit(ledger))
    said = "\x1b[31mred\x1b[0m <b>\x1b]0;title\x07"
    line = LogLine(claim.attempt, 1, ledger.database.read_clock(), "INFO", said)
    ledger.attempts.report(claim, None, [line])

    assert (
        '<span class="sgr-red">red</span> &lt;b&gt;</span>' in client.get(f"/jobs/{claim.job}").text
    )
    assert client.get(f"/jobs/{claim.job}/log").text.endswith(" red <b>\n")
    log = f"/api/v1/jobs/{claim.job}/log"
    as_json = stranger.get(log, headers={**token, "Accept": "application/json"}).text
    assert json.loads(as_json)["lines"][0]["text"] == "red <b>"
    assert stranger.get(log, headers=token).text.endswith(" red <b>\n")
