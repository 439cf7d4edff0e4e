"""A failure as the one who is woken at night meets it: its cause, its retry, and quiet."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_a_job import LATER, submitted
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.broker]


def test_a_person_finds_the_cause_of_failures_retries_them_and_marks_it_as_known(
    page: Page,
) -> None:
    for name in ("Ada", "Grace"):
        submitted(page, name, 0, "fail")
        expect(page.locator("#part-state .label")).to_have_text("Failed", timeout=LATER)

    cause = page.locator(".cause", has_text="RuntimeError")

    def both_are_there() -> bool:
        page.goto("/failures")
        return any("2 jobs" in text for text in cause.all_inner_texts())

    until("the clock has named both failures", both_are_there)
    expect(cause).to_contain_text("In kinds/hello.py in hello.")
    expect(cause.locator(".label").first).to_have_text("New")
    expect(cause.get_by_role("img")).to_have_accessible_name(
        "2 in the last 24 hours, in this hour."
    )
    page.keyboard.press("j")
    expect(page.locator(".cause").first.get_by_role("heading").get_by_role("link")).to_be_focused()
    cause.get_by_role("heading").get_by_role("link").click()

    expect(page.locator(".error-line")).to_contain_text("RuntimeError")
    expect(page.locator(".in-common")).to_contain_text("Ending: fail")
    page.get_by_role("link", name="All its jobs").click()
    expect(page.locator("main")).to_contain_text("name=Grace")
    page.go_back()
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".alert-success")).to_contain_text("2 jobs run again.")
    expect(page.locator(".failed-jobs")).not_to_contain_text("not retried")

    page.get_by_text("Mark as known").first.click()
    page.get_by_label("What is known of it").fill("It was asked to fail.")
    page.get_by_role("button", name="Mark as known").click()
    expect(page.locator(".failure-labels")).to_contain_text("Known")
    expect(page.locator("main")).to_contain_text("It was asked to fail.")

    page.set_viewport_size({"width": 360, "height": 800})
    for address in ("/failures?show=all", page.url):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
