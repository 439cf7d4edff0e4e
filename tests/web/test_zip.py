"""All files of a job in one download: from its page, by the API and in a terminal."""

import io
import logging
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Ledger
from ledger.errors import StorageError
from tests.ledger.conftest import submit
from tests.web.conftest import job_with

FILES = {"a.txt": b"one", "b.png": b"\x89PNG two", "ü.csv": b"1,2\n" * 300_000}


@pytest.fixture
def job(ledger: Ledger, tmp_path: Path) -> str:
    return job_with(ledger, tmp_path, FILES)


def unpacked(answer: TestResponse) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.data)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_a_page_leads_to_a_zip_of_everything(client: FlaskClient, job: str) -> None:
    assert f'href="/jobs/{job}/files.zip" download>' in client.get(f"/jobs/{job}").text
    answer = client.get(f"/jobs/{job}/files.zip")
    assert answer.mimetype == "application/zip"
    assert answer.headers["Content-Disposition"] == f"attachment; filename=hello-{job[-8:]}.zip"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert unpacked(answer) == FILES


def test_what_needs_no_compressing_says_how_long_it_is(
    client: FlaskClient, ledger: Ledger, tmp_path: Path
) -> None:
    address = f"/jobs/{job_with(ledger, tmp_path, {'a.png': b'1' * 9999})}/files.zip"
    answer = client.get(address)
    assert answer.content_length == len(answer.data) == client.head(address).content_length


def test_one_file_alone_is_not_offered_as_a_zip(
    client: FlaskClient, ledger: Ledger, tmp_path: Path
) -> None:
    job = job_with(ledger, tmp_path, {"a.txt": b"1"})
    assert "files.zip" not in client.get(f"/jobs/{job}").text


def test_a_zip_without_what_is_lost_says_so_to_the_person_and_to_the_operator(
    client: FlaskClient, ledger: Ledger, job: str, caplog: pytest.LogCaptureFixture
) -> None:
    lost = ledger.files.output(job, "a.txt")
    ledger.files.discard([lost])
    with caplog.at_level(logging.ERROR):
        found = unpacked(client.get(f"/jobs/{job}/files.zip"))
    assert b"a.txt  (3 bytes)" in found.pop("MISSING.txt")
    assert found.keys() == {"b.png", "ü.csv"}
    assert f"Job {job} is sent without 1 of its 3 files" in caplog.text
    assert lost.id in caplog.text


def test_bytes_that_vanish_on_the_way_end_the_answer_before_its_end(
    client: FlaskClient, ledger: Ledger, job: str
) -> None:
    answer = client.get(f"/jobs/{job}/files.zip", buffered=False)
    sent = iter(answer.response)
    next(sent)
    ledger.files.discard([ledger.files.output(job, "ü.csv")])
    with pytest.raises(StorageError):
        list(sent)
    answer.close()


def test_a_program_fetches_the_zip_that_the_list_names(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger, job: str
) -> None:
    listed = stranger.get(f"/api/v1/jobs/{job}/files", headers=token).get_json()
    assert listed["zip"] == f"/api/v1/jobs/{job}/files.zip"
    assert unpacked(stranger.get(listed["zip"], headers=token)) == FILES
    assert stranger.get(listed["zip"]).status_code == 401
    for nothing in (submit(ledger), "nothing"):
        answer = stranger.get(f"/api/v1/jobs/{nothing}/files.zip", headers=token)
        assert (answer.status_code, answer.mimetype) == (404, "application/problem+json")


def run(app: Flask, *arguments: str | Path) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=[str(one) for one in arguments])
    return result.exit_code, result.output


def test_a_terminal_saves_everything_in_a_folder_or_in_a_zip(
    app: Flask, job: str, tmp_path: Path
) -> None:
    folder, archive = tmp_path / "new" / "folder", tmp_path / "all.zip"
    assert run(app, "files", job, "--save", folder, "--zip", archive)[0] == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        assert set(opened.namelist()) == FILES.keys()
    for option, place in (("--save", folder), ("--zip", archive)):
        status, said = run(app, "files", job, option, place)
        assert status == 1
        assert "File exists" in said


def test_a_terminal_saves_what_is_left_and_says_what_is_lost(
    app: Flask, ledger: Ledger, job: str, tmp_path: Path
) -> None:
    ledger.files.discard([ledger.files.output(job, "a.txt")])
    status, said = run(app, "files", job, "--save", tmp_path / "saved")
    assert (status, said.splitlines()[-1]) == (1, "Error: The storage has lost a.txt.")
    assert {path.name for path in (tmp_path / "saved").iterdir()} == {"b.png", "ü.csv"}
