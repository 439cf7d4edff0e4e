"""For everybody: names, contrast, targets, the keyboard, a page without scripts, and charts."""

import re
from datetime import UTC, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from ledger.action_record import Verb
from ledger.actions import Asked
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.presets import Filled
from ledger.record import Cause, Claim, Delivery, Ending, Error, LogLine, State
from tests.browser.accessible import faults, stops
from tests.browser.conftest import Person, Witness
from tests.ledger.conftest import submit, worker
from tests.running import Postroom
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.broker]

DONE = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"greeting": "Hello, Ada!"})
WRONG = Error("ValueError", "It is wrong.", "Traceback (most recent call last):\n  it is wrong")
FAILED = Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=WRONG)


def ended(postroom: Postroom, outcome: Outcome, name: str = "Ada") -> str:
    """Have a job run to this end, with a line in its log."""
    ledger = postroom.ledger
    hand = str(uuid4())
    ledger.workers.register(worker(hand))
    asked = Submission(kind="hello", queue="default", inputs={"name": name}, owner="ada")
    job, _new = ledger.jobs.submit(asked)
    claim = ledger.claims.claim(Delivery(job, hand, 0), hand, 1)
    assert isinstance(claim, Claim)
    ledger.attempts.settle(
        claim, outcome, None, [LogLine(1, 1, datetime.now(UTC), "ERROR", "a line")]
    )
    return job


# Our pages' policy takes no inline styles from a text, only from a script.
PUT = """html => {
  const it = document.createElement("div");
  document.querySelector("h1").after(it);
  it.innerHTML = html;
  for (const one of it.querySelectorAll("[data-css]")) one.style.cssText = one.dataset.css;
}"""


# Menus stay closed, for an open one lies over the page.
UNFOLD = "document.querySelectorAll('details:not(.menu)').forEach((one) => { one.open = true })"


@pytest.fixture(scope="session")
def pages(postroom: Postroom) -> list[str]:
    """The addresses of every sort of page, with something to be seen on each."""
    ledger = postroom.ledger
    for _ in range(8):  # So many that their name sets failures apart.
        done, failed = ended(postroom, DONE), ended(postroom, FAILED, "Mallory")
    waits = submit(ledger, "a-kind-that-no-worker-knows")
    preset = ledger.presets.add(
        "hello", "ada", "weekly", Filled({"seconds": 5}, [], "s"), shared=False
    )
    action, _ = ledger.actions.ask(Asked(Verb.RETRY, "ada", ids=[failed]))
    group = until("its failure is sorted", lambda: ledger.jobs.get(failed).failure)
    of_jobs = [f"/jobs/{done}", f"/jobs/{failed}", f"/jobs/{waits}", f"/jobs/{waits}/cancel"]
    of_files = [f"/jobs/{done}/files", f"/jobs/{done}/delete-files"]
    others = [f"/failures/{group}", f"/presets/{preset}", f"/actions/{action}"]
    return [*PAGES, *of_jobs, *of_files, *others, f"/new/hello?from-job={done}"]


PAGES = [
    *("/", "/jobs", "/jobs?q=state:failed", "/new/hello", "/new/tables", "/failures", "/actions"),
    *("/kinds/hello", "/kinds/media", "/presets", "/account", "/doctor", "/nowhere"),
    *("/queues", "/queues/default/pause", "/workers"),
]


@pytest.mark.parametrize("screen", [(1200, "light"), (360, "dark")])
@pytest.mark.parametrize("third", range(3))  # of the pages, so that no test takes long
def test_no_page_has_a_fault_that_axe_or_chromium_can_tell(
    person: Person, witness: Witness, pages: list[str], screen: tuple[int, str], third: int
) -> None:
    width, colours = screen
    witness.expected.append("404")
    page = person.page(viewport={"width": width, "height": 800}, color_scheme=colours)
    found = []
    for address in pages[third::3]:
        page.goto(address)
        page.evaluate(UNFOLD)
        wide = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{address} is {wide} pixels wide"] if wide > width else []
        found += faults(page)
    assert found == [], "\n".join(found)


def test_nor_has_a_page_to_which_only_a_form_leads(
    page: Page, witness: Witness, pages: list[str]
) -> None:
    assert pages
    witness.expected.append("422")
    page.goto("/new/hello")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was submitted yet.")
    assert faults(page) == []
    page.goto("/new/hello")
    page.get_by_role("button", name="Save as preset").click()
    expect(page.get_by_role("heading", name="Save as preset")).to_be_visible()
    assert faults(page) == []
    page.goto("/jobs")
    page.locator("input.pick").first.check()
    assert faults(page) == []  # With the bar of what is selected, too.
    page.get_by_role("button", name="Delete…").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Delete")
    assert faults(page) == []
    page.get_by_text("Account of").locator("..").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert faults(page) == []


@pytest.mark.parametrize("address", ["/jobs", "/kinds/hello", "/workers", "/new/hello"])
def test_the_tab_key_goes_through_a_page_and_its_focus_is_seen(
    page: Page, pages: list[str], address: str
) -> None:
    assert address in pages
    page.goto(address)
    found = stops(page)
    assert len(found) > 5
    assert "Skip to the content" in found[0]
    assert [stop for stop in found if "WITHOUT" in stop] == []


BROKEN = {
    "a button has no name": "<button></button>",
    "has a contrast of": '<p data-css="color: #999">pale</p>',
    "of level 4 follows": "<h4>deep</h4>",
    "9 by 9 pixels": '<a href="/" data-css="display: block; width: 9px; height: 9px">a</a>' * 2,
    "not in a live region": '<p class="alert">said</p>',
    "2 elements have the id content": '<p id="content">twice</p>',
    "axe, image-alt": '<img src="/static/icons/postroom.svg">',
}


def test_each_sort_of_fault_is_found(page: Page) -> None:
    page.goto("/account")
    assert faults(page) == []
    page.evaluate(PUT, "".join(BROKEN.values()))
    found = faults(page)
    assert [words for words in BROKEN if not any(words in one for one in found)] == []


def test_keys_go_through_a_list_and_tell_themselves(page: Page, postroom: Postroom) -> None:
    older, newer = ended(postroom, DONE), ended(postroom, FAILED)
    page.goto("/jobs")
    focused = page.locator(":focus")
    page.keyboard.press("j")
    expect(focused).to_have_attribute("href", f"/jobs/{newer}")
    page.keyboard.press("j")
    expect(focused).to_have_attribute("href", f"/jobs/{older}")
    page.keyboard.press("k")
    page.keyboard.press("x")
    expect(page.get_by_text("1 job selected")).to_be_visible()
    page.keyboard.press("x")
    expect(page.get_by_text("1 job selected")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(f"/jobs/{newer}$"))
    page.wait_for_load_state()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page).to_have_url(re.compile("/jobs#search$"))
    field = page.locator("input[type=search]")
    expect(field).to_be_focused()
    page.keyboard.type("j?x/")
    expect(field).to_have_value("j?x/")


def test_keys_can_be_switched_off(page: Page) -> None:
    page.goto("/jobs")
    page.keyboard.press("?")
    page.get_by_label("Use these keys in this browser").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_hidden()
    page.get_by_text("Account of").locator("..").click()
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_control_and_enter_send_the_form(page: Page) -> None:
    page.goto("/new/hello")
    page.get_by_label("Name").fill("Ada")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}$"))
    page.goto("/new/hello")
    page.get_by_label("Name").fill("Grace")
    page.get_by_label("fail", exact=True).check()
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile("/jobs/[0-9a-f-]{36}$"))
    page.goto("/jobs")
    page.locator("input.pick").first.check()
    page.locator("#many [name=all]").press("Control+Enter")
    expect(page).to_have_url(re.compile("/jobs$"))  # It may mean to cancel, or to delete.


def test_a_dot_leads_to_its_job_and_the_table_says_the_same(page: Page, postroom: Postroom) -> None:
    failed = ended(postroom, FAILED)
    page.goto("/kinds/hello")
    dot = page.locator(f'a.dot[href="/jobs/{failed}"]')
    assert re.match("Failed after 0.* s, ", dot.locator("title").text_content() or "")
    chart = page.get_by_role("group", name="Each job")
    expect(chart).to_have_accessible_description(re.compile(r"jobs? that ended"))
    page.locator("figure", has=chart).get_by_text("As a table").click()
    expect(page.locator(f'table a[href="/jobs/{failed}"]')).to_be_visible()
    dot.dispatch_event("click")
    expect(page).to_have_url(re.compile(failed))


def test_days_begin_where_they_do_for_the_reader(person: Person, postroom: Postroom) -> None:
    ended(postroom, DONE)
    places = {}
    for zone in ("UTC", "America/New_York"):
        page = person.page(timezone_id=zone)
        page.goto("/kinds/hello?period=week")
        days = page.locator("svg[aria-labelledby=ended-title] text[data-day]")
        found = days.evaluate_all(
            "all => all.map((one) => [one.textContent, one.getAttribute('x')])"
        )
        places[zone] = {text: float(x.rstrip("%")) for text, x in found}
    day, there = next(iter(places["America/New_York"].items()))
    at = datetime.strptime(f"{day} {datetime.now(UTC).year} UTC", "%d %b %Y %Z").replace(tzinfo=UTC)
    later = -(at.astimezone(ZoneInfo("America/New_York")).utcoffset() or timedelta())
    assert there - places["UTC"][day] == pytest.approx(100 * later / timedelta(days=7), abs=0.01)


def test_the_essentials_work_without_scripts(
    person: Person, witness: Witness, pages: list[str]
) -> None:
    witness.expected.append("404")
    page = person.page(java_script_enabled=False)
    for address in pages:
        page.goto(address)
        expect(page.locator("h1")).to_be_visible()
    page.goto("/new/hello")
    page.get_by_label("Name").fill("Ada")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator(".part-state")).to_be_visible()


def test_what_went_wrong_can_be_copied(person: Person, postroom: Postroom) -> None:
    page = person.page(permissions=["clipboard-read", "clipboard-write"])
    job = ended(postroom, FAILED)
    page.goto(f"/jobs/{job}")
    for what, text in (
        ("the error", "ValueError It is wrong.\nTraceback (most recent call last):\n  it is wrong"),
        ("the job's id", job),
        ("the lines of the log", "error a line"),
    ):
        button = page.get_by_role("button", name=f"Copy {what}")
        button.click()
        expect(button).to_have_attribute("data-copied", "")
        expect(page.get_by_role("status").get_by_text("Copied")).to_be_attached()
        assert page.evaluate("navigator.clipboard.readText()").endswith(text)
