"""Parts of a file, as players and broken downloads ask for them, wherever the bytes are."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from tests.web.conftest import job_with
from webapp.outgoing import EXTENSION, MOST, PIECE

DATA = bytes(range(256)) * (PIECE // 128)
LENGTH = len(DATA)


@pytest.fixture(params=["folder", "memory"])
def settings(request: pytest.FixtureRequest, settings: Settings, tmp_path: Path) -> Settings:
    """A storage that is a folder, and one that only fsspec reaches."""
    if request.param == "folder":
        return settings
    return settings.model_copy(update={"storage_url": f"memory://{tmp_path.name}"})


@pytest.fixture
def address(ledger: Ledger, tmp_path: Path) -> str:
    job = job_with(ledger, tmp_path, {"data.bin": DATA, "empty.bin": b""})
    return f"/jobs/{job}/files/data.bin"


def test_one_range_is_answered_with_its_bytes(client: FlaskClient, address: str) -> None:
    for asked, first, last in (
        ("0-0", 0, 0),
        ("1000-1999", 1000, 1999),
        (f"{PIECE - 1}-{PIECE}", PIECE - 1, PIECE),
        (f"{LENGTH - 5}-", LENGTH - 5, LENGTH - 1),
        ("-7", LENGTH - 7, LENGTH - 1),
        (f"7-{LENGTH * 9}", 7, LENGTH - 1),
    ):
        part = client.get(address, headers={"Range": f"bytes={asked}"})
        assert part.status_code == 206, asked
        assert part.headers["Content-Range"] == f"bytes {first}-{last}/{LENGTH}"
        assert part.content_length == last - first + 1
        assert part.data == DATA[first : last + 1]


def test_what_is_not_one_range_is_answered_with_everything(
    client: FlaskClient, address: str
) -> None:
    beyond = f"bytes=-{LENGTH * 9}"
    for asked in ("bytes=0-4,10-14", beyond, "bytes=junk", "bytes=9-1", "lines=1-2"):
        whole = client.get(address, headers={"Range": asked})
        assert whole.status_code == 200, asked
        assert whole.data == DATA
        assert whole.headers["Accept-Ranges"] == "bytes"


def test_a_range_behind_the_end_is_refused_with_the_length(
    client: FlaskClient, address: str
) -> None:
    refused = client.get(address, headers={"Range": f"bytes={LENGTH}-"})
    assert refused.status_code == 416
    assert refused.headers["Content-Range"] == f"bytes */{LENGTH}"


def test_a_download_goes_on_only_if_the_file_is_the_same(client: FlaskClient, address: str) -> None:
    mark = client.get(address).headers["ETag"]
    rest = {"Range": "bytes=100-"}
    assert client.get(address, headers={**rest, "If-Range": mark}).data == DATA[100:]
    assert client.get(address, headers={**rest, "If-Range": '"other"'}).data == DATA


def test_a_head_tells_the_whole_length_and_an_empty_file_has_no_ranges(
    client: FlaskClient, address: str
) -> None:
    head = client.head(address, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.content_length) == (200, LENGTH)
    assert head.headers["Accept-Ranges"] == "bytes"
    empty = client.get(address.replace("data", "empty"), headers={"Range": "bytes=0-9"})
    assert (empty.status_code, empty.data) == (200, b"")


@pytest.fixture
def full(app: Flask) -> Iterator[None]:
    """A console that has no place left for another download."""
    places = app.extensions[EXTENSION]
    for _ in range(MOST):
        assert places.acquire(blocking=False)
    yield
    for _ in range(MOST):
        places.release()


@pytest.mark.usefixtures("full")
def test_too_many_downloads_at_once_are_told_to_come_again_and_pages_answer(
    client: FlaskClient, address: str
) -> None:
    job = address.partition("/files")[0]
    for path in (address, f"{job}/files.zip"):
        refused = client.get(path)
        assert refused.status_code == 503
        assert refused.headers["Retry-After"] == "5"
        assert "has to wait" in refused.text
    assert client.get(job).status_code == 200


def test_every_answer_gives_its_place_back(app: Flask, client: FlaskClient, address: str) -> None:
    job = address.partition("/files")[0]
    seen = {"If-None-Match": client.get(address).headers["ETag"]}
    behind = {"Range": f"bytes={LENGTH}-"}
    for _ in range(MOST // 8 + 1):
        client.get(address).close()
        assert client.get(address, headers={"Range": "bytes=1-2"}).status_code == 206
        assert client.get(address, headers=seen).status_code == 304
        assert client.get(address, headers=behind).status_code == 416
        client.head(address).close()
        client.get(f"{job}/files.zip").close()
        client.head(f"{job}/files.zip").close()
        client.get(f"{job}/files/empty.bin").close()
    places = app.extensions[EXTENSION]
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    assert taken == MOST


def test_a_file_that_is_no_longer_what_it_was_is_not_sent_as_if_it_were(
    client: FlaskClient, ledger: Ledger, tmp_path: Path
) -> None:
    job = job_with(ledger, tmp_path, {"data.bin": DATA})
    file = ledger.files.output(job, "data.bin")
    (tmp_path / "short").write_bytes(b"short")
    ledger.files._storage.keep(tmp_path / "short", f"outputs/{job}/1/{file.id}")  # noqa: SLF001 - a test looks inside
    answer = client.get(f"/jobs/{job}/files/data.bin")
    assert answer.status_code == 503
    assert "has changed in the storage" in answer.text
