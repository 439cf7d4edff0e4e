"""Files on their way in: what becomes of them, and what is left of those that are refused."""

import errno
import hashlib
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fsspec
import pytest
from flask import Flask
from flask.testing import FlaskClient
from fsspec.implementations.local import LocalFileSystem
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from ledger import Ledger, Settings
from tasks.kind import kinds
from tasks.kinds import images as _images  # noqa: F401 - it makes the kind known
from tasks.publisher import Publisher
from tests.web.conftest import browser_of, hidden_fields
from tests.web.everything import EVERYTHING
from webapp import create_app
from webapp.questions import Question, questions
from webapp.signatures import HEAD, contradiction
from webapp.uploads import not_accepted

CSV = b"a,b\n1,2\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
NEEDED = {"text": "some words", "number": "1"}


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher) -> Flask:
    return create_app(
        settings, ledger, publisher, {"everything": EVERYTHING, "images": kinds()["images"]}
    )


def stored(settings: Settings) -> list[Path]:
    """Return every file in the storage."""
    return [path for path in Path(settings.storage_url).rglob("*") if path.is_file()]


def post(client: FlaskClient, table: tuple[bytes, str], **fields: Any) -> TestResponse:
    """Send the form with a table, and a name for it."""
    token = hidden_fields(client.get("/new/everything").text)["csrf_token"]
    data, name = table
    files = {"table": FileStorage(io.BytesIO(data), name)}
    # Encoded here: the client would keep a long body in a temporary file, and leave it open.
    boundary, body = encode_multipart({"csrf_token": token, **NEEDED, **files, **fields})
    content_type = f"multipart/form-data; boundary={boundary}"
    return client.post("/new/everything", data=body, content_type=content_type)


def test_an_upload_is_stored_as_it_came_and_known_by_its_digest(
    client: FlaskClient, ledger: Ledger, settings: Settings
) -> None:
    data = b"a,b\n" + b"1,2\n" * 100_000
    assert post(client, (data, "numbers.csv")).status_code == 303
    (job,) = ledger.jobs.page(limit=9)
    (upload,) = ledger.files.uploads_of(job.id)
    assert job.inputs["table"]["sha256"] == hashlib.sha256(data).hexdigest() == upload.sha256
    assert (upload.name, upload.size, upload.owner) == ("numbers.csv", len(data), "ada")
    with ledger.files.open(upload) as file:
        assert file.read() == data
    assert len(stored(settings)) == 1


def test_a_name_is_kept_for_display_and_never_used_as_a_path(
    client: FlaskClient, ledger: Ledger, settings: Settings
) -> None:
    assert post(client, (CSV, "../../etc/passwd.csv")).status_code == 303
    (job,) = ledger.jobs.page(limit=9)
    assert job.inputs["table"]["name"] == "passwd.csv"
    assert [path.name for path in stored(settings)] == [job.inputs["table"]["id"]]


def test_a_file_above_the_limit_is_refused_with_the_limit_and_nothing_is_kept(
    client: FlaskClient, ledger: Ledger, settings: Settings
) -> None:
    picture = FileStorage(io.BytesIO(PNG), "small.png")
    answer = post(client, (b"x" * 1_000_001, "large.csv"), pictures=picture)
    assert answer.status_code == 413
    assert "large.csv is larger than the limit of 1 MB" in answer.text
    assert "MAX_UPLOAD" in answer.text
    assert stored(settings) == []
    assert ledger.jobs.page(limit=9) == []
    assert post(client, (b"x" * 1_000_000, "large.csv")).status_code == 303


def test_a_text_above_the_limit_of_forms_is_refused_too(client: FlaskClient) -> None:
    answer = post(client, (CSV, "numbers.csv"), story="x" * 10_000_001)
    assert answer.status_code == 413
    assert "Nothing was accepted" in answer.text


def test_an_upload_that_breaks_off_leaves_nothing(client: FlaskClient, settings: Settings) -> None:
    part = b'Content-Disposition: form-data; name="table"; filename="a.csv"\r\n\r\n' + CSV
    answer = client.post(
        "/new/everything",
        input_stream=io.BytesIO(b"--x\r\n" + part),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 400
    assert stored(settings) == []


@pytest.mark.usefixtures("client")
def test_a_form_that_another_site_sends_leaves_nothing(
    client: FlaskClient, settings: Settings
) -> None:
    answer = post(client, (CSV, "numbers.csv"), csrf_token="forged")  # noqa: S106 - a wrong one
    assert answer.status_code == 400
    assert stored(settings) == []


class FullDisk(LocalFileSystem):
    """Files on a disk that has room for a hundred bytes each."""

    protocol = "fulldisk"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("fulldisk://")))

    def open(self, path: str, mode: str = "rb", **options: Any) -> Any:
        file = super().open(path, mode, **options)
        return Filling(file) if "w" in mode else file


class Filling:
    """An open file on a full disk: it refuses more bytes, and then to be closed."""

    def __init__(self, file: Any) -> None:
        self.file = file
        self.room = 100

    def write(self, piece: bytes) -> int:
        self.file.write(piece[: self.room])
        self.room -= len(piece)
        self._refuse()
        return len(piece)

    def flush(self) -> None:
        self.file.flush()

    def close(self) -> None:
        self.file.close()
        self._refuse()

    def _refuse(self) -> None:
        if self.room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def full_disk(
    settings: Settings, ledger: Ledger, publisher: Publisher, signed_in: str
) -> Iterator[FlaskClient]:
    """The browser of a person whose console has no room for files."""
    fsspec.register_implementation("fulldisk", FullDisk, clobber=True)
    url = f"fulldisk://{settings.storage_url}"
    full = settings.model_copy(update={"storage_url": url})
    opened = Ledger(full)
    yield browser_of(
        create_app(
            full, opened, publisher, {"everything": EVERYTHING, "images": kinds()["images"]}
        ),
        ledger,
        signed_in,
    )
    opened.close()


def test_a_full_disk_refuses_before_anything_is_accepted(
    full_disk: FlaskClient, ledger: Ledger, settings: Settings
) -> None:
    answer = post(full_disk, (b"a,b\n" * 100, "numbers.csv"))
    assert answer.status_code == 507
    assert "There is no room for files" in answer.text
    assert "Nothing was accepted" in answer.text
    assert stored(settings) == []
    assert ledger.jobs.page(limit=9) == []


def test_where_nothing_is_refused_an_empty_file_is_not_either(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    pictures = [(io.BytesIO(b""), "a.jpg"), (io.BytesIO(PNG), "b.png")]
    fields = {"kind": "images", "pictures": pictures}
    answer = stranger.post("/api/v1/jobs", data=fields, headers=token)
    assert answer.status_code == 202, answer.text
    uploads = ledger.files.uploads_of(answer.get_json()["id"])
    assert sorted((file.name, file.size) for file in uploads) == [("a.jpg", 0), ("b.png", 28)]


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (b"", "empty.csv", "empty.csv is empty."),
        (CSV, "notes.txt", "notes.txt will not do: give .csv, .parquet or .xlsx."),
        (CSV, "numbers", "numbers will not do"),
        (CSV, "numbers.xlsx", "numbers.xlsx is not an Excel workbook, though it is called so; "),
        (CSV, "numbers.parquet", "it looks like text"),
        (b"PAR1" + b"\0" * 9, "numbers.csv", "it looks like a Parquet file"),
        (b"\x01\x00\x02\xff" * 9, "numbers.csv", "numbers.csv is not text"),
    ],
)
def test_a_file_that_will_not_do_is_told_beside_its_field_and_not_kept(
    client: FlaskClient, settings: Settings, data: bytes, name: str, words: str
) -> None:
    answer = post(client, (data, name))
    assert answer.status_code == 422
    assert answer.text.count(words) == 2  # above the form and beside the field
    assert stored(settings) == []


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("ä,ö\n1,2\n".encode("utf-16"), "words.csv"),
        ("ä,ö\n1,2\n".encode("utf-16-le"), "words.csv"),
        ("a,b\n".encode("utf-16-be"), "words.csv"),
        ("Größe,Öl\n".encode("latin-1"), "words.csv"),
        (b"BMI,RIFF\n1,2\n", "words.csv"),
        (b"PAR1,PAR2\n", "WORDS.CSV"),
        (b"\xef\xbb\xbfa,b\n", "words.tsv"),
        (b"PK\x03\x04" + b"\0" * 9, "book.xlsx"),
        (b"PAR1" + b"\0" * 9, "numbers.parquet"),
        (PNG, "picture.png"),
        (b"\xff\xd8\xff\xe0", "picture.JPG"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "picture.webp"),
        (b"junk before\n%PDF-1.7\n", "paper.pdf"),
        (b"\0\1\2", "data.bin"),
        (b"\0\1\2", "no suffix"),
    ],
)
def test_a_file_that_is_what_it_is_called_is_believed(data: bytes, name: str) -> None:
    assert contradiction(name, data) == ""


@pytest.mark.parametrize(
    ("data", "name", "looks_like"),
    [
        (b"%PDF-1.7\nwords", "words.txt", "a PDF document"),
        (b"\x1f\x8b\x08", "numbers.csv", "a gzip archive"),
        (b"PK\x03\x04", "numbers.csv", "a ZIP archive or an Office document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "book.xlsx", "an old or protected Office document"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "picture.webp", ""),
        (b"GIF89a\0", "picture.png", "a GIF picture"),
        (b"<!DOCTYPE html><title>", "picture.jpg", "a web page"),
        (b"a\0\0\0b", "numbers.csv", ""),
    ],
)
def test_a_file_that_is_something_else_is_called_what_it_is(
    data: bytes, name: str, looks_like: str
) -> None:
    words = contradiction(name, data)
    assert words.startswith(f"{name} is not ")
    assert words.endswith(f"it looks like {looks_like}." if looks_like else "called so.")


def test_a_large_file_is_judged_by_its_first_bytes(client: FlaskClient) -> None:
    assert post(client, (b"a" * HEAD + b"\0" * 9, "numbers.csv")).status_code == 303


def asked(name: str) -> Question:
    return questions(EVERYTHING.inputs)[name]


@pytest.mark.parametrize("name", ["a.PNG", "b.jpeg", "c.webp", "d.svg"])
def test_a_media_type_takes_every_suffix_of_its_sort(name: str) -> None:
    assert not_accepted(asked("pictures"), name) == ""
    assert "will not do" in not_accepted(asked("pictures"), "table.csv")


def test_what_the_api_is_sent_is_stored_in_the_same_way(
    stranger: FlaskClient, ledger: Ledger, settings: Settings, token: Mapping[str, str]
) -> None:
    data = {"kind": "everything", **NEEDED, "table": (io.BytesIO(CSV), "numbers.csv")}
    answer = stranger.post("/api/v1/jobs", data=data, headers=token)
    assert answer.status_code == 202
    (upload,) = ledger.files.uploads_of(answer.get_json()["id"])
    assert [path.name for path in stored(settings)] == [upload.id]
