"""A filled form under a name: kept, applied by a link, changed and deleted."""

import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from ledger.presets import Preset
from tasks.publisher import Publisher
from tests.web.conftest import browser_of, hidden_fields, send
from tests.web.everything import EVERYTHING
from tests.web.test_running_again import FORM, answers
from webapp import create_app

CSV = b"a,b\n1,2\n"


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher) -> Flask:
    return create_app(settings, ledger, publisher, {"everything": EVERYTHING})


def keep(client: FlaskClient, name: str = "weekly", **fields: Any) -> str:
    """Fill the form in, save it under a name, and return the page that answers."""
    page = client.get(FORM).text
    named = client.post("/presets/name/everything", data={**answers(page), **fields})
    assert named.status_code == 200, named.text
    sent = {**hidden_fields(named.text), "preset-name": name}
    return client.post("/presets/keep/everything", data=sent, follow_redirects=True).text


def only(ledger: Ledger, reader: str = "ada") -> Preset:
    (preset,) = ledger.presets.usable(reader)
    return preset


def test_a_form_that_is_not_complete_is_kept_and_a_link_fills_it_in(
    client: FlaskClient, ledger: Ledger
) -> None:
    assert "The preset weekly is kept." in keep(client, number="7", agreed=[], text="")
    preset = only(ledger)
    assert (preset.inputs["number"], preset.inputs["agreed"]) == ("7", False)
    assert "text" not in preset.inputs
    link = f"/new/everything?preset={preset.id}"
    assert link in client.get(FORM).text
    assert link in client.get("/").text
    page = client.get(link).text
    assert "Filled in from the preset" in page
    assert 'value="7"' in page
    assert "to be corrected" not in page
    assert "agreed" not in answers(page)


def test_its_files_stay_and_need_not_be_uploaded_again(client: FlaskClient, ledger: Ledger) -> None:
    keep(client, text="abc", number="7", table=(io.BytesIO(CSV), "a.csv"))
    preset = only(ledger)
    assert ledger.retention.forget_uploads(-60, 9) == 0
    page = client.get(f"/new/everything?preset={preset.id}").text
    answer = client.post(FORM, data=answers(page))
    assert answer.status_code == 303, answer.text
    (file,) = ledger.files.uploads_of(answer.location.rpartition("/")[2])
    assert file.name == "a.csv"
    ledger.presets.delete(preset.id, "ada")
    ledger.jobs.request_cancel(answer.location.rpartition("/")[2])
    ledger.retention.forget_jobs(-60, 9)
    assert ledger.retention.forget_uploads(-60, 9) == 1


def test_a_secret_is_in_no_preset(client: FlaskClient, ledger: Ledger) -> None:
    page = client.get(FORM).text
    sent = {**answers(page), "number": "7", "password": "hunter2"}
    named = client.post("/presets/name/everything", data=sent).text
    assert "Password: secrets are never kept in a preset." in named
    assert "hunter2" not in named
    keep(client, number="7", password="hunter2")  # noqa: S106 - a test's
    assert "password" not in only(ledger).inputs
    assert "hunter2" not in str(only(ledger))


def test_what_is_wrong_is_not_kept(client: FlaskClient, ledger: Ledger) -> None:
    page = client.get(FORM).text
    answer = client.post("/presets/name/everything", data={**answers(page), "number": "601"})
    assert answer.status_code == 422
    assert "Must be at most 600." in answer.text
    named = client.post("/presets/name/everything", data={**answers(page), "number": "7"})
    sent = {**hidden_fields(named.text), "preset-name": "  "}
    nameless = client.post("/presets/keep/everything", data=sent)
    assert nameless.status_code == 422
    assert "A name has 1 to 80 characters." in nameless.text
    assert ledger.presets.usable("ada") == []


def test_a_name_that_is_taken_is_overwritten_only_when_that_is_said(
    client: FlaskClient, ledger: Ledger
) -> None:
    keep(client, number="7")
    page = keep(client, number="8")
    assert "You have a preset weekly already" in page
    assert only(ledger).inputs["number"] == "7"
    sent = {**hidden_fields(page), "preset-name": "weekly", "preset-overwrite": only(ledger).id}
    assert client.post("/presets/keep/everything", data=sent).status_code == 303
    assert only(ledger).inputs["number"] == "8"


def test_its_owner_renames_shares_and_deletes_it_and_nobody_else(
    app: Flask, client: FlaskClient, ledger: Ledger
) -> None:
    keep(client, number="7")
    preset = only(ledger)
    ledger.users.add("bob")
    bob = browser_of(app, ledger, "bob")
    assert bob.get(f"/new/everything?preset={preset.id}").status_code == 404
    address = f"/presets/{preset.id}"
    named = {"preset-name": "each week", "preset-for-all": "true"}
    assert send(client, address, **named).status_code == 303
    assert (only(ledger, "bob").name, only(ledger, "bob").shared) == ("each week", True)
    assert 'value="7"' in bob.get(f"/new/everything?preset={preset.id}").text
    assert "by ada" in bob.get("/presets").text
    csrf = hidden_fields(bob.get(FORM).text)["csrf_token"]
    gone = bob.post(f"{address}/delete", data={"csrf_token": csrf})
    assert gone.status_code == 404
    assert "Change" not in re.findall(r"<li\b.*?</li>", bob.get("/presets").text, re.DOTALL)[-1]
    csrf = hidden_fields(client.get(FORM).text)["csrf_token"]
    assert client.post(f"{address}/delete", data={"csrf_token": csrf}).status_code == 303
    assert ledger.presets.usable("ada") == []
    assert "There are none yet." in client.get("/presets").text
