"""The page of a new job: what it shows, keeps and submits, and what it makes of mistakes."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Ledger, Settings
from ledger.record import State
from tasks.kind import kinds
from tasks.publisher import Publisher
from tests.web.conftest import browser_of, hidden_fields, send
from tests.web.everything import EVERYTHING
from webapp import create_app

CSV = b"a,b\n1,2\n"
PNG = b"\x89PNG\r\n\x1a\n"
FORM = "/new/everything"
RIGHT = {"text": "some words", "number": "1"}


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher) -> Flask:
    return create_app(settings, ledger, publisher, {**kinds(), "everything": EVERYTHING})


def table(data: bytes = CSV, name: str = "numbers.csv") -> tuple[io.BytesIO, str]:
    return io.BytesIO(data), name


def kept(page: TestResponse) -> dict[str, str]:
    """Return the files that a form has already, by name."""
    boxes = re.findall(
        r'checked name="\w+" value="([^"]+)".*?<label[^>]*>(\S+)', page.text, re.DOTALL
    )
    return {name: file for file, name in boxes}


def resend(client: FlaskClient, page: TestResponse, **fields: Any) -> TestResponse:
    """Send a form again that came back with mistakes."""
    return client.post(FORM, data={**hidden_fields(page.text), **fields})


def test_the_page_explains_the_kind_and_asks_for_its_inputs(client: FlaskClient) -> None:
    page = client.get(FORM).text
    assert "<title>Everything · Postroom</title>" in page
    assert '<p class="lead">Asks for one of everything.</p>' in page
    assert "The second paragraph stands below the first, on one line." in page
    assert 'A few words · <span class="hint">2 to 40 characters</span>' in page
    assert ".csv, .parquet or .xlsx, up to 1.0 MB" in page
    assert 'enctype="multipart/form-data"' in page
    assert "multipart" not in client.get("/new/hello").text


def test_a_filled_form_becomes_a_job_that_waits_while_the_broker_is_away(
    client: FlaskClient, ledger: Ledger
) -> None:
    answer = send(client, "/new/hello", name="Ada", seconds="5", ending="fail")
    (job,) = ledger.jobs.page(limit=9)
    assert answer.status_code == 303
    assert answer.location == f"/jobs/{job.id}"
    assert (job.kind, job.owner, job.state) == ("hello", "ada", State.PENDING)
    assert job.inputs == {"name": "Ada", "seconds": 5, "ending": "fail"}
    assert job.sent_at is None
    assert "Waiting for the broker" in client.get(answer.location).text


def test_every_mistake_is_told_at_once_beside_its_field(
    client: FlaskClient, ledger: Ledger
) -> None:
    answer = send(client, "/new/hello", name="", seconds="601", ending="sing")
    assert answer.status_code == 422
    assert "3 things are to be corrected" in answer.text
    for name, words in (
        ("name", "This is needed."),
        ("seconds", "Must be at most 600."),
        ("ending", "Must be succeed, fail, die once or die every time."),
    ):
        assert f'<a class="alert-link" href="#input-{name}">' in answer.text
        beside = answer.text.split(f'<div id="input-{name}-wrong">')[1].split("</div>")[0]
        assert words in beside
    assert ledger.jobs.page(limit=9) == []


def test_a_screen_reader_hears_what_is_wrong_and_the_focus_is_on_the_first_mistake(
    client: FlaskClient,
) -> None:
    page = send(client, "/new/hello", name="Ada", seconds="x", ending="sing").text
    (focused,) = re.findall(r"<[^>]* autofocus[^>]*>", page)
    assert 'id="input-seconds"' in focused
    assert 'aria-invalid="true"' in focused
    assert 'aria-describedby="input-seconds-wrong input-seconds-help"' in focused
    assert 'role="alert"' in page
    assert "autofocus" not in client.get("/new/hello").text


def test_what_was_typed_is_kept_but_for_secrets(client: FlaskClient) -> None:
    typed = {
        "text": "<x>",
        "number": "abc",
        "story": "two\nlines & more",
        "share": "2",
        "size": "large",
        "many": "g",
        "colours": ["red", "green"],
        "marks": "1\nx",
        "mapping": '{"a": ',
        "password": "hunter2",
    }
    page = send(client, FORM, **typed).text
    assert 'value="&lt;x&gt;"' in page
    assert 'value="abc"' in page
    assert "two\nlines &amp; more</textarea>" in page
    assert 'value="large" id="input-size-2" checked' in page
    assert "<option selected>g</option>" in page
    assert page.count('name="colours"') == len(re.findall(r'name="colours"[^>]*checked', page)) == 2
    assert "1\nx</textarea>" in page
    assert "hunter2" not in page
    # The box for "agreed" was sent without its tick, though it has one by default.
    assert not re.search(r'name="agreed"[^>]*checked', page)


def test_files_need_not_be_uploaded_again(client: FlaskClient, ledger: Ledger) -> None:
    first = send(client, FORM, text="", number="1", table=table(), pictures=table(PNG, "a.png"))
    assert first.status_code == 422
    assert "kept" in first.text
    files = kept(first)
    assert files.keys() == {"numbers.csv", "a.png"}
    second = resend(
        client,
        first,
        **RIGHT,
        table=files["numbers.csv"],
        pictures=[files["a.png"], table(PNG, "b.png")],
    )
    assert second.status_code == 303
    (job,) = ledger.jobs.page(limit=9)
    assert job.inputs["table"]["name"] == "numbers.csv"
    assert [one["name"] for one in job.inputs["pictures"]] == ["a.png", "b.png"]
    assert len(ledger.files.uploads_of(job.id)) == 3


def test_a_kept_file_can_be_replaced_or_left_out(client: FlaskClient, ledger: Ledger) -> None:
    first = send(client, FORM, text="", number="1", table=table(), pictures=table(PNG, "a.png"))
    files = kept(first)
    without = resend(client, first, **RIGHT)
    assert without.status_code == 422
    assert "Table</a>: This is needed." in without.text
    replaced = resend(
        client,
        first,
        **RIGHT,
        table=[files["numbers.csv"], table(b"c\n", "others.csv")],
    )
    assert replaced.status_code == 303
    (job,) = ledger.jobs.page(limit=9)
    assert job.inputs["table"]["name"] == "others.csv"
    assert job.inputs["pictures"] == []


def test_nobody_can_name_the_uploads_of_others(
    client: FlaskClient, app: Flask, ledger: Ledger
) -> None:
    file = kept(send(client, FORM, text="", number="1", table=table()))["numbers.csv"]
    ledger.users.add("bob")
    bob = browser_of(app, ledger, "bob")
    answer = send(bob, FORM, **RIGHT, table=file)
    assert answer.status_code == 422
    assert "no longer here; choose it again" in answer.text
    assert "numbers.csv" not in bob.get(f"{FORM}?table={file}").text
    assert "numbers.csv" in client.get(f"{FORM}?table={file}").text


def test_an_upload_does_not_get_past_another_fields_wishes(client: FlaskClient) -> None:
    page = send(client, FORM, text="", number="1", table=table())
    answer = resend(client, page, **RIGHT, pictures=kept(page)["numbers.csv"])
    assert "numbers.csv will not do: give any image." in answer.text


def test_a_file_that_will_not_do_is_told_once_and_not_as_missing(client: FlaskClient) -> None:
    answer = send(client, FORM, **RIGHT, table=table(b"", "empty.csv"))
    assert "empty.csv is empty." in answer.text
    assert "One thing is to be corrected" in answer.text
    assert "This is needed." not in answer.text


def test_a_double_click_makes_one_job(client: FlaskClient, ledger: Ledger) -> None:
    fields = hidden_fields(client.get(FORM).text)
    sent = [client.post(FORM, data={**fields, **RIGHT, "table": table()}) for _ in range(2)]
    (job,) = ledger.jobs.page(limit=9)
    assert [one.location for one in sent] == [f"/jobs/{job.id}"] * 2


def test_a_form_from_the_history_with_other_answers_is_another_job(
    client: FlaskClient, ledger: Ledger
) -> None:
    fields = {**hidden_fields(client.get("/new/hello").text), "ending": "succeed", "seconds": "0"}
    client.post("/new/hello", data={**fields, "name": "Ada"})
    client.post("/new/hello", data={**fields, "name": "Grace"})
    assert {job.inputs["name"] for job in ledger.jobs.page(limit=9)} == {"Ada", "Grace"}


def test_the_same_answers_in_a_new_form_are_another_job(
    client: FlaskClient, ledger: Ledger
) -> None:
    for _ in range(2):
        send(client, "/new/hello", name="Ada", seconds="0", ending="succeed")
    assert len(ledger.jobs.page(limit=9)) == 2


def test_a_link_opens_a_filled_form_and_what_it_does_not_know_is_ignored(
    client: FlaskClient,
) -> None:
    page = client.get("/new/hello?name=Ada%20L&ending=fail&seconds=x&strange=1").text
    assert 'value="Ada L"' in page
    assert 'value="x"' in page
    assert 'value="fail" id="input-ending-2" checked' in page
    assert "strange" not in page
    assert "to be corrected" not in page


def test_an_unknown_kind_is_answered_with_those_that_there_are(client: FlaskClient) -> None:
    for answer in (client.get("/new/nothing"), send_to_nothing(client)):
        assert answer.status_code == 404
        assert "No kind of job is called nothing." in answer.text
        assert 'href="/new/hello"' in answer.text
        assert 'href="/new/everything"' in answer.text


def send_to_nothing(client: FlaskClient) -> TestResponse:
    fields = hidden_fields(client.get("/new/hello").text)
    return client.post("/new/nothing", data=fields)


def test_a_secret_is_kept_for_the_job_and_shown_nowhere(
    client: FlaskClient, ledger: Ledger
) -> None:
    answer = send(client, FORM, **RIGHT, table=table(), password="hunter2")  # noqa: S106 - a test's
    (job,) = ledger.jobs.page(limit=9)
    assert job.inputs["password"] == "hunter2"  # noqa: S105 - a test's
    for address in (answer.location, "/jobs", f"/api/v1/jobs/{job.id}", "/api/v1/jobs", "/"):
        assert "hunter2" not in client.get(address).text
