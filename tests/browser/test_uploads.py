"""A person's files on their way in: they go on where a connection broke, and stand in the form."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.conftest import Witness
from tests.proxy import Proxy
from tests.running import Postroom
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.broker]

SPEED = 6_000_000  # bytes a second
LARGE = b"town,words\n" + (b"Ulm," + b"x" * 9_995 + b"\n") * 1_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "large.csv"
    path.write_bytes(LARGE)
    return path


def slow(page: Page) -> None:
    """Let the page send as slowly as over a real line."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": SPEED}
    session.send("Network.emulateNetworkConditions", limits)


@pytest.fixture
def line(postroom: Postroom) -> Iterator[Proxy]:
    """A line to the console that can be cut."""
    with Proxy(urlsplit(postroom.address).port or 0) as proxy:
        yield proxy


@pytest.fixture
def over_the_line(
    chromium: Browser, postroom: Postroom, line: Proxy, witness: Witness
) -> Iterator[Page]:
    """The page of a person whose browser has only this line."""
    context = chromium.new_context(base_url=line.url(postroom.address))
    page = context.new_page()
    witness.host = urlsplit(line.url(postroom.address)).netloc
    # What was cut, and what the server answers while it still stores the last bytes before the cut.
    witness.expected += ["net::ERR_", "status of 409", "status of 423"]
    witness.listen_to(page)
    page.goto(line.url(postroom.link("ada")))
    yield page
    context.close()


def test_an_upload_goes_on_where_the_line_was_cut_and_the_job_gets_its_bytes(
    over_the_line: Page, line: Proxy, postroom: Postroom, large: Path
) -> None:
    page = over_the_line
    page.goto("/new/tables")
    slow(page)
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))  # noqa: PLW0108 - Playwright marks what it calls
    page.get_by_label("File").set_input_files(large)
    bar = page.get_by_role("progressbar", name="Sending large.csv")
    until("half of it is sent", lambda: float(bar.get_attribute("value") or 0) > 0.4)
    expect(page.locator(".sending-words")).to_contain_text("left")
    line.reset()
    page.get_by_role("button", name="Submit").click()  # It waits for the rest of the file.
    expect(page.get_by_role("heading", name="Profile and clean a table")).to_be_visible()
    page.wait_for_url("**/jobs/*")
    job = page.url.rpartition("/")[2]
    (upload,) = postroom.ledger.files.uploads_of(job)
    assert upload.sha256 == hashlib.sha256(LARGE).hexdigest()
    parts = [request for request in sent if request.method == "PATCH"]
    assert [int(part.headers["upload-offset"]) > 0 for part in (parts[0], parts[-1])] == [
        False,
        True,
    ]
    assert postroom.settled(job).state == "SUCCESS"


def test_an_upload_goes_on_after_the_page_was_loaded_anew(page: Page, large: Path) -> None:
    page.goto("/new/tables")
    slow(page)
    page.get_by_label("File").set_input_files(large)
    bar = page.get_by_role("progressbar", name="Sending large.csv")
    until("a part of it is sent", lambda: float(bar.get_attribute("value") or 0) > 0.3)
    page.reload()
    words = page.locator(".sending-words")
    expect(words).to_contain_text("Choose the file again to go on.")
    with page.expect_request(lambda request: request.method == "PATCH") as sent:
        page.get_by_label("File").set_input_files(large)
    assert int(sent.value.headers["upload-offset"]) > 0
    expect(page.get_by_role("checkbox", name="large.csv")).to_be_checked()
    page.reload()
    expect(page.get_by_role("checkbox", name="large.csv")).to_be_checked()


def test_what_is_removed_is_gone_and_what_will_not_do_says_so_at_once(
    page: Page, witness: Witness, large: Path, tmp_path: Path
) -> None:
    # It will not do; and what is still being stored can only be removed a moment later.
    witness.expected += ["status of 422", "status of 423"]
    page.goto("/new/tables")
    slow(page)
    page.get_by_label("File").set_input_files(large)
    page.get_by_role("button", name="Remove large.csv").click()
    expect(page.locator(".sending-file")).to_have_count(0)
    wrong = tmp_path / "picture.csv"
    wrong.write_bytes(b"\x89PNG\r\n\x1a\n" + b"\0" * 99)
    page.get_by_label("File").set_input_files(wrong)
    expect(page.locator(".sending-words")).to_contain_text("is not text, though it is called so")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".sent")).to_contain_text("picture.csv is not here")
    expect(page.get_by_role("button", name="Remove picture.csv")).to_be_focused()


def test_files_are_dropped_on_their_field(page: Page) -> None:
    page.goto("/new/tables")
    data = page.evaluate_handle(
        "() => { const data = new DataTransfer();"
        " data.items.add(new File(['a,b\\n1,2\\n'], 'dropped.csv')); return data }"
    )
    answer = page.locator(".answer", has=page.get_by_label("File"))
    answer.dispatch_event("dragenter", {"dataTransfer": data})
    expect(answer).to_have_class("answer dropping")
    answer.dispatch_event("drop", {"dataTransfer": data})
    expect(page.get_by_role("checkbox", name="dropped.csv")).to_be_checked()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/*")
