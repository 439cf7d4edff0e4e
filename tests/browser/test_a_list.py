"""The open list of jobs, which shows what is new without being asked."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.ledger.conftest import submit
from tests.running import Postroom

pytestmark = [pytest.mark.browser, pytest.mark.broker]

LATER = 30_000  # milliseconds
KIND = "a-kind-of-this-list"  # which no worker knows, so that its jobs stay as they are


def test_a_list_shows_a_new_job_at_once_and_asks_nothing_meanwhile(
    page: Page, postroom: Postroom
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response("**/jobs/pulse/events"):
        page.goto(f"/jobs?q=kind:{KIND}-told")
    expect(page.locator("[data-job]")).to_have_count(0)
    for number in (1, 2):
        submit(postroom.ledger, f"{KIND}-told")
        expect(page.locator("[data-job]")).to_have_count(number)
    assert not [url for url in asked if re.search(r"/pulse\?", url)]


def test_a_list_that_somebody_points_at_says_what_is_new(page: Page, postroom: Postroom) -> None:
    submit(postroom.ledger, f"{KIND}-held")
    page.goto(f"/jobs?q=kind:{KIND}-held")
    page.locator("[data-job]").hover()
    submit(postroom.ledger, f"{KIND}-held")
    page.get_by_role("button", name="1 new job: show").click()
    expect(page.locator("[data-job]")).to_have_count(2)


def test_behind_a_proxy_that_buffers_a_list_asks_now_and_then(
    page: Page, postroom: Postroom
) -> None:
    def buffer(_route: Route) -> None:
        """Take the request, and never answer."""

    page.route("**/pulse/events", buffer)
    page.goto(f"/jobs?q=kind:{KIND}-asked")
    with page.expect_request("**/pulse?*", timeout=LATER):
        submit(postroom.ledger, f"{KIND}-asked")
    expect(page.locator("[data-job]")).to_have_count(1, timeout=LATER)
    page.unroute_all(behavior="ignoreErrors")


def test_a_hidden_list_gives_its_stream_back(page: Page) -> None:
    with page.expect_response("**/jobs/pulse/events"):
        page.goto("/jobs")
    with page.expect_event("requestfailed", lambda request: "/events" in request.url):
        page.evaluate(
            "Object.defineProperty(document, 'hidden', {get: () => true});"
            "document.dispatchEvent(new Event('visibilitychange'))"
        )
