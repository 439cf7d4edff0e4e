"""Where there is no room for more files: what is refused, what is said, and how room is made."""

import io
from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from tasks.publisher import Publisher
from tests.web.conftest import browser_of, hidden_fields, send
from tests.web.everything import EVERYTHING
from tests.web.test_uploads import CSV, NEEDED, stored
from webapp import create_app

Headers = Mapping[str, str]
BIG = b"a,b\n" + b"1,2\n" * 100_000  # 0.4 MB


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        postroom_var=tmp_path,
        database_url="",
        storage_url="",
        max_upload=1_000_000,
        quota_per_person=1_000_000,
    )


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher) -> Flask:
    return create_app(settings, ledger, publisher, {"everything": EVERYTHING})


def submit(client: FlaskClient, token: Headers, data: bytes) -> tuple[int, dict[str, object]]:
    fields = {"kind": "everything", **NEEDED, "table": (io.BytesIO(data), "numbers.csv")}
    answer = client.post("/api/v1/jobs", data=fields, headers=token)
    return answer.status_code, answer.get_json()


def ended(ledger: Ledger, job: object) -> str:
    ledger.jobs.request_cancel(str(job))
    return str(job)


def test_a_form_that_needs_more_room_than_there_is_says_what_to_delete(
    client: FlaskClient, stranger: FlaskClient, token: Headers, settings: Settings
) -> None:
    jobs = [submit(stranger, token, BIG)[1]["id"] for _ in range(2)]
    table = (io.BytesIO(BIG), "numbers.csv")
    answer = send(client, "/new/everything", **NEEDED, table=table)
    assert answer.status_code == 507
    assert "Your files take 0.8 of 1.0 MB, and this needs 0.4 MB." in answer.text
    for job in jobs:
        assert f'<a href="/jobs/{job}">numbers.csv</a>' in answer.text
    assert len(stored(settings)) == 2


def test_the_api_says_the_same_and_nothing_is_kept(
    stranger: FlaskClient, token: Headers, settings: Settings, ledger: Ledger
) -> None:
    for _ in range(2):
        assert submit(stranger, token, BIG)[0] == 202
    status, problem = submit(stranger, token, BIG)
    assert (status, problem["title"]) == (507, "There is no room for more of your files")
    assert [file["size"] for file in problem["files"]] == [len(BIG)] * 2  # type: ignore[attr-defined]  # JSON
    speak = {**token, "Tus-Resumable": "1.0.0", "Upload-Length": str(len(BIG))}
    refused = stranger.post("/api/v1/uploads", headers=speak)
    assert refused.status_code == 507
    assert "take 0.8 of 1.0 MB, and this needs 0.4 MB" in refused.get_json()["detail"]
    assert len(stored(settings)) == len(ledger.jobs.page(limit=9)) == 2


def test_an_upload_that_has_begun_has_its_room(stranger: FlaskClient, token: Headers) -> None:
    speak = {**token, "Tus-Resumable": "1.0.0", "Upload-Length": "600000"}
    first = stranger.post("/api/v1/uploads", headers=speak)
    assert [first.status_code, stranger.post("/api/v1/uploads", headers=speak).status_code] == [
        201,
        507,
    ]
    stranger.delete(first.headers["Location"], headers=speak)
    assert stranger.post("/api/v1/uploads", headers=speak).status_code == 201


def test_somebody_else_has_room_of_their_own(
    app: Flask, stranger: FlaskClient, token: Headers, ledger: Ledger
) -> None:
    for _ in range(2):
        submit(stranger, token, BIG)
    ledger.users.add("bob")
    table = (io.BytesIO(BIG), "numbers.csv")
    bob = browser_of(app, ledger, "bob")
    assert send(bob, "/new/everything", **NEEDED, table=table).status_code == 303


def test_a_person_deletes_the_files_of_a_job_and_has_room_again(
    client: FlaskClient, stranger: FlaskClient, token: Headers, ledger: Ledger, settings: Settings
) -> None:
    jobs = [ended(ledger, submit(stranger, token, BIG)[1]["id"]) for _ in range(2)]
    assert f'href="/jobs/{jobs[0]}/delete-files"' in client.get(f"/jobs/{jobs[0]}").text
    asked = client.get(f"/jobs/{jobs[0]}/delete-files")
    assert "numbers.csv" in asked.text
    assert "Delete 400.0 kB" in asked.text
    proof = hidden_fields(asked.text)
    assert client.post(f"/jobs/{jobs[0]}/delete-files").status_code == 400
    answer = client.post(f"/jobs/{jobs[0]}/delete-files", data=proof, follow_redirects=True)
    assert "Its files are deleted: 400.0 kB are free again." in answer.text
    assert "deleted: numbers.csv" in answer.text
    assert "delete-files" not in answer.text
    assert len(stored(settings)) == 1
    assert submit(stranger, token, BIG)[0] == 202


def test_the_api_deletes_the_files_of_jobs_that_have_ended(
    stranger: FlaskClient, token: Headers, ledger: Ledger, settings: Settings
) -> None:
    job = submit(stranger, token, CSV)[1]["id"]
    address = f"/api/v1/jobs/{job}/files"
    assert stranger.delete(address, headers=token).status_code == 409
    ended(ledger, job)
    assert stranger.delete(address, headers=token).status_code == 204
    assert stored(settings) == []
    again = stranger.post(f"/api/v1/jobs/{job}/retry", headers=token)
    assert again.status_code == 404
    assert "A file that the job was given is deleted" in again.get_json()["detail"]


def test_nobody_deletes_the_files_of_others(
    app: Flask, stranger: FlaskClient, token: Headers, ledger: Ledger, settings: Settings
) -> None:
    job = ended(ledger, submit(stranger, token, CSV)[1]["id"])
    ledger.users.add("eve")
    eve = browser_of(app, ledger, "eve")
    assert "delete-files" not in eve.get(f"/jobs/{job}").text
    assert eve.get(f"/jobs/{job}/delete-files").status_code == 403
    proof = hidden_fields(eve.get("/new/everything").text)
    assert eve.post(f"/jobs/{job}/delete-files", data=proof).status_code == 403
    user = ledger.users.named("eve")
    assert user is not None
    headers = {"Authorization": f"Bearer {ledger.users.new_token(user, 'a test')}"}
    assert stranger.delete(f"/api/v1/jobs/{job}/files", headers=headers).status_code == 403
    assert len(stored(settings)) == 1
