"""From a sign-in link to the bytes of a result, as a person does it."""

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Person, Witness
from tests.running import Postroom
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.broker]

LATER = 30_000  # milliseconds


def submitted(page: Page, name: str, seconds: int, ending: str = "succeed") -> str:
    """Fill in the form of `hello` and send it; return the job's id."""
    page.goto("/new/hello")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Seconds").fill(str(seconds))
    page.get_by_label(ending, exact=True).check()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url(re.compile(r"/jobs/[0-9a-f-]{36}$"))
    return page.url.rpartition("/")[2]


def state(page: Page) -> str:
    # A page whose styles are still on their way has a space where its icon is to be.
    return page.locator("#part-state .label").inner_text().strip()


def test_a_person_greets_somebody_and_downloads_the_greeting(page: Page, tmp_path: Path) -> None:
    expect(page.get_by_role("heading", name="What would you like done?")).to_be_visible()
    page.get_by_role("link", name="Fill in the form of Say hello").click()
    page.get_by_label("Name").fill("Ada & <b>Grace</b>")
    page.get_by_label("Seconds").fill("4")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/*")
    page.evaluate("window.loadedOnce = true")

    expect(page.locator("#part-state .label")).to_have_text("Running", timeout=LATER)
    expect(page.locator("#part-state")).to_contain_text("Running on worker-")
    expect(page.locator("#part-progress .percent")).to_have_text(re.compile("25|50|75"))
    expect(page).to_have_title(re.compile(r"^Running \d+ % · Say hello · Postroom$"))
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile(r"running\.svg$"))

    expect(page.locator("#part-state .label")).to_have_text("Succeeded", timeout=LATER)
    expect(page).to_have_title("Succeeded · Say hello · Postroom")
    expect(page.locator("#favicon")).to_have_attribute("href", re.compile(r"succeeded\.svg$"))
    expect(page.locator("#part-progress")).to_be_empty()
    seconds = page.locator("#log .text")
    expect(seconds).to_have_text([f"Second {n} of 4." for n in range(1, 5)])
    expect(page.locator("#part-result")).to_contain_text("Hello, Ada & <b>Grace</b>!")
    expect(page.frame_locator("iframe.preview").locator("pre")).to_contain_text("Hello, Ada")
    assert page.evaluate("window.loadedOnce"), "the page was reloaded"

    with page.expect_download() as download:
        page.get_by_role("link", name="greeting.txt", exact=True).click()
    download.value.save_as(tmp_path / "greeting.txt")
    assert (tmp_path / "greeting.txt").read_bytes() == b"Hello, Ada & <b>Grace</b>!\n"


def test_a_person_profiles_a_table(page: Page, tmp_path: Path) -> None:
    table = tmp_path / "towns.csv"
    table.write_text("Town,People\nUlm,126000\nJena,111000\nUlm,126000\n", encoding="utf-8")
    page.goto("/new/tables")
    page.get_by_label("File").set_input_files(table)
    page.get_by_label("csv", exact=True).check()
    page.get_by_label("Drop duplicates").check()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/*")

    expect(page.locator("#part-state .label")).to_have_text("Succeeded", timeout=LATER)
    report = page.frame_locator("iframe.preview-page")
    expect(report.get_by_text("people").first).to_be_visible()
    expect(page.locator(".inputs")).to_contain_text("towns.csv")
    name = page.locator(".file-name", has_text=re.compile(r"\.csv$"))
    with page.expect_download() as download:
        name.first.click()
    download.value.save_as(tmp_path / "cleaned.csv")
    rows = (tmp_path / "cleaned.csv").read_text(encoding="utf-8-sig").splitlines()
    assert rows == ["Town,People", "Ulm,126000", "Jena,111000"]
    with page.expect_download() as again:
        page.locator(".inputs").get_by_role("link", name="towns.csv").click()
    assert again.value.path().read_bytes() == table.read_bytes()


def test_bad_input_is_named_and_what_was_typed_is_kept(
    page: Page, tmp_path: Path, witness: Witness
) -> None:
    witness.expected += ["status of 422"]
    table = tmp_path / "towns.csv"
    table.write_text("a,b\n1,2\n", encoding="utf-8")
    page.goto("/new/tables")
    page.get_by_label("File").set_input_files(table)
    page.get_by_label("Missing").fill("nothing, nought")
    page.get_by_label("Skip").fill("99999")
    page.get_by_role("button", name="Submit").click()

    expect(page.get_by_role("alert")).to_contain_text("Nothing was submitted yet.")
    expect(page.locator("#input-skip-wrong")).to_contain_text("at most 10000")
    expect(page.get_by_label("Missing")).to_have_value("nothing, nought")
    expect(page.get_by_label("Skip")).to_have_value("99999")
    page.get_by_label("Skip").fill("0")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/*")
    expect(page.locator(".inputs")).to_contain_text("towns.csv")


def test_a_failure_says_what_went_wrong_while_the_page_is_open(page: Page) -> None:
    submitted(page, "Bob", 1, "fail")
    expect(page.locator("#part-state .label")).to_have_text("Failed", timeout=LATER)
    expect(page.locator(".sheet-error")).to_contain_text("Bob did not want to be greeted.")
    expect(page.locator(".traceback")).to_be_hidden()
    page.get_by_text("Where it happened").click()
    expect(page.locator(".traceback")).to_contain_text("raise RuntimeError")


def test_a_job_that_dies_once_shows_both_attempts(page: Page) -> None:
    submitted(page, "Carl", 1, "die once")
    expect(page.locator("#part-state .label")).to_have_text("Succeeded", timeout=LATER)
    attempts = page.locator(".timeline li")
    expect(attempts).to_have_count(2)
    expect(attempts.nth(0)).to_contain_text("Succeeded")
    expect(attempts.nth(1)).to_contain_text("Crashed")
    expect(page.locator("#log .line-break")).to_have_text("Attempt 2")


def test_without_scripts_a_job_is_followed_by_reloading(person: Person) -> None:
    page = person.page(java_script_enabled=False)
    submitted(page, "Dora", 1)
    for _ in range(50):
        if state(page) == "Succeeded":
            break
        page.get_by_role("link", name="Reload it now").click()
    expect(page.locator("#part-state .label")).to_have_text("Succeeded")
    expect(page.locator("#part-result")).to_contain_text("Hello, Dora!")
    page.locator("summary", has_text="New job").click()
    expect(page.get_by_role("link", name="Profile and clean a table")).to_be_visible()


def test_a_person_stops_a_running_job_and_everybody_who_looks_sees_it(
    page: Page, person: Person
) -> None:
    job = submitted(page, "Ida", 300)
    other = person.page()
    other.goto(f"/jobs/{job}")
    for one in (page, other):
        expect(one.locator("#part-state .label")).to_have_text("Running", timeout=LATER)
    page.locator("summary", has_text="Cancel").click()
    lines = page.locator("#log .line").count()
    expect(page.locator("#log .line")).not_to_have_count(lines)  # The question stays open.
    page.get_by_role("button", name="Stop this job").click()

    for one in (page, other):
        expect(one.locator("#part-state .label")).to_have_text("Cancelled", timeout=LATER)
        expect(one.locator("#part-state")).to_contain_text(
            re.compile(r"Stopped at \d+ % after \d+ s\.")
        )
        expect(one.locator("#part-actions")).to_be_empty()
        expect(one.get_by_role("link", name="Run again")).to_be_visible()


def test_without_scripts_a_running_job_is_stopped_too(person: Person) -> None:
    page = person.page(java_script_enabled=False)
    submitted(page, "Jill", 300)

    def reloaded() -> str:
        page.get_by_role("link", name="Reload it now").click()
        return state(page)

    until("it runs", lambda: reloaded() == "Running")
    expect(page.locator("details.scripted")).to_be_hidden()
    page.get_by_role("link", name="Cancel").click()
    assert page.locator("meta[http-equiv=refresh]").count() == 0  # The question stays.
    page.get_by_role("button", name="Stop this job").click()
    assert state(page) in {"Stopping…", "Cancelled"}

    def has_stopped() -> bool:
        page.reload()  # Not by its link: the page reloads by itself, and then has none any more.
        return state(page) == "Cancelled"

    until("it has stopped", has_stopped)


def test_behind_a_proxy_that_buffers_the_page_asks_now_and_then(page: Page) -> None:
    def buffer(_route: Route) -> None:
        """Take the request, and never answer."""

    page.route("**/events?*", buffer)
    submitted(page, "Eve", 5)
    with page.expect_request("**/since?*", timeout=LATER):
        pass
    expect(page.locator("#part-state .label")).to_have_text("Succeeded", timeout=LATER)
    expect(page.locator("#log .text")).to_have_count(5)
    page.unroute_all(behavior="ignoreErrors")


def test_a_page_stays_true_while_the_console_is_replaced(page: Page, postroom: Postroom) -> None:
    submitted(page, "Finn", 6)
    expect(page.locator("#part-state .label")).to_have_text("Running", timeout=LATER)
    page.evaluate("window.loadedOnce = true")
    console = next(program for program in postroom.programs if program.name == "web")
    console.signal(signal.SIGHUP)
    expect(page.locator("#part-state .label")).to_have_text("Succeeded", timeout=LATER)
    expect(page.locator("#log .text")).to_have_text([f"Second {n} of 6." for n in range(1, 7)])
    assert page.evaluate("window.loadedOnce")


def test_a_hidden_page_gives_its_stream_back_and_still_learns_the_end(page: Page) -> None:
    with page.expect_request("**/events?*"):
        submitted(page, "Gina", 4)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_event("requestfailed", lambda request: "/events?" in request.url):
        page.evaluate(
            "Object.defineProperty(document, 'hidden', {get: () => true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
    expect(page).to_have_title("Succeeded · Say hello · Postroom", timeout=LATER)
    assert any("/since?" in url for url in asked)
    assert not any("/events?" in url for url in asked)


def test_run_again_opens_the_form_as_it_was_filled(page: Page) -> None:
    submitted(page, "Hugo", 0)
    page.get_by_role("link", name="Run again").click()
    expect(page.get_by_label("Name")).to_have_value("Hugo")
    expect(page.get_by_label("Seconds")).to_have_value("0")
