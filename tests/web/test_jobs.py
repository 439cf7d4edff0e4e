"""The list of jobs and the page of one: what they show, and what they keep to themselves."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

import pytest
from flask.testing import FlaskClient
from pydantic import Field, SecretStr

from ledger import Ledger
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.record import JSON, Cause, Delivery, Ending, Error, LogLine, Progress, State
from tasks.inputs import Upload, inputs_model, secrets_of
from tasks.kind import Kind
from tests.ledger.conftest import claimed, submit
from webapp.joblist import PER_PAGE
from webapp.jobs import SHOWN_LINES, inputs_of

DONE = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"greeting": "Hello"})


def settled(ledger: Ledger, outcome: Outcome) -> str:
    job = submit(ledger)
    ledger.attempts.settle(claimed(ledger, job), outcome)
    return job


def returned(ledger: Ledger, result: JSON) -> str:
    return settled(ledger, Outcome(State.SUCCESS, Ending.SUCCEEDED, result=result))


def links(page: str, jobs: list[str]) -> list[str]:
    """Return which of the jobs the page lists, in its order."""
    return sorted((job for job in jobs if f'/jobs/{job}"' in page), key=page.index)


def test_jobs_are_listed_newest_first_by_pages(client: FlaskClient, ledger: Ledger) -> None:
    jobs = [submit(ledger) for _ in range(PER_PAGE + 2)][::-1]
    first = client.get("/jobs").text
    assert links(first, jobs) == jobs[:PER_PAGE]
    assert f'rel="next" href="/jobs?before={jobs[PER_PAGE - 1]}"' in first
    second = client.get(f"/jobs?before={jobs[PER_PAGE - 1]}").text
    assert links(second, jobs) == jobs[PER_PAGE:]
    assert 'rel="next"' not in second


def test_the_search_box_completes_people_and_errors_as_they_are_written(
    client: FlaskClient, ledger: Ledger
) -> None:
    ledger.users.add("Ada, Countess")
    settled(ledger, Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=Error("E", "")))
    ledger.naming.name({"hello": "v1"}, 10)
    found = re.search(r"data-completions='(.*?)'", client.get("/jobs").text)
    assert found
    known = json.loads(found[1])
    assert [name for name, _ in known][:3] == ["state", "kind", "by"]
    assert dict(known)["by"] == ["me", '"Ada, Countess"', "ada"]
    assert dict(known)["error"] == ["E"]


def test_the_list_can_be_narrowed_by_state_and_kind(client: FlaskClient, ledger: Ledger) -> None:
    waiting, other, done = submit(ledger), submit(ledger, "tables"), settled(ledger, DONE)
    jobs = [waiting, other, done]
    assert links(client.get("/jobs?state=waiting").text, jobs) == [other, waiting]
    assert links(client.get("/jobs?state=waiting&kind=hello").text, jobs) == [waiting]
    assert links(client.get("/jobs?state=succeeded").text, jobs) == [done]
    narrowed = client.get("/jobs?state=failed&kind=hello")
    assert "No such jobs." in narrowed.text


def test_a_state_that_does_not_exist_is_answered_with_those_that_do(client: FlaskClient) -> None:
    answer = client.get("/jobs?state=sleeping")
    assert answer.status_code == 400
    assert "No job is ever &#39;sleeping&#39;." in answer.text
    assert "waiting, queued, scheduled" in answer.text


def test_an_empty_list_says_what_to_do_next(client: FlaskClient) -> None:
    assert "Nothing has been posted yet." in client.get("/jobs").text


def test_a_job_that_is_not_there_is_not_found_in_words(client: FlaskClient) -> None:
    answer = client.get("/jobs/nobody")
    assert answer.status_code == 404
    assert "There is no job nobody." in answer.text


def test_a_running_job_shows_where_it_runs_and_how_far_it_is(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    claim = claimed(ledger, job, count=1)
    line = LogLine(2, 1, datetime.now(UTC), "ERROR", "<script>alert(1)</script>")
    ledger.attempts.report(claim, Progress(5, 20, "reading"), [line])
    page = client.get(f"/jobs/{job}").text
    assert "<title>Running 25 % · Say hello · Postroom</title>" in page
    assert "Running on worker-one@here, attempt 2 (attempt 1 was lost with its worker)." in page
    assert "reading: 5 of 20" in page
    assert 'value="25.0"' in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert 'class="line line-error"' in page
    assert "/static/icons/running.svg" in page
    assert f'data-events="/jobs/{job}/events"' in page


def test_without_scripts_the_page_of_an_open_job_reloads_itself_and_a_settled_one_does_not(
    client: FlaskClient, ledger: Ledger
) -> None:
    reload = '<noscript><meta http-equiv="refresh"'
    assert reload in client.get(f"/jobs/{submit(ledger)}").text
    ended = client.get(f"/jobs/{settled(ledger, DONE)}").text
    assert reload not in ended
    assert "live.js" not in ended


def test_a_failed_job_says_its_last_line_first_and_folds_the_traceback(
    client: FlaskClient, ledger: Ledger
) -> None:
    error = Error("ValueError", "the moon is <full>", "Traceback …\nValueError: the moon")
    failed = Outcome(State.FAILURE, Ending.FAILED, Cause.ERROR, error=error)
    page = client.get(f"/jobs/{settled(ledger, failed)}").text
    words, folded = page.index("the moon is &lt;full&gt;"), page.index("<details><summary>Where")
    assert words < folded < page.index("Traceback …")
    assert "failed.svg" in page


def test_a_mistake_of_the_person_is_told_without_a_programmers_words(
    client: FlaskClient, ledger: Ledger
) -> None:
    error = Error("BadInput", "The table has no rows.")
    failed = Outcome(State.FAILURE, Ending.FAILED, Cause.ERROR, error=error)
    page = client.get(f"/jobs/{settled(ledger, failed)}").text
    assert "The table has no rows." in page
    assert "BadInput" not in page
    assert "<summary>Where" not in page


def test_a_crashed_job_shows_each_attempt_with_its_ending(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    for count in range(3):
        claimed(ledger, job, count=count)
        ledger.recovery.report_death(Delivery(job, "m1", count), Ending.CRASHED, "signal 9")
    page = client.get(f"/jobs/{job}").text
    assert "Crashed (quarantined)" in page
    assert page.index("Attempt 3") < page.index("Attempt 2") < page.index("Attempt 1")
    assert page.count('<p class="timeline-note">signal 9</p>') == 3


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        ({"city": "Ulm & Jena"}, '<th scope="row">city</th><td>Ulm &amp; Jena</td>'),
        ([{"a": 1}, {"b": 2}], '<th scope="col">a</th><th scope="col">b</th>'),
        (["x", 7, True, None], "<li>x</li><li>7</li><li>yes</li>"),
        ({"year": 2024, "rows": 1234567}, "<td>1,234,567</td>"),
        ("two\nlines", '<pre class="text-value">two\nlines</pre>'),
        ({"a": {"b": {"c": {"d": {"e": 1}}}}}, '<code class="json">{"e": 1}</code>'),
        (list(range(80)), "… and 30 more"),
        ("x" * 5000, "… and 1000 more characters"),
        ({}, '<span class="quiet">nothing</span>'),
        (None, "It returned nothing"),
        (0, "0"),
        ({"items": [1], "keys": 2, "values": 3}, '<th scope="row">items</th>'),
    ],
)
def test_a_result_is_shown_as_a_person_reads_it(
    client: FlaskClient, ledger: Ledger, result: JSON, shown: str
) -> None:
    assert shown in client.get(f"/jobs/{returned(ledger, result)}").text


def test_a_long_log_shows_its_end_and_is_there_as_text(client: FlaskClient, ledger: Ledger) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    now = datetime.now(UTC)
    count = SHOWN_LINES + 100
    lines = [LogLine(1, n, now, "INFO", f"line {n}") for n in range(1, count + 1)]
    ledger.attempts.report(claim, None, lines)
    page = client.get(f"/jobs/{job}").text
    assert "line 101<" in page
    assert "line 100<" not in page
    assert "The newest lines only." in page
    assert f'data-cursor="1.{count}"' in page
    whole = client.get(f"/jobs/{job}/log")
    assert whole.mimetype == "text/plain"
    assert whole.headers["Content-Disposition"].startswith("attachment; filename=hello-")
    assert len(whole.text.splitlines()) == count
    assert whole.text.endswith(f"  1  INFO     line {count}\n")


def shape(  # noqa: PLR0913, PLR0917 - one parameter for each sort of input
    text: str,
    secret: SecretStr,
    table: Upload,
    switch: bool = True,  # noqa: FBT001, FBT002 - a kind's parameter
    number: Annotated[int | None, Field(title="How many")] = 5,
    sort: Literal["a", "b"] = "a",
    kind: str = "",
    points: dict[str, int] | None = None,
) -> None:
    """Has an input of every sort."""


SHAPE = Kind(
    name="shape",
    title="Shape",
    help="",
    icon="gear",
    function=shape,
    inputs=inputs_model(shape),
    queue="default",
    time_limit=1,
    retries=0,
    retry_for=(),
    retry_delay=1,
    secrets=secrets_of(inputs_model(shape)),
)


@dataclass
class Shaped:
    job: str
    file: str


@pytest.fixture
def shaped(ledger: Ledger) -> Shaped:
    writer = ledger.files.receive("table.csv", limit=100)
    writer.write(b"a,b\n")
    file = ledger.files.accept(writer, "ada")
    inputs = {
        "text": "50 % & more",
        "secret": "swordfish",
        "table": {"id": file.id, "name": "table.csv", "size": 4, "sha256": file.sha256},
        "switch": False,
        "number": None,
        "sort": "b",
        "kind": "x",
        "points": {"a": 1},
    }
    job, _new = ledger.jobs.submit(Submission("shape", "default", inputs, "ada", uploads=[file.id]))
    return Shaped(job, file.id)


def test_inputs_are_shown_by_their_labels_and_secrets_never(ledger: Ledger, shaped: Shaped) -> None:
    job = ledger.jobs.get(shaped.job)
    given = inputs_of(job, SHAPE, ledger.files.uploads_of(job.id), "ada")
    assert [(one.label, one.text) for one in given] == [
        ("Text", "50 % & more"),
        ("Secret", "•••"),
        ("Table", ""),
        ("Switch", "no"),
        ("How many", ""),
        ("Sort", "b"),
        ("Kind", "x"),
        ("Points", '{\n "a": 1\n}'),
    ]
    assert [file.name for file in given[2].uploads] == ["table.csv"]
    assert given[2].links
    others = inputs_of(job, SHAPE, ledger.files.uploads_of(job.id), "bob")
    assert not others[2].links


def test_of_a_kind_that_is_gone_every_input_is_hidden(
    client: FlaskClient, ledger: Ledger, shaped: Shaped
) -> None:
    assert {one.text for one in inputs_of(ledger.jobs.get(shaped.job), None, [], "ada")} == {"•••"}
    page = client.get(f"/jobs/{shaped.job}").text
    assert "<h1>shape</h1>" in page
    assert "swordfish" not in page
    assert "Edit and run again" not in page
    assert "knows no kind that is called shape" in page
    assert "knows no kind" not in client.get(f"/jobs/{submit(ledger)}").text


def test_of_many_files_that_were_given_the_page_shows_some_and_folds_the_others(
    client: FlaskClient, ledger: Ledger, signed_in: str
) -> None:
    given = []
    for number in range(15):
        writer = ledger.files.receive(f"{number:02}.jpg", 9)
        writer.write(b"1")
        given.append(Upload.of(ledger.files.accept(writer, signed_in)))
    inputs = {"pictures": [upload.model_dump() for upload in given]}
    uploads = [upload.id for upload in given]
    job, _new = ledger.jobs.submit(
        Submission("images", "default", inputs, signed_in, uploads=uploads)
    )

    shown, folded = client.get(f"/jobs/{job}").text.split("<details><summary>and 3 more</summary>")

    assert "11.jpg" in shown
    assert "12.jpg" not in shown
    assert folded.split("</details>")[0].count(".jpg</a>") == 3
