"""Uploads that go on: our server with a client that others wrote, and what no client may do."""

import base64
import hashlib
import io
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from ledger import Ledger, Settings
from tasks.publisher import Publisher
from tests.web.conftest import browser_of, hidden_fields
from tests.web.test_uploads import CSV, NEEDED, app, stored
from webapp import create_app

__all__ = ["app"]  # The same kinds as there.

Headers = Mapping[str, str]
BYTES = os.urandom(300_000)
PART = {"Content-Type": "application/offset+octet-stream"}


def told(**words: str) -> dict[str, str]:
    """Return the header that describes a file."""
    pairs = [f"{name} {base64.b64encode(text.encode()).decode()}" for name, text in words.items()]
    return {"Upload-Metadata": ",".join(pairs)}


@pytest.fixture
def speak(token: Headers) -> Headers:
    return {**token, "Tus-Resumable": "1.0.0"}


def begin(client: FlaskClient, speak: Headers, length: int, **words: str) -> str:
    """Begin an upload and return its address."""
    headers = {**speak, "Upload-Length": str(length), **told(**{"filename": "a.bin", **words})}
    answer = client.post("/api/v1/uploads", headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


class Breaking(io.BytesIO):
    """What a server reads from a connection that is reset in the end."""

    def read(self, size: int | None = -1) -> bytes:
        if found := super().read(size):
            return found
        raise ConnectionResetError(104, "Connection reset by peer")


def patch(
    client: FlaskClient, speak: Headers, address: str, at: int, data: bytes, **more: str
) -> TestResponse:
    headers = {**speak, **PART, "Upload-Offset": str(at), **more}
    return client.patch(address, headers=headers, data=data)


def broken(client: FlaskClient, speak: Headers, address: str) -> None:
    """Send the first 123,456 bytes of many, as gunicorn hands them on."""
    client.patch(
        address,
        headers={**speak, **PART, "Upload-Offset": "0"},
        input_stream=Breaking(BYTES[:123_456]),
        environ_overrides={"CONTENT_LENGTH": str(len(BYTES)), "wsgi.input_terminated": True},
    )


def head(client: FlaskClient, speak: Headers, address: str) -> int:
    answer = client.head(address, headers=speak)
    assert answer.status_code == 200
    return int(answer.headers["Upload-Offset"])


@pytest.fixture
def tus(app: Flask, speak: Headers) -> Iterator[TusClient]:
    """The client of the protocol's own authors, before a server that listens."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield TusClient(f"http://127.0.0.1:{server.server_port}/api/v1/uploads", headers=dict(speak))
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("checked", [False, True])
def test_another_client_sends_a_file_in_parts_and_a_job_is_given_it(
    tus: TusClient, ledger: Ledger, stranger: FlaskClient, token: Headers, *, checked: bool
) -> None:
    table = b"a,b\n" + b"1,2\n" * 50_000
    uploader = tus.uploader(
        file_stream=io.BytesIO(table),
        chunk_size=70_000,
        metadata={"filename": "numbers.csv"},
        upload_checksum=checked,
    )
    uploader.upload()
    file_id = str(uploader.url).rpartition("/")[2]
    inputs = {"text": "some words", "number": 1, "table": file_id}
    body = {"kind": "everything", "inputs": inputs}
    answer = stranger.post("/api/v1/jobs", headers=token, json=body)
    assert answer.status_code == 202, answer.text
    (upload,) = ledger.files.uploads_of(answer.get_json()["id"])
    assert (upload.name, upload.sha256) == ("numbers.csv", hashlib.sha256(table).hexdigest())
    with ledger.files.open(upload) as file:
        assert file.read() == table


def test_another_client_goes_on_where_it_stopped(tus: TusClient, ledger: Ledger) -> None:
    half = tus.uploader(file_stream=io.BytesIO(BYTES), chunk_size=100_000)
    half.upload(stop_at=100_000)
    rest = tus.uploader(file_stream=io.BytesIO(BYTES), chunk_size=150_000, url=half.url)
    assert rest.offset == 100_000
    rest.upload()
    file = ledger.files.uploads([str(half.url).rpartition("/")[2]], "ada").popitem()[1]
    assert (file.size, file.sha256) == (len(BYTES), hashlib.sha256(BYTES).hexdigest())


def test_another_client_is_told_when_a_file_is_too_large(tus: TusClient) -> None:
    with pytest.raises(TusCommunicationError) as refused:
        tus.uploader(file_stream=io.BytesIO(b"x" * 1_000_001)).upload()
    assert refused.value.status_code == 413


def test_a_part_that_breaks_off_is_kept_as_far_as_it_came(
    stranger: FlaskClient, ledger: Ledger, speak: Headers
) -> None:
    address = begin(stranger, speak, len(BYTES))
    broken(stranger, speak, address)
    assert head(stranger, speak, address) == 123_456
    patch(stranger, speak, address, 123_456, BYTES[123_456:])
    file = ledger.files.uploads([address.rpartition("/")[2]], "ada").popitem()[1]
    assert file.sha256 == hashlib.sha256(BYTES).hexdigest()


def test_what_is_held_back_for_a_larger_piece_is_kept_when_a_part_breaks_off(
    settings: Settings, ledger: Ledger, publisher: Publisher, speak: Headers
) -> None:
    where = {"storage_url": "memory://broken", "database_url": ledger.database.url}
    elsewhere = settings.model_copy(update=where)
    client = create_app(elsewhere, publisher=publisher).test_client()
    address = begin(client, speak, len(BYTES))
    broken(client, speak, address)
    assert head(client, speak, address) == 123_456


def test_a_small_file_comes_in_one_request(
    stranger: FlaskClient, ledger: Ledger, speak: Headers
) -> None:
    headers = {**speak, **PART, "Upload-Length": str(len(CSV)), **told(filename="a.csv")}
    answer = stranger.post("/api/v1/uploads", headers=headers, data=CSV)
    assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, str(len(CSV)))
    address = answer.headers["Location"]
    assert head(stranger, speak, address) == len(CSV)
    assert address.rpartition("/")[2] in ledger.files.uploads([address.rpartition("/")[2]], "ada")


def test_bytes_for_another_place_are_refused(stranger: FlaskClient, speak: Headers) -> None:
    address = begin(stranger, speak, len(BYTES))
    assert patch(stranger, speak, address, 0, BYTES[:10]).status_code == 204
    assert patch(stranger, speak, address, 0, BYTES[:10]).status_code == 409
    assert patch(stranger, speak, address, 11, BYTES[11:20]).status_code == 409
    assert head(stranger, speak, address) == 10


def test_more_bytes_than_announced_are_refused(stranger: FlaskClient, speak: Headers) -> None:
    address = begin(stranger, speak, 10)
    assert patch(stranger, speak, address, 0, b"x" * 11).status_code == 413
    assert head(stranger, speak, address) == 0


def test_two_that_send_the_same_upload_at_once_are_told_apart(
    stranger: FlaskClient, ledger: Ledger, speak: Headers
) -> None:
    address = begin(stranger, speak, 10)
    partial = ledger.partials.rows.get(address.rpartition("/")[2], "ada")
    with ledger.partials.turn(partial):
        answer = patch(stranger, speak, address, 0, b"x")
    assert (answer.status_code, answer.get_json()["title"]) == (
        423,
        "The file is being sent already",
    )


@pytest.mark.parametrize("damaged", [b"damaged bytes", b"fewer", b""])
def test_bytes_that_do_not_agree_with_their_checksum_are_not_stored(
    stranger: FlaskClient, speak: Headers, damaged: bytes
) -> None:
    address = begin(stranger, speak, 13)
    checksum = "sha1 " + base64.b64encode(hashlib.sha1(b"correct bytes").digest()).decode()  # noqa: S324 - the protocol's
    headers = {**speak, **PART, "Upload-Offset": "0", "Upload-Checksum": checksum}
    answer = stranger.patch(
        address,
        headers={**headers, "Content-Length": "13"},
        input_stream=io.BytesIO(damaged),
    )
    assert answer.status_code == 460
    assert head(stranger, speak, address) == 0


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ({"Upload-Length": "many"}, 400),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "0"}, 422),
        ({"Upload-Length": "1000001"}, 413),
        ({"Upload-Metadata": "filename !"}, 400),
        ({"Upload-Metadata": "x" * 5_000}, 400),
        ({"Tus-Resumable": "0.2.2"}, 412),
    ],
)
def test_what_can_not_be_begun_is_refused(
    stranger: FlaskClient, speak: Headers, header: Headers, status: int
) -> None:
    headers = {**speak, "Upload-Length": "5", **header}
    answer = stranger.post("/api/v1/uploads", headers=headers)
    assert answer.status_code == status
    assert answer.headers["Tus-Resumable"] == "1.0.0"


def test_a_file_that_its_field_does_not_take_is_refused_before_its_bytes(
    stranger: FlaskClient, speak: Headers
) -> None:
    words = told(filename="numbers.csv", kind="everything", field="pictures")
    answer = stranger.post("/api/v1/uploads", headers={**speak, "Upload-Length": "5", **words})
    assert answer.status_code == 422
    assert "numbers.csv will not do: give any image" in answer.get_json()["detail"]


@pytest.mark.parametrize("size", [20, 100_000])
def test_a_file_that_is_not_what_it_is_called_is_refused_and_removed(
    stranger: FlaskClient, speak: Headers, settings: Settings, size: int
) -> None:
    address = begin(stranger, speak, 200_000 if size > 20 else size, filename="picture.png")
    answer = patch(stranger, speak, address, 0, b"GIF89a" + b"\0" * (size - 6))
    assert answer.status_code == 422
    assert "picture.png is not a PNG picture" in answer.get_json()["detail"]
    assert stranger.head(address, headers=speak).status_code == 404
    assert stored(settings) == []


@pytest.mark.parametrize("name", ["notes.txt", "picture.png"])
def test_a_kind_that_judges_files_itself_is_sent_whatever_comes(
    stranger: FlaskClient, speak: Headers, settings: Settings, name: str
) -> None:
    address = begin(stranger, speak, 20, filename=name, kind="images", field="pictures")
    answer = patch(stranger, speak, address, 0, b"GIF89a" + b"\0" * 14)
    assert answer.status_code == 204, answer.text
    assert len(stored(settings)) == 1


def test_the_client_that_began_is_told_what_it_said(stranger: FlaskClient, speak: Headers) -> None:
    address = begin(stranger, speak, 10, filename="ü.csv")
    answer = stranger.head(address, headers=speak)
    assert answer.headers["Upload-Metadata"] == told(filename="ü.csv")["Upload-Metadata"]
    assert answer.headers["Upload-Length"] == "10"
    assert answer.headers["Upload-Expires"].endswith("GMT")


def test_an_upload_can_be_removed_until_a_job_uses_it(
    stranger: FlaskClient, token: Headers, speak: Headers, settings: Settings
) -> None:
    begun, whole, used = (begin(stranger, speak, len(CSV), filename="a.csv") for _ in range(3))
    patch(stranger, speak, begun, 0, CSV[:3])
    for address in (whole, used):
        assert patch(stranger, speak, address, 0, CSV).status_code == 204
    inputs = {"text": "some words", "number": 1, "table": used.rpartition("/")[2]}
    body = {"kind": "everything", "inputs": inputs}
    assert stranger.post("/api/v1/jobs", headers=token, json=body).status_code == 202
    statuses = [stranger.delete(one, headers=speak).status_code for one in (begun, whole, used)]
    assert statuses == [204, 204, 409]
    assert [path.name for path in stored(settings)] == [used.rpartition("/")[2]]
    assert stranger.head(whole, headers=speak).status_code == 404


def test_another_person_neither_sees_nor_changes_an_upload(
    app: Flask, stranger: FlaskClient, ledger: Ledger, speak: Headers
) -> None:
    address = begin(stranger, speak, 10)
    eve = {
        **speak,
        "Authorization": f"Bearer {ledger.users.new_token(ledger.users.add('eve'), 't')}",
    }
    other = app.test_client()
    assert other.head(address, headers=eve).status_code == 404
    assert patch(other, eve, address, 0, b"x").status_code == 404
    assert other.delete(address, headers=eve).status_code == 404
    assert head(stranger, speak, address) == 0


def test_a_page_of_ours_may_send_and_another_site_s_may_not(
    app: Flask, ledger: Ledger, signed_in: str, settings: Settings
) -> None:
    client = browser_of(app, ledger, signed_in)
    proof = hidden_fields(client.get("/new/everything").text)["csrf_token"]
    headers: dict[str, Any] = {"Tus-Resumable": "1.0.0", "Upload-Length": "5"}
    assert client.post("/api/v1/uploads", headers=headers).status_code == 401
    forged = {**headers, "X-CSRFToken": "forged"}
    assert client.post("/api/v1/uploads", headers=forged).status_code == 401
    ours = {**headers, "X-CSRFToken": proof}
    address = client.post("/api/v1/uploads", headers=ours).headers["Location"]
    assert patch(client, {"Tus-Resumable": "1.0.0"}, address, 0, b"x").status_code == 401
    assert patch(client, ours, address, 0, b"x").status_code == 204
    assert len(stored(settings)) == 1


def test_a_client_that_can_only_post_says_what_it_means(
    stranger: FlaskClient, speak: Headers
) -> None:
    address = begin(stranger, speak, 5)
    meant = {"X-HTTP-Method-Override": "PATCH"}
    headers = {**speak, **PART, **meant, "Upload-Offset": "0"}
    assert stranger.post(address, headers=headers, data=b"abc").status_code == 204
    assert head(stranger, speak, address) == 3
    assert stranger.post(address, headers=speak).status_code == 405


def test_the_server_says_what_it_can(stranger: FlaskClient, token: Headers) -> None:
    answer = stranger.options("/api/v1/uploads", headers=token)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Max-Size"] == "1000000"
    assert "creation" in answer.headers["Tus-Extension"]


def test_a_form_names_an_upload_and_is_submitted_at_once(
    client: FlaskClient, ledger: Ledger, stranger: FlaskClient, speak: Headers
) -> None:
    address = begin(stranger, speak, len(CSV), filename="numbers.csv")
    patch(stranger, speak, address, 0, CSV)
    token = hidden_fields(client.get("/new/everything").text)["csrf_token"]
    fields = {"csrf_token": token, **NEEDED, "table": address.rpartition("/")[2]}
    assert client.post("/new/everything", data=fields).status_code == 303
    (job,) = ledger.jobs.page(limit=9)
    assert job.inputs["table"]["sha256"] == hashlib.sha256(CSV).hexdigest()


def test_an_empty_file_is_here_as_soon_as_it_is_begun_where_nothing_is_refused(
    stranger: FlaskClient, ledger: Ledger, speak: Headers
) -> None:
    address = begin(stranger, speak, 0, filename="a.jpg", kind="images", field="pictures")
    assert head(stranger, speak, address) == 0
    (file,) = ledger.files.uploads([address.rpartition("/")[2]], "ada").values()
    assert (file.name, file.size) == ("a.jpg", 0)
    with ledger.files.open(file) as stored_file:
        assert stored_file.read() == b""


def test_what_died_before_its_row_is_finished_by_the_next_question(
    stranger: FlaskClient, ledger: Ledger, speak: Headers
) -> None:
    address = begin(stranger, speak, len(BYTES))
    partial = ledger.partials.rows.get(address.rpartition("/")[2], "ada")
    with ledger.partials.turn(partial) as turn:
        turn.write(BYTES)
    assert ledger.files.uploads([partial.id], "ada") == {}
    assert head(stranger, speak, address) == len(BYTES)
    file = ledger.files.uploads([partial.id], "ada")[partial.id]
    assert file.sha256 == hashlib.sha256(BYTES).hexdigest()


def test_the_place_of_an_upload_is_known_only_to_the_storage(
    stranger: FlaskClient, speak: Headers, settings: Settings
) -> None:
    """The offset is what is stored, whatever anybody has noted."""
    address = begin(stranger, speak, len(BYTES))
    patch(stranger, speak, address, 0, BYTES[:200_000])
    (path,) = stored(settings)
    with Path(path).open("r+b") as file:
        file.truncate(150_000)
    assert head(stranger, speak, address) == 150_000
    assert patch(stranger, speak, address, 150_000, BYTES[150_000:]).status_code == 204
