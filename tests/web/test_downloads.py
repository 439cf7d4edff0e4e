"""Files reach people as attachments, and what a job made has no power in their browsers."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from markupsafe import escape
from werkzeug.test import TestResponse

from ledger import Ledger
from ledger.jobs import Submission
from ledger.record import StoredFile
from tests.web.conftest import job_with
from webapp.downloads import PER_PAGE

HOSTILE = b"<script>parent.document.title = 'taken'</script><h1>Report</h1>"
STRANGE = 'naïve "quoted" ?#% & + 50;.txt'
BROKEN = "two\nlines \u202egpj.txt"
FILES = {
    "report.html": HOSTILE,
    "picture.svg": b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
    "numbers.csv": b"city;people\nUlm;126000\n<b>Jena</b>;111000\n",
    "data.json": b'{"a":1}',
    "data.bin": bytes(range(256)) * 4,
    STRANGE: b"strange",
    BROKEN: b"broken",
    "page.png": HOSTILE,
    "paper.pdf": b"%PDF-1.4 nothing",
    "film.mp4": b"not a film",
    "line.csv": b"a,b," + b"x" * 900_000,
    "laughs.xml": b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><a>&b;</a>',
}


@pytest.fixture
def job(ledger: Ledger, tmp_path: Path) -> str:
    """A job that has succeeded and made FILES."""
    return job_with(ledger, tmp_path, FILES)


def powerless(answer: TestResponse) -> bool:
    rules = answer.headers["Content-Security-Policy"].split("; ")
    return {"sandbox", "default-src 'none'", "form-action 'none'"} <= set(rules)


def test_a_download_is_an_attachment_with_the_files_bytes(client: FlaskClient, job: str) -> None:
    page = client.get(f"/jobs/{job}").text
    for name, content in FILES.items():
        shown = re.escape(escape(name.replace("\n", "").replace("\u202e", "")))
        link = re.search(rf'href="([^"]+)" download><bdi>{shown}</bdi></a>', page)
        assert link is not None, name
        answer = client.get(unescape(link[1]))
        assert answer.status_code == 200
        assert answer.data == content
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.content_length == len(content)
        assert powerless(answer)


def test_a_name_comes_in_both_forms_and_can_not_end_its_header(
    client: FlaskClient, job: str
) -> None:
    strange = client.get(f"/jobs/{job}/files/{quote(STRANGE)}").headers["Content-Disposition"]
    assert 'filename="naive \\"quoted\\" ?#% & + 50;.txt"' in strange
    assert "filename*=UTF-8''na%C3%AFve%20%22quoted%22%20%3F#%25%20&%20+%2050%3B.txt" in strange
    broken = client.get(f"/jobs/{job}/files/{quote(BROKEN)}").headers["Content-Disposition"]
    assert broken == 'attachment; filename="twolines gpj.txt"'


def test_a_browser_that_has_the_file_is_not_sent_it_again(client: FlaskClient, job: str) -> None:
    address = f"/jobs/{job}/files/data.bin"
    mark = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": mark}).status_code == 304


def test_what_a_job_made_is_shown_without_any_power(client: FlaskClient, job: str) -> None:
    for name, media_type in {
        "report.html": "text/html",
        "picture.svg": "image/svg+xml",
        "page.png": "image/png",
    }.items():
        answer = client.get(f"/jobs/{job}/files/{name}/preview")
        assert answer.data == FILES[name]
        assert answer.mimetype == media_type
        assert answer.headers["Content-Disposition"] == f"inline; filename={name}"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert powerless(answer)


def test_what_the_browsers_own_programs_show_can_be_nothing_else_and_runs_no_script(
    client: FlaskClient, job: str
) -> None:
    for name, media_type in {"paper.pdf": "application/pdf", "film.mp4": "video/mp4"}.items():
        answer = client.get(f"/jobs/{job}/files/{name}/preview")
        assert answer.mimetype == media_type
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script" not in policy
        assert "sandbox" not in policy


def test_what_looks_like_a_bomb_is_shown_as_the_text_that_it_is(
    client: FlaskClient, job: str
) -> None:
    laughs = client.get(f"/jobs/{job}/files/laughs.xml/preview")
    assert laughs.mimetype == "text/html"
    assert "&lt;a&gt;&amp;b;&lt;/a&gt;" in laughs.text
    line = client.get(f"/jobs/{job}/files/line.csv/preview").text
    assert '<th scope="col">a</th>' in line
    assert len(line) < 10_000


def test_many_files_have_a_page_of_their_own(
    client: FlaskClient, ledger: Ledger, tmp_path: Path
) -> None:
    job = job_with(ledger, tmp_path, {f"{n:03}.txt": b"1" for n in range(PER_PAGE + 5)})
    page = client.get(f"/jobs/{job}").text
    assert page.count('class="file-name"') < 50
    assert f'href="/jobs/{job}/files">All {PER_PAGE + 5} files</a>' in page
    first = client.get(f"/jobs/{job}/files").text
    assert first.count('class="file-name"') == PER_PAGE
    assert f'href="/jobs/{job}/files?from={PER_PAGE}">Further</a>' in first
    second = client.get(f"/jobs/{job}/files?from={PER_PAGE}").text
    assert second.count('class="file-name"') == 5
    too_early = client.get(f"/jobs/{job}/files?from=-9").text
    # Not the whole page, whose form has a token that tells the second it was made in.
    assert re.findall(r'class="file-name".*', too_early) == re.findall(
        r'class="file-name".*', first
    )


def test_only_what_is_open_from_the_start_loads_by_itself(client: FlaskClient, job: str) -> None:
    page = client.get(f"/jobs/{job}").text
    assert 'preload="none" src="/jobs' in page  # The film is the seventh that can be shown.
    assert len(re.findall(r"<details class=\"shown [\w-]+\" open>", page)) == 3
    shown = re.findall(r"<(?:iframe|img class=.picture).*?>", page)
    assert len(shown) > 5
    assert all('loading="lazy"' in one for one in shown)


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
