"""The form as an earlier job filled it: what is restored, and what is said of what is not."""

import io
import re
from dataclasses import replace
from html import unescape
from typing import Annotated, Any, Literal

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import Field, SecretStr

from ledger import Ledger, Settings
from ledger.outcome import Outcome
from ledger.record import Ending, Job, State
from tasks.alike import signature_of
from tasks.kind import Kind
from tasks.publisher import Publisher
from tests.ledger.conftest import claimed
from tests.web.conftest import browser_of, hidden_fields, send
from tests.web.everything import EVERYTHING, a_kind
from webapp import create_app
from webapp.changes import changes

CSV = b"a,b\n1,2\n"
FORM = "/new/everything"
RIGHT: dict[str, Any] = {
    "text": "50 % & <more>",
    "number": "7",
    "story": "two\nlines",
    "limit": "",
    "size": "3",
    "many": "g",
    "colours": [],
    "moment": "2024-05-31T14:30:05",
    "marks": "3\n4",
    "mapping": '{"a": 1}',
    "password": "hunter2",
}


def narrower() -> Kind:
    def everything(  # noqa: PLR0913 - as the one that it was
        *,
        text: str,
        number: Annotated[int, Field(ge=1, le=5)],
        table: str = "",
        many: Literal["a", "b", "c"] = "b",
        marks: str = "",
        password: SecretStr,
        brand_new: int,
    ) -> None:
        """Is what became of everything."""

    return a_kind(everything)


@pytest.fixture
def kinds() -> dict[str, Kind]:
    """What the console knows; a test may change a kind, as a new version of the code does."""
    return {"everything": EVERYTHING}


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher, kinds: dict[str, Kind]) -> Flask:
    return create_app(settings, ledger, publisher, kinds)


def submitted(client: FlaskClient, ledger: Ledger, **fields: Any) -> Job:
    answer = send(client, FORM, **{**RIGHT, "table": (io.BytesIO(CSV), "a.csv"), **fields})
    assert answer.status_code == 303, answer.text
    return ledger.jobs.get(answer.location.rpartition("/")[2])


def answers(page: str) -> dict[str, Any]:
    """Return what a browser would send of a form as it stands."""
    form: dict[str, Any] = dict(hidden_fields(page))
    for tag in re.findall(r"<input[^>]*>", page):
        said = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if said.get("type") in {"checkbox", "radio"} and " checked" not in tag:
            continue
        if said.get("type") not in {"hidden", "file"} and "name" in said:
            form.setdefault(said["name"], []).append(said.get("value", "on"))
    areas = r'<textarea[^>]*name="(\w+)"[^>]*>\r?\n?(.*?)</textarea>'
    form |= dict(re.findall(areas, page, re.DOTALL))
    menus = r'<select[^>]*name="(\w+)"[^>]*>(.*?)</select>'
    for name, options in re.findall(menus, page, re.DOTALL):
        form[name] = re.findall(r"<option selected>(.*?)</option>", options)
    return {
        name: [unescape(one) for one in text] if isinstance(text, list) else unescape(text)
        for name, text in form.items()
    }


def test_the_form_has_the_exact_values_and_files_but_no_secret(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submitted(client, ledger)
    assert f"/new/everything?from-job={job.id}" in client.get(f"/jobs/{job.id}").text
    page = client.get(f"{FORM}?from-job={job.id}").text
    assert "hunter2" not in page
    assert "A secret is never filled in from before" in page
    assert "to be corrected" not in page
    assert "has changed since" not in page
    again = client.post(FORM, data={**answers(page), "password": "hunter2", "number": "8"})
    assert again.status_code == 303, again.text
    other = ledger.jobs.get(again.location.rpartition("/")[2])
    assert other.inputs == {**job.inputs, "number": 8}
    assert ledger.files.uploads_of(other.id) == ledger.files.uploads_of(job.id)


def test_a_link_may_change_what_is_filled_in(client: FlaskClient, ledger: Ledger) -> None:
    job = submitted(client, ledger)
    page = client.get(f"{FORM}?from-job={job.id}&number=9").text
    assert answers(page)["number"] == ["9"]


def test_a_file_that_is_deleted_is_named_and_chosen_again(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submitted(client, ledger)
    ledger.jobs.request_cancel(job.id)
    ledger.retention.forget_files(job.id)
    page = client.get(f"{FORM}?from-job={job.id}").text
    beside = page.split('<div id="input-table-wrong">')[1].split('<div id="input-table-help"')[0]
    assert "a.csv is deleted: choose it again." in beside


def test_the_files_of_somebody_else_are_theirs(
    app: Flask, client: FlaskClient, ledger: Ledger
) -> None:
    job = submitted(client, ledger)
    ledger.users.add("bob")
    page = browser_of(app, ledger, "bob").get(f"{FORM}?from-job={job.id}").text
    assert "a.csv is ada&#39;s, or deleted: choose it again." in page
    assert 'value="7"' in page


def test_what_changed_since_is_said_in_words_and_what_no_longer_fits_is_kept(
    client: FlaskClient, ledger: Ledger, kinds: dict[str, Kind]
) -> None:
    job = submitted(client, ledger)
    kinds["everything"] = narrower()
    page = client.get(f"{FORM}?from-job={job.id}").text
    summary = page.split("This form has changed since:")[1].split("</ul>")[0]
    told = " ".join(re.sub(r"<[^>]+>", "", summary).split())
    assert "Number must be at most 5 now instead of 600." in told
    assert "Many does not offer d, e, f, g any more." in told
    assert "Marks was a list, and is a line of text now." in told
    assert "Brand New is new, and needed." in told
    assert "Story is not asked for any more." in told
    beside = page.split('<div id="input-number-wrong">')[1].split('<div id="input-number-help"')[0]
    assert "It must be at most 5 now instead of 600." in beside
    assert "Must be at most 5." in beside
    assert 'value="7"' in page
    assert "It was g." in page
    assert "hunter2" not in page


def test_what_was_a_secret_stays_one_when_its_kind_makes_it_a_plain_text(
    client: FlaskClient, ledger: Ledger, kinds: dict[str, Kind]
) -> None:
    job = submitted(client, ledger)

    def everything(text: str, password: str = "") -> None:
        """Is what became of everything."""
        del text, password

    kinds["everything"] = a_kind(everything)
    page = client.get(f"{FORM}?from-job={job.id}").text
    assert "Password was a secret, and is a line of text now." in re.sub(r"<[^>]+>", "", page)
    assert "hunter2" not in page


def test_the_same_again_is_offered_and_never_forced(client: FlaskClient, ledger: Ledger) -> None:
    job = submitted(client, ledger)
    ledger.attempts.settle(claimed(ledger, job.id), Outcome(State.SUCCESS, Ending.SUCCEEDED))
    page = client.get(f"{FORM}?from-job={job.id}").text
    sent = {**answers(page), "password": "hunter2"}
    offer = client.post(FORM, data=sent)
    assert offer.status_code == 409
    assert "This already ran" in offer.text
    assert f'href="/jobs/{job.id}" autofocus' in offer.text
    assert "Run anyway" in offer.text
    assert "hunter2" not in offer.text
    assert len(ledger.jobs.page(limit=9)) == 1
    anyway = client.post(FORM, data={**answers(offer.text), "password": "hunter2"})
    assert anyway.status_code == 303
    assert len(ledger.jobs.page(limit=9)) == 2


def test_one_that_waits_can_be_followed_and_a_form_sent_twice_is_one_job(
    client: FlaskClient,
) -> None:
    first = client.get(FORM).text
    upload = {"table": (io.BytesIO(CSV), "a.csv")}
    answer = client.post(FORM, data={**hidden_fields(first), **RIGHT, **upload})
    upload = {"table": (io.BytesIO(CSV), "a.csv")}
    twice = client.post(FORM, data={**hidden_fields(first), **RIGHT, **upload})
    assert (answer.status_code, twice.status_code) == (303, 303)
    assert twice.location == answer.location
    # The same contents under another name, in another form.
    upload = {"table": (io.BytesIO(CSV), "b.csv")}
    other = send(client, FORM, **RIGHT, **upload)
    assert other.status_code == 409
    assert "This waits already" in other.text
    assert f'href="{answer.location}" autofocus' in other.text
    different = send(client, FORM, **{**RIGHT, "table": (io.BytesIO(CSV + b"3,4\n"), "a.csv")})
    assert different.status_code == 303


def test_nothing_is_offered_where_nothing_repeats(
    client: FlaskClient, kinds: dict[str, Kind]
) -> None:
    kinds["everything"] = replace(EVERYTHING, repeatable=False)
    for _ in range(2):
        upload = {"table": (io.BytesIO(CSV), "a.csv")}
        assert send(client, FORM, **RIGHT, **upload).status_code == 303


def test_of_a_form_that_nobody_remembers_only_names_are_compared() -> None:
    now = signature_of(EVERYTHING).asked
    given = [*now["properties"], "old"]
    (gone,) = changes(None, now, given)
    assert (gone.label, gone.words) == ("Old", "is not asked for any more")
    assert changes(now, now, given) == []
