"""What a person does with a job's files: looks at them, moves about in them, takes them along."""

import wave
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, Response, expect

from ledger.outcome import Outcome
from ledger.record import Claim, Ending, State
from tests.browser.conftest import Person
from tests.browser.test_the_look import claimed_by_hand
from tests.running import Postroom
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.broker]

SECONDS = 50
AUDIO = "document.querySelector('audio')"
PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 400]>>endobj
trailer<</Root 1 0 R>>
%%EOF"""
SVG = b"""<svg xmlns="http://www.w3.org/2000/svg" width="90" height="90">
<script>parent.document.title = "taken"</script><rect width="90" height="90"/></svg>"""


def files_in(folder: Path) -> list[Path]:
    """Make files of every sort that a page shows; the sound comes first, and is open by itself."""
    with wave.open(str(folder / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 44_100, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 44_100 * SECONDS))
    contents = {
        "b.pdf": PDF,
        "c.svg": SVG,
        "d.csv": b"town,people\nUlm,126000\n",
        "e.txt": b"<script>alert(1)</script>",
        "f.mp4": b"no film at all",
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return sorted(folder.iterdir())


def settle(postroom: Postroom, claim: Claim, files: list[Path]) -> None:
    now = datetime.now(UTC)
    outputs = [postroom.ledger.files.keep_output(claim, path, now) for path in files]
    done = Outcome(State.SUCCESS, Ending.SUCCEEDED, outputs=outputs)
    postroom.ledger.attempts.settle(claim, done)


def program_for_pdf(page: Page) -> bool:
    page.evaluate("1")  # So that Playwright hears of frames that have come.
    return any(frame.url.startswith("chrome-extension:") for frame in page.frames)


def unfold(page: Page, name: str) -> None:
    page.locator("li.file", has_text=name).locator("summary").click()


def test_files_appear_when_the_job_ends_and_are_shown_moved_about_in_and_taken(
    page: Page, postroom: Postroom, tmp_path: Path
) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    files = files_in(folder)
    contents = {path.name: path.read_bytes() for path in files}
    job, claim = claimed_by_hand(postroom)
    fetched: dict[str, list[Response]] = {}
    page.on("response", lambda one: fetched.setdefault(one.url.split("/")[-2], []).append(one))
    page.goto(f"/jobs/{job}")
    expect(page.locator("#part-state .label")).to_have_text("Running")
    settle(postroom, claim, files)

    expect(page.locator(".file-name")).to_have_text(list(contents))
    player = page.locator("audio")
    page.wait_for_function(f"() => {AUDIO}.readyState >= HTMLMediaElement.HAVE_METADATA")
    assert round(player.evaluate("audio => audio.duration")) == SECONDS
    player.evaluate("audio => { audio.currentTime = 45 }")
    page.wait_for_function(f"() => !{AUDIO}.seeking && {AUDIO}.readyState >= 2")
    assert player.evaluate("audio => audio.currentTime") == 45
    starts = [one.headers["content-range"].partition("-")[0] for one in fetched["a.wav"]]
    assert starts[0] == "bytes 0"
    assert len(starts) > 1, "the player took everything, rather than the part it went to"

    expect(page.locator("iframe.preview-pdf")).to_be_visible()
    page.locator("iframe.preview-pdf").scroll_into_view_if_needed()
    until("the browser's own program shows the PDF", lambda: program_for_pdf(page))

    assert not {"d.csv", "e.txt", "f.mp4"} & fetched.keys(), "it was fetched before it was seen"
    unfold(page, "d.csv")
    expect(page.frame_locator("iframe.preview-table").get_by_role("cell")).to_have_text(
        ["Ulm", "126000"]
    )
    unfold(page, "e.txt")
    expect(page.frame_locator("iframe.preview-text").locator("pre")).to_have_text(
        "<script>alert(1)</script>"
    )
    unfold(page, "f.mp4")
    expect(page.get_by_text("This browser can't play it")).to_have_count(2)
    expect(page.get_by_text("This browser can't play it").last).to_be_visible()
    expect(page).not_to_have_title("taken")

    with page.expect_download() as download:
        page.get_by_role("link", name="Download all").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == contents


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_many_sorts_of_files_fit_a_phone(
    person: Person, postroom: Postroom, tmp_path: Path, colours: str
) -> None:
    files = files_in(tmp_path)
    long = tmp_path / f"{'Donaudampfschiff' * 14}.png"
    long.write_bytes(b"no picture")
    job, claim = claimed_by_hand(postroom)
    settle(postroom, claim, [long, *files])
    page = person.page(viewport={"width": 360, "height": 740}, color_scheme=colours, has_touch=True)
    for address in (f"/jobs/{job}", f"/jobs/{job}/files"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_link_to_a_file_can_be_copied(person: Person, postroom: Postroom, tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_bytes(b"text")
    job, claim = claimed_by_hand(postroom)
    settle(postroom, claim, [tmp_path / "a b.txt"])
    page = person.page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"/jobs/{job}")
    page.get_by_role("button", name="Copy the link").click()
    expect(page.locator("[data-copied]")).to_have_count(1)
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"{postroom.address}/jobs/{job}/files/a%20b.txt"
