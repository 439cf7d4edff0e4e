"""Selecting jobs in the list, doing something to them, and taking it back."""

import re

import pytest
from playwright.sync_api import Page, expect

from ledger.jobs import Submission
from ledger.record import State
from tests.browser.conftest import Person
from tests.ledger.conftest import submit
from tests.running import Postroom

pytestmark = [pytest.mark.browser, pytest.mark.broker]

KIND = "a-kind-that-no-worker-knows"  # so that its jobs stay as they are


def test_a_person_selects_a_range_cancels_it_and_takes_it_back(
    page: Page, postroom: Postroom
) -> None:
    jobs = [submit(postroom.ledger, f"{KIND}-range") for _ in range(5)]
    page.goto(f"/jobs?q=kind:{KIND}-range")
    boxes, bar = page.locator("input.pick"), page.get_by_role("form", name="Selected jobs")
    cancel = bar.get_by_role("button", name="Cancel…")
    expect(boxes).to_have_count(5)
    expect(cancel).not_to_be_in_viewport()

    boxes.nth(0).click()
    expect(bar.get_by_role("status")).to_have_text("1 job selected")
    boxes.nth(2).click(modifiers=["Shift"])
    expect(bar.get_by_role("status")).to_have_text("3 jobs selected")
    expect(cancel).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(cancel).not_to_be_in_viewport()
    page.get_by_label("Select the jobs of this page").check()
    expect(bar.get_by_role("status")).to_have_text("5 jobs selected")
    boxes.nth(4).focus()
    page.keyboard.press("Space")
    expect(bar.get_by_role("status")).to_have_text("4 jobs selected")
    bar.get_by_label("Select all 5 that match").check()
    expect(bar.get_by_role("status")).to_have_text("All 5 selected")
    expect(boxes.nth(4)).to_be_checked()
    boxes.nth(4).uncheck()
    expect(bar.get_by_role("status")).to_have_text("4 jobs selected")

    cancel.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 4 jobs?")
    page.get_by_role("button", name="Cancel 4 jobs").click()
    expect(page.locator("#action .label")).to_have_text("Done")
    expect(page.locator("#action .why")).to_have_text("4 cancelled.")
    left = [job for job in jobs if postroom.ledger.jobs.get(job).state is State.PENDING]
    assert left == jobs[:1]


def test_many_are_deleted_while_the_page_looks_on_and_brought_back(
    page: Page, postroom: Postroom
) -> None:
    kind = f"{KIND}-either"
    for _ in range(60):
        postroom.ledger.jobs.request_cancel(submit(postroom.ledger, kind))
    page.goto(f"/jobs?q=kind:{kind}")
    page.locator("input.pick").nth(0).check()
    page.get_by_label("Select all 60 that match").check()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete 60 jobs").click()
    expect(page.locator("#action .why")).to_have_text("60 deleted.", timeout=20_000)
    expect(page.get_by_role("link", name="More")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#action .label")).to_have_text("Undone", timeout=20_000)
    expect(page.locator("#action .why")).to_have_text("60 brought back.")
    page.goto(f"/jobs?q=kind:{kind}")
    expect(page.locator("input.pick")).to_have_count(30)


def test_without_scripts_jobs_are_selected_and_cancelled_too(
    person: Person, postroom: Postroom
) -> None:
    kind = f"{KIND}-at-all"
    job = submit(postroom.ledger, kind)
    page = person.page(java_script_enabled=False)
    page.goto(f"/jobs?q=kind:{kind}")
    page.locator("input.pick").check()
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name=re.compile("Cancel 1 job")).click()
    expect(page.locator("#action .why")).to_have_text("1 cancelled.")
    assert postroom.ledger.jobs.get(job).state is State.REVOKED


def test_all_that_match_are_told_exactly_once_somebody_selects(
    page: Page, postroom: Postroom
) -> None:
    kind = f"{KIND}-many"
    hello = Submission(kind=kind, queue="default", inputs={}, owner="ada")
    for number in (10_000, 31):
        postroom.ledger.batches.submit([hello] * number)
    page.goto(f"/jobs?q=kind:{kind}")
    bar = page.get_by_role("form", name="Selected jobs")
    expect(bar).to_have_attribute("data-all", "all 10,000 or more")

    page.locator("input.pick").nth(0).check()
    bar.get_by_label("Select all 10,031 that match").check()

    expect(bar.get_by_role("status")).to_have_text("All 10,031 selected")
    page.get_by_role("button", name="Cancel…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 10,031 jobs?")
    page.get_by_role("button", name="Cancel 10,031 jobs").click()
    expect(page.locator("#action .label")).to_have_text("Done", timeout=60_000)
