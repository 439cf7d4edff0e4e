"""Files reach people as attachments, and what a job made has no power in their browsers."""

import re
from datetime import UTC, datetime
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from ledger import Ledger
from ledger.attempts import Outcome
from ledger.jobs import Submission
from ledger.record import Ending, State, StoredFile
from tests.ledger.conftest import claimed, submit

HOSTILE = b"<script>parent.document.title = 'taken'</script><h1>Report</h1>"
STRANGE = 'naïve "quoted" ?#% & + 50;.txt'
FILES = {
    "report.html": HOSTILE,
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "numbers.csv": b"city;people\nUlm;126000\n<b>Jena</b>;111000\n",
    "data.json": b'{"a":1}',
    "data.bin": bytes(range(256)) * 4,
    STRANGE: b"strange",
}


@pytest.fixture
def job(ledger: Ledger, tmp_path: Path) -> str:
    """A job that has succeeded and made FILES."""
    job = submit(ledger)
    claim = claimed(ledger, job)
    outputs = []
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
        outputs.append(ledger.files.keep_output(claim, tmp_path / name, datetime.now(UTC)))
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED, outputs=outputs))
    return job


def powerless(answer: TestResponse) -> bool:
    rules = answer.headers["Content-Security-Policy"].split("; ")
    return {"sandbox", "default-src 'none'", "form-action 'none'"} <= set(rules)


@pytest.mark.parametrize("name", list(FILES))
def test_a_download_is_an_attachment_with_the_files_bytes(
    client: FlaskClient, job: str, name: str
) -> None:
    page = client.get(f"/jobs/{job}").text
    link = re.search(rf'href="([^"]+)" download>{re.escape(escape(name))}</a>', page)
    assert link is not None
    answer = client.get(unescape(link[1]))
    assert answer.status_code == 200
    assert answer.data == FILES[name]
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_length == len(FILES[name])
    assert powerless(answer)


def test_a_part_of_a_download_can_be_asked_for(client: FlaskClient, job: str) -> None:
    address = f"/jobs/{job}/files/data.bin"
    part = client.get(address, headers={"Range": "bytes=1000-"})
    assert part.status_code == 206
    assert part.data == FILES["data.bin"][1000:]
    assert part.headers["Content-Range"] == "bytes 1000-1023/1024"
    assert client.get(address, headers={"Range": "bytes=5-9"}).data == FILES["data.bin"][5:10]
    assert client.get(address, headers={"Range": "bytes=4000-"}).status_code == 416
    assert client.head(address).headers["Accept-Ranges"] == "bytes"


def test_a_browser_that_has_the_file_is_not_sent_it_again(client: FlaskClient, job: str) -> None:
    address = f"/jobs/{job}/files/data.bin"
    mark = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": mark}).status_code == 304


@pytest.mark.parametrize(
    ("name", "media_type"), [("report.html", "text/html"), ("picture.svg", "image/svg+xml")]
)
def test_what_a_job_made_is_shown_without_any_power(
    client: FlaskClient, job: str, name: str, media_type: str
) -> None:
    answer = client.get(f"/jobs/{job}/files/{name}/preview")
    assert answer.data == FILES[name]
    assert answer.mimetype == media_type
    assert answer.headers["Content-Disposition"] == "inline"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert powerless(answer)


def test_the_pages_frame_of_a_report_is_a_sandbox_too(client: FlaskClient, job: str) -> None:
    page = client.get(f"/jobs/{job}").text
    frame = page[page.index('<iframe class="preview preview-page"') :]
    assert 'sandbox=""' in frame[: frame.index(">")]


def test_a_table_is_shown_as_one_and_its_cells_are_text(client: FlaskClient, job: str) -> None:
    shown = client.get(f"/jobs/{job}/files/numbers.csv/preview").text
    assert '<th scope="col">people</th>' in shown
    assert "<td>126000</td>" in shown
    assert "<td>&lt;b&gt;Jena&lt;/b&gt;</td>" in shown


def test_json_is_shown_with_its_structure(client: FlaskClient, job: str) -> None:
    assert "{\n  &#34;a&#34;: 1\n}" in client.get(f"/jobs/{job}/files/data.json/preview").text


def test_what_cannot_be_shown_says_so(client: FlaskClient, job: str) -> None:
    answer = client.get(f"/jobs/{job}/files/data.bin/preview")
    assert answer.status_code == 404
    assert "download it instead" in answer.text


@pytest.mark.parametrize(
    "path",
    ["files/none.txt", "files/none.txt/preview", "files/..%2f..%2fledger.sqlite3", "uploads/x"],
)
def test_a_name_that_the_ledger_does_not_have_is_not_found(
    client: FlaskClient, job: str, path: str
) -> None:
    assert client.get(f"/jobs/{job}/{path}").status_code == 404


def test_bytes_that_are_gone_are_said_to_be_gone(
    client: FlaskClient, ledger: Ledger, job: str
) -> None:
    ledger.files.discard([ledger.files.output(job, "data.bin")])
    answer = client.get(f"/jobs/{job}/files/data.bin")
    assert answer.status_code >= 400
    assert "no such file" in answer.text


def uploaded(ledger: Ledger, owner: str) -> tuple[str, StoredFile]:
    writer = ledger.files.receive("mine.csv", limit=100)
    writer.write(b"a,b\n")
    file = ledger.files.accept(writer, owner)
    job, _new = ledger.jobs.submit(
        Submission("hello", "default", {"name": "Ada"}, owner, uploads=[file.id])
    )
    return job, file


def test_people_get_their_own_uploads_back_and_nobody_elses(
    client: FlaskClient, ledger: Ledger, signed_in: str
) -> None:
    job, mine = uploaded(ledger, signed_in)
    answer = client.get(f"/jobs/{job}/uploads/{mine.id}")
    assert answer.data == b"a,b\n"
    assert answer.headers["Content-Disposition"] == "attachment; filename=mine.csv"
    others, theirs = uploaded(ledger, "somebody else")
    assert client.get(f"/jobs/{others}/uploads/{theirs.id}").status_code == 404
    assert client.get(f"/jobs/{job}/uploads/{theirs.id}").status_code == 404
