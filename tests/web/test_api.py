"""The JSON API: what it accepts, what it answers, and what it keeps to itself."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Ledger, Settings
from ledger.outbox import Unsent
from ledger.outcome import Outcome
from ledger.record import Cause, Claim, Ending, Error, LogLine, Progress, State
from tasks.kind import kinds
from tasks.publisher import Publisher
from tasks.queue import Accepted, submit
from tests.ledger.conftest import claimed
from tests.web.everything import EVERYTHING
from webapp import create_app

CSV = b"a,b\n1,2\n"
JOBS = "/api/v1/jobs"
ADA = {"kind": "hello", "inputs": {"name": "Ada"}}


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher) -> Flask:
    return create_app(settings, ledger, publisher, {**kinds(), "everything": EVERYTHING})


class Program:
    """A program with a token."""

    def __init__(self, client: FlaskClient, token: Mapping[str, str]) -> None:
        self.client = client
        self.token = token

    def get(self, address: str, **headers: str) -> TestResponse:
        return self.client.get(address, headers={**self.token, **headers})

    def post(self, sent: Any, **headers: str) -> TestResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(JOBS, json=sent, headers={**self.token, **named})

    def send(self, **parts: Any) -> TestResponse:
        """Submit by a form with files."""
        return self.client.post(JOBS, data=parts, headers=self.token)


@pytest.fixture
def program(stranger: FlaskClient, token: Mapping[str, str]) -> Program:
    return Program(stranger, token)


def body(answer: TestResponse) -> Any:
    return json.loads(answer.text)


def problem(answer: TestResponse) -> dict[str, Any]:
    assert answer.mimetype == "application/problem+json"
    told: dict[str, Any] = json.loads(answer.text)
    assert told["status"] == answer.status_code
    return told


def test_a_job_is_accepted_and_shown_where_the_answer_says(
    program: Program, ledger: Ledger
) -> None:
    answer = program.post(ADA)
    assert answer.status_code == 202
    shown = program.get(answer.location)
    assert shown.status_code == 200
    assert body(shown) == body(answer) | {"waiting": body(shown)["waiting"]}
    assert list(body(answer)["inputs"].items()) == [
        ("name", "Ada"),
        ("seconds", 3),
        ("ending", "succeed"),
    ]
    assert body(answer)["state"] == "PENDING"
    assert body(answer)["owner"] == "ada"
    (job,) = ledger.jobs.page(limit=9)
    assert answer.location == f"{JOBS}/{job.id}"
    assert datetime.fromisoformat(body(answer)["submitted_at"]) == job.submitted_at


def test_the_same_idempotency_key_is_the_same_job(program: Program, ledger: Ledger) -> None:
    first, second = (program.post(ADA, Idempotency_Key="once") for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 200)
    assert body(first) == body(second)
    assert first.location == second.location
    assert program.post(ADA, Idempotency_Key="twice").status_code == 202
    assert program.post(ADA).status_code == 202
    assert len(ledger.jobs.page(limit=9)) == 3


def test_a_key_that_was_used_for_something_else_is_refused(program: Program) -> None:
    assert program.post(ADA, Idempotency_Key="once").status_code == 202
    other = {"kind": "hello", "inputs": {"name": "Grace"}}
    answer = program.post(other, Idempotency_Key="once")
    assert answer.status_code == 422
    assert "with other inputs" in problem(answer)["detail"]
    assert program.post(ADA, Idempotency_Key="x" * 191).status_code == 400


def test_every_mistake_is_listed_with_its_field(program: Program, ledger: Ledger) -> None:
    answer = program.post({"kind": "hello", "inputs": {"seconds": 601, "mood": "good"}})
    assert answer.status_code == 422
    assert problem(answer)["errors"] == [
        {"field": "name", "message": "This is needed."},
        {"field": "seconds", "message": "Must be at most 600."},
        {"field": "mood", "message": "There is no such input."},
    ]
    assert ledger.jobs.page(limit=9) == []


def test_an_unknown_kind_is_answered_with_those_that_there_are(program: Program) -> None:
    answer = program.post({"kind": "nothing"})
    assert answer.status_code == 404
    assert set(problem(answer)["kinds"]) == {*kinds(), "everything"}


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ("{", 400),
        ("", 400),
        ('{"kind": "hello", "inputs": {"name": "Ada", "seconds": NaN}}', 400),
        ("[" * 100_000, 400),
        ("[]", 422),
        ('{"kind": 5}', 422),
        ('{"kind": "hello", "inputs": []}', 422),
        ('{"kind": "hello", "input": {}}', 422),
    ],
)
def test_a_body_that_makes_no_sense_is_refused_in_words(
    program: Program, sent: str, status: int
) -> None:
    answer = program.client.post(
        JOBS, data=sent, content_type="application/json", headers=program.token
    )
    assert answer.status_code == status
    told = problem(answer)
    assert told["detail"] or told["errors"]


def test_another_type_of_body_or_a_huge_one_is_refused(program: Program) -> None:
    text = program.client.post(JOBS, data="x", content_type="text/plain", headers=program.token)
    assert text.status_code == 415
    assert "multipart/form-data" in problem(text)["detail"]
    huge = {"kind": "hello", "inputs": {"name": "x" * 10_000_001}}
    assert program.post(huge).status_code == 413


def test_files_come_as_parts_beside_the_other_inputs(program: Program, ledger: Ledger) -> None:
    answer = program.send(
        kind="everything",
        text="some words",
        number="5",
        agreed="false",
        size="3",
        colours=["red"],
        marks=["1", "2", "3"],
        mapping='{"a": 1}',
        table=(io.BytesIO(CSV), "numbers.csv"),
        pictures=[(io.BytesIO(b"GIF89a"), "a.gif"), (io.BytesIO(b"GIF89a"), "b.gif")],
    )
    assert answer.status_code == 202, answer.text
    inputs = ledger.jobs.get(body(answer)["id"]).inputs
    assert (inputs["number"], inputs["agreed"], inputs["size"]) == (5, False, 3)
    assert (inputs["colours"], inputs["marks"]) == (["red"], [1, 2, 3])
    assert inputs["mapping"] == {"a": 1}
    assert inputs["table"]["name"] == "numbers.csv"
    assert [one["name"] for one in inputs["pictures"]] == ["a.gif", "b.gif"]
    # What was not sent keeps its default.
    assert inputs["story"] == "Once upon a time"


def test_the_other_inputs_can_come_as_one_part_of_json(program: Program) -> None:
    inputs = json.dumps({"text": "some words", "number": 5, "marks": [7]})
    file = (io.BytesIO(CSV), "numbers.csv")
    answer = program.send(kind="everything", inputs=inputs, table=file)
    assert answer.status_code == 202, answer.text
    assert body(answer)["inputs"]["marks"] == [7]
    for wrong in ("{", "[1]", "5"):
        assert program.send(kind="everything", inputs=wrong).status_code == 400


def test_a_file_for_nothing_is_a_mistake(program: Program) -> None:
    file = (io.BytesIO(CSV), "numbers.csv")
    answer = program.send(kind="hello", name="Ada", seconds=file)
    assert problem(answer)["errors"] == [
        {"field": "seconds", "message": "There is no such input for a file."}
    ]


def test_the_inputs_of_a_job_can_be_sent_again_with_its_files(
    program: Program, ledger: Ledger
) -> None:
    file = (io.BytesIO(CSV), "numbers.csv")
    first = program.send(kind="everything", text="some words", number="5", table=file)
    second = program.post({"kind": "everything", "inputs": body(first)["inputs"]})
    assert second.status_code == 202, second.text
    assert body(second)["inputs"] == body(first)["inputs"]
    forged = {**body(first)["inputs"], "table": {"id": "nobody's", "name": "x.csv", "size": 1}}
    answer = program.post({"kind": "everything", "inputs": forged})
    assert [one["field"] for one in problem(answer)["errors"]] == ["table"]
    assert len(ledger.jobs.page(limit=9)) == 2


def test_secrets_are_hidden_in_every_answer(program: Program) -> None:
    file = (io.BytesIO(CSV), "numbers.csv")
    answer = program.send(
        kind="everything",
        text="some words",
        number="5",
        table=file,
        password="hunter2",  # noqa: S106 - a test's
    )
    assert body(answer)["inputs"]["password"] == "•••"  # noqa: S105 - it is what hides one
    listed = program.get(JOBS)
    assert "hunter2" not in answer.text + listed.text + program.get(answer.location).text


def test_of_a_kind_that_is_gone_every_input_is_hidden(
    settings: Settings, ledger: Ledger, publisher: Publisher, program: Program
) -> None:
    accepted = program.post(ADA)
    later = create_app(settings, ledger, publisher, {}).test_client()
    shown = later.get(accepted.location, headers=program.token)
    assert body(shown)["inputs"] == {"name": "•••", "seconds": "•••", "ending": "•••"}


def test_jobs_are_listed_newest_first_by_pages_that_lead_to_the_next(program: Program) -> None:
    made = [body(program.post(ADA))["id"] for _ in range(5)]
    found, address = [], f"{JOBS}?limit=2&state=PENDING&state=STARTED&kind=hello"
    while address:
        page = body(program.get(address))
        found.append([job["id"] for job in page["jobs"]])
        address = page["next"]
    assert found == [made[4:2:-1], made[2:0:-1], made[:1]]


def test_a_list_can_be_narrowed(program: Program, ledger: Ledger) -> None:
    first, second = (body(program.post(ADA))["id"] for _ in range(2))
    claimed(ledger, first)
    assert [one["id"] for one in body(program.get(f"{JOBS}?state=STARTED"))["jobs"]] == [first]
    assert [one["id"] for one in body(program.get(f"{JOBS}?before={second}"))["jobs"]] == [first]
    assert body(program.get(f"{JOBS}?kind=tables")) == {"jobs": [], "next": None}


def test_a_list_can_be_searched_as_on_the_page(program: Program, ledger: Ledger) -> None:
    made = [body(program.post(ADA))["id"] for _ in range(3)]
    ledger.jobs.request_cancel(made[0])
    found, address = [], f"{JOBS}?limit=1&q=state:waiting+by:me+kind:hello"
    while address:
        page = body(program.get(address))
        found += [job["id"] for job in page["jobs"]]
        address = page["next"]
    assert found == made[:0:-1]
    wrong = program.get(f"{JOBS}?q=state:broken+colour:red")
    assert [one["field"] for one in problem(wrong)["errors"]] == ["q", "q"]
    both = problem(program.get(f"{JOBS}?q=by:me&kind=hello"))["errors"]
    assert both[0]["message"].startswith("A search says state and kind by itself")


@pytest.mark.parametrize(
    ("query", "field"),
    [("state=DONE", "state"), ("limit=0", "limit"), ("limit=x", "limit"), ("sate=PENDING", "sate")],
)
def test_a_query_that_makes_no_sense_is_refused(program: Program, query: str, field: str) -> None:
    answer = program.get(f"{JOBS}?{query}")
    assert answer.status_code == 422
    assert [one["field"] for one in problem(answer)["errors"]] == [field]


def say(ledger: Ledger, claim: Claim, *texts: str) -> None:
    at = datetime(2026, 5, 31, 14, 30, tzinfo=UTC)
    lines = [LogLine(claim.attempt, n, at, "INFO", text) for n, text in enumerate(texts, 1)]
    ledger.attempts.report(claim, Progress(1, 4, "counting"), lines)


def test_a_log_is_text_or_json_from_where_the_reader_stopped(
    program: Program, ledger: Ledger
) -> None:
    job = body(program.post(ADA))
    say(ledger, claimed(ledger, job["id"]), "one", "two", "three")
    log = job["links"]["log"]
    text = program.get(log)
    assert text.mimetype == "text/plain"
    assert [line.split()[-1] for line in text.text.splitlines()] == ["one", "two", "three"]
    rest = body(program.get(f"{log}?after=1.1", Accept="application/json"))
    assert [line["text"] for line in rest["lines"]] == ["two", "three"]
    assert rest["lines"][0]["at"] == "2026-05-31T14:30:00Z"
    assert rest["next"] == "1.3"
    assert body(program.get(f"{log}?after=1.3", Accept="application/json")) == {
        "lines": [],
        "next": "1.3",
    }
    assert program.get(f"{log}?after=1.2").text.endswith(" three\n")
    assert program.get(f"{log}?after=three").status_code == 400


def test_progress_and_failure_are_told(program: Program, ledger: Ledger) -> None:
    job = program.post(ADA)
    claim = claimed(ledger, body(job)["id"])
    say(ledger, claim)
    running = body(program.get(job.location))
    assert running["state"] == "STARTED"
    assert running["progress"] == {"done": 1, "total": 4, "text": "counting"}
    failed = Outcome(
        State.FAILURE, Ending.FAILED, Cause.ERROR, error=Error("OSError", "no", "Traceback …")
    )
    ledger.attempts.settle(claim, failed)
    ended = body(program.get(job.location))
    assert (ended["state"], ended["cause"]) == ("FAILURE", "error")
    assert ended["error"] == {"type": "OSError", "message": "no"}


def test_what_a_job_made_is_listed_and_fetched(
    program: Program, ledger: Ledger, tmp_path: Path
) -> None:
    job = body(program.post(ADA))
    claim = claimed(ledger, job["id"])
    (tmp_path / "made.csv").write_bytes(CSV)
    output = ledger.files.keep_output(claim, tmp_path / "made.csv", datetime.now(UTC))
    done = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"rows": 1}, outputs=[output])
    ledger.attempts.settle(claim, done)
    assert body(program.get(job["links"]["self"]))["result"] == {"rows": 1}
    (file,) = body(program.get(job["links"]["files"]))["files"]
    assert (file["name"], file["size"], file["media_type"]) == ("made.csv", len(CSV), "text/csv")
    fetched = program.get(file["url"])
    assert fetched.data == CSV
    assert fetched.headers["Content-Disposition"] == "attachment; filename=made.csv"
    missing = program.get(f"{job['links']['files']}/nothing.csv")
    assert problem(missing)["title"] == "There is no such file"


@pytest.mark.parametrize("rest", ["", "/log", "/files", "/files/x"])
def test_a_job_that_is_not_there_is_not_found(program: Program, rest: str) -> None:
    assert problem(program.get(f"{JOBS}/nothing{rest}"))["status"] == 404


def test_kinds_are_listed_with_the_schemas_of_their_inputs(program: Program) -> None:
    listed = {kind["name"]: kind for kind in body(program.get("/api/v1/kinds"))["kinds"]}
    assert listed["hello"]["inputs"]["properties"]["seconds"]["maximum"] == 600
    assert listed["hello"]["page"] == "/new/hello"
    table = listed["everything"]["inputs"]["properties"]["table"]
    assert table["accept"] == [".csv", ".parquet", ".xlsx"]


def test_the_description_covers_every_address_of_the_api(app: Flask, program: Program) -> None:
    described = body(program.get("/api/v1/openapi.json"))
    paths = {
        rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith(("api.", "resumable."))
    }
    assert described["openapi"].startswith("3.1")
    assert described["paths"].keys() == paths - {"/openapi.json"}


def test_every_reference_in_the_description_leads_somewhere(program: Program) -> None:
    described = body(program.get("/api/v1/openapi.json"))
    found = references(described)
    assert found
    for reference in found:
        place = described
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    # Each kind has its own.
    assert "#/components/schemas/inputs.everything/$defs/Colour" in found


def references(part: Any) -> set[str]:
    if isinstance(part, list):
        return set().union(*(references(one) for one in part))
    if not isinstance(part, dict):
        return set()
    here = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
    return here.union(*(references(one) for one in part.values()))


def test_the_answer_to_a_submit_tells_all_that_the_ledger_knows(
    program: Program, ledger: Ledger
) -> None:
    file = (io.BytesIO(CSV), "numbers.csv")
    accepted = submit_everything(program, ledger, file)
    assert accepted.row == ledger.jobs.get(accepted.job)


class Believed(Publisher):
    """As if RabbitMQ had all that it was sent."""

    def send(self, job: Unsent, summary: str) -> None:
        assert (job.kind, bool(summary)) == ("everything", True)


def submit_everything(program: Program, ledger: Ledger, file: Any) -> Accepted:
    """Submit a job with values of many sorts, and a file, as the API does."""
    sent = program.send(kind="everything", text="some words", number="5", table=file)
    inputs = EVERYTHING.parse(ledger.jobs.get(body(sent)["id"]).inputs)
    publisher = Believed(Celery("nobody", set_as_current=False, config_source="celeryconfig"))
    return submit(ledger, publisher, EVERYTHING, inputs, owner="ada", idempotency_key="a key")
