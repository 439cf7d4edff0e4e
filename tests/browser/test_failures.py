"""A failure as the one who is woken at night meets it: its cause, its retry, and quiet."""

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.record import Cause, Claim, Delivery, Ending, Error, State
from tests.browser.conftest import Person
from tests.browser.test_a_job import LATER, submitted
from tests.ledger.conftest import worker
from tests.running import Postroom
from tests.waiting import until

pytestmark = [pytest.mark.browser, pytest.mark.broker]


def test_a_person_finds_the_cause_of_failures_retries_them_and_marks_it_as_known(
    page: Page, postroom: Postroom
) -> None:
    failed = []
    for name in ("Ada", "Grace"):
        submitted(page, name, 0, "fail")
        expect(page.locator("#part-state .label")).to_have_text("Failed", timeout=LATER)
        failed.append(page.url.rpartition("/")[2])

    cause = page.locator(".cause", has_text="RuntimeError")

    until("the clock has named both failures", lambda: not postroom.ledger.naming.any())
    # Other tests of this browser may have made a job of it fail, too.
    page.goto("/failures")
    found = re.search(r"(\d+) jobs", cause.inner_text())
    assert found
    number = found[1]
    expect(cause).to_contain_text("In kinds/hello.py in hello.")
    expect(cause.locator(".label").first).to_have_text("New")
    expect(cause.get_by_role("img")).to_have_accessible_name(
        f"{number} in the last 24 hours, in this hour."
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
    expect(page.locator(".alert-success")).to_contain_text(f"{number} jobs run again.")
    # Those that run again may have failed again by now, and stand here too.
    for job in failed:
        row = page.locator(".failed-jobs tr", has_text=job)
        expect(row).not_to_contain_text("not retried")

    page.get_by_text("Mark as known").first.click()
    page.get_by_label("What is known of it").fill("It was asked to fail.")
    page.get_by_role("button", name="Mark as known").click()
    expect(page.locator(".failure-labels")).to_contain_text("Known")
    expect(page.locator("main")).to_contain_text("It was asked to fail.")

    page.set_viewport_size({"width": 360, "height": 800})
    for address in ("/failures?show=all", page.url):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def ended(postroom: Postroom, ending: str, seconds: int, outcome: Outcome) -> None:
    """Have a job with these inputs end so, on a worker that nobody hears of again."""
    ledger, hand = postroom.ledger, str(uuid4())
    ledger.workers.register(worker(hand))
    inputs = {"name": "Ada", "seconds": seconds, "ending": ending}
    job, _new = ledger.jobs.submit(Submission("hello", "default", inputs, "ada"))
    claim = ledger.claims.claim(Delivery(job, hand, 0), hand, 1)
    assert isinstance(claim, Claim)
    ledger.attempts.settle(claim, outcome)


def test_a_cause_fits_a_phone_whatever_its_jobs_have_in_common(
    person: Person, postroom: Postroom
) -> None:
    error = Error("OverflowError", "It is too long.")
    failed = Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=error)
    for number in range(6):
        ended(postroom, "die once", 100 + number, failed)
        ended(postroom, "succeed", number, Outcome(State.SUCCESS, Ending.SUCCEEDED))
    ended(postroom, "die once", 106, failed)
    page = person.page(viewport={"width": 360, "height": 780})
    cause = page.locator(".cause", has_text="OverflowError")

    def all_are_there() -> bool:
        page.goto("/failures")
        return any("7 jobs" in text for text in cause.all_inner_texts())

    until("the clock has named the failures", all_are_there)
    cause.get_by_role("heading").get_by_role("link").click()
    expect(page.locator(".in-common")).to_contain_text("Seconds: 100 or more")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
