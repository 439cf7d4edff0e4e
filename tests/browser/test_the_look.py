"""What holds for every page: it fits a phone, menus work, and what jobs made stays powerless."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from ledger.outcome import Outcome
from ledger.record import JSON, Claim, Delivery, Ending, LogLine, State
from tests.browser.conftest import Person, Witness
from tests.ledger.conftest import submit, worker
from tests.running import Postroom
from webapp.words import duration

pytestmark = [pytest.mark.browser, pytest.mark.broker]

HOSTILE = """<!doctype html><title>mine</title><h1>A report</h1>
<script>document.querySelector("h1").textContent = "taken: " + document.cookie</script>
<img src="x" onerror="parent.document.title = 'taken'">
<form action="/sign-out" method="post"><button>Press me</button></form>"""
AT_END = (
    "(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight < 2)"
)
AT_END += "(document.getElementById('log'))"
LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 3


def claimed_by_hand(postroom: Postroom) -> tuple[str, Claim]:
    """Submit a job that a worker with a fresh heart runs, which does what the test does."""
    hand = f"hand-{uuid4()}"[:36]
    postroom.ledger.workers.register(worker(hand))
    job = submit(postroom.ledger)
    claim = postroom.ledger.claims.claim(Delivery(job, hand, 0), hand, 1)
    assert isinstance(claim, Claim)
    return job, claim


def settled_by_hand(postroom: Postroom, folder: Path, result: JSON, **files: str) -> str:
    """Run a job to its good end, with this result and these files by their names' stems."""
    job, claim = claimed_by_hand(postroom)
    outputs = []
    for stem, text in files.items():
        path = folder / f"{stem}.{'html' if text.startswith('<') else 'csv'}"
        path.write_text(text, encoding="utf-8")
        outputs.append(postroom.ledger.files.keep_output(claim, path, datetime.now(UTC)))
    done = Outcome(State.SUCCESS, Ending.SUCCEEDED, result=result, outputs=outputs)
    postroom.ledger.attempts.settle(claim, done)
    return job


@pytest.fixture
def wide(postroom: Postroom, tmp_path: Path) -> str:
    """A job whose words nothing can break."""
    result: JSON = {LONG: LONG, "rows": [{"a": LONG, "b": list(range(9))}] * 3}
    return settled_by_hand(postroom, tmp_path, result, **{LONG[:200]: f"{LONG};b\n1;2\n"})


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_fits_a_phone(
    person: Person, postroom: Postroom, wide: str, colours: str
) -> None:
    page = person.page(viewport={"width": 360, "height": 740}, color_scheme=colours, has_touch=True)
    pages = ("/", "/jobs", f"/jobs/{wide}", f"/jobs/{claimed_by_hand(postroom)[0]}")
    for address in (*pages, "/new/hello", "/new/tables", "/account", "/doctor"):
        page.goto(address)
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{address} is {width} pixels wide"
        assert page.evaluate("document.documentElement.dataset.bsTheme") == colours


def test_on_a_phone_a_result_stands_below_its_label_with_all_the_width(
    person: Person, postroom: Postroom, tmp_path: Path
) -> None:
    rows: JSON = [{"picture": "holiday.jpg", "why": "It is cut off: its last part is missing."}]
    sizes: JSON = [dict.fromkeys(("picture", "before", "after", "change", "pixels"), "12.34567 MB")]
    result: JSON = {"loudness before": "-23 LUFS", "skipped": rows, "sizes": sizes}
    job = settled_by_hand(postroom, tmp_path, result)
    page = person.page(viewport={"width": 360, "height": 740}, has_touch=True)
    page.goto(f"/jobs/{job}")

    label = page.get_by_role("rowheader", name="loudness before").bounding_box()
    why = page.get_by_text("It is cut off").bounding_box()

    assert label is not None
    assert label["height"] < 40, "it is broken in two"
    assert why is not None
    assert why["x"] + why["width"] <= 360, "one has to scroll to read it"


def test_the_page_turns_dark_with_the_system(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_person_chooses_light_or_dark_and_every_tab_follows(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    other = page.context.new_page()
    other.goto("/jobs")
    page.get_by_text("Account of").locator("..").click()
    expect(page.get_by_label("As the system")).to_be_checked()
    page.get_by_label("Dark").check()
    for one in (page, other):
        expect(one.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    page.get_by_text("Account of").locator("..").click()
    expect(page.get_by_label("Dark")).to_be_checked()
    page.get_by_label("As the system").check()
    expect(other.locator("html")).to_have_attribute("data-bs-theme", "light")


def test_a_report_has_no_power_in_its_frame_or_by_itself(
    page: Page, postroom: Postroom, tmp_path: Path, witness: Witness
) -> None:
    job = settled_by_hand(postroom, tmp_path, None, report=HOSTILE)
    witness.expected += ["sandboxed", "Content Security Policy"]
    page.goto(f"/jobs/{job}")
    framed = page.frame_locator("iframe.preview-page")
    expect(framed.get_by_role("heading")).to_have_text("A report")
    framed.get_by_role("button", name="Press me").click()
    expect(framed.get_by_role("heading")).to_have_text("A report")
    page.goto(f"/jobs/{job}/files/report.html/preview")
    expect(page.get_by_role("heading")).to_have_text("A report")
    assert page.evaluate("window.origin") == "null"
    page.get_by_role("button", name="Press me").click()
    page.goto("/jobs")
    expect(page.get_by_role("heading", name="Jobs")).to_be_visible()


def test_menus_close_by_a_click_elsewhere_and_by_escape(page: Page) -> None:
    menu = page.locator("details.menu").first
    item = page.get_by_role("navigation").get_by_role("link", name="Say hello")
    menu.locator("summary").click()
    expect(item).to_be_visible()
    page.get_by_role("heading").first.click()
    expect(item).to_be_hidden()
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(item).to_be_visible()
    page.keyboard.press("Escape")
    expect(item).to_be_hidden()
    expect(menu.locator("summary")).to_be_focused()


def test_a_person_signs_out_by_the_menu(page: Page) -> None:
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/jobs")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_times_are_the_readers_own(person: Person, postroom: Postroom) -> None:
    page = person.page(timezone_id="Asia/Tokyo", locale="en-GB")
    job = submit(postroom.ledger)
    page.goto(f"/jobs/{job}")
    at = postroom.ledger.jobs.get(job).submitted_at
    hour = (at.hour + 9) % 24
    expect(page.locator(".job-name")).to_contain_text(f"{hour:02}:{at:%M:%S}")


def test_the_pages_script_and_the_server_write_durations_alike(page: Page) -> None:
    seconds = [0, 0.04, 0.5, 1, 9.94, 10, 59.4, 60, 192, 3600, 7500, 86_400, 360_059]
    written = page.evaluate(
        "async (all) => { const { duration } = await import('/static/page.js');"
        " return all.map(duration) }",
        seconds,
    )
    assert written == [duration(timedelta(seconds=one)) for one in seconds]


def test_the_log_follows_its_end_until_somebody_reads_further_up(
    page: Page, postroom: Postroom
) -> None:
    job, claim = claimed_by_hand(postroom)

    def say(first: int, last: int) -> None:
        now = datetime.now(UTC)
        lines = [LogLine(1, n, now, "INFO", f"line {n}") for n in range(first, last + 1)]
        postroom.ledger.attempts.report(claim, None, lines)

    say(1, 100)
    page.goto(f"/jobs/{job}")
    lines = page.locator("#log .line")
    expect(lines).to_have_count(100)
    page.wait_for_function(AT_END)
    say(101, 200)
    expect(lines).to_have_count(200)
    page.wait_for_function(AT_END)
    page.locator("#log").evaluate("log => { log.scrollTop = 100 }")
    say(201, 300)
    expect(lines).to_have_count(300)
    assert page.locator("#log").evaluate("log => log.scrollTop") == 100
    postroom.ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED))
