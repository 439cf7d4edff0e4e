"""Queues and workers in a real browser: paused and drained by hand, and shown live."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.running import Postroom

pytestmark = [pytest.mark.broker, pytest.mark.browser]


def test_a_queue_is_paused_in_one_tab_and_another_sees_it_at_once(
    page: Page, postroom: Postroom
) -> None:
    page.goto("/queues")
    other = page.context.new_page()
    other.goto("/queues")
    page.get_by_role("link", name="Pause…: default").click()
    page.get_by_label("Why?").fill("the disk is full")
    try:
        page.get_by_role("button", name="Pause default").click()
        expect(page.get_by_text("Paused by ada")).to_be_visible()
        expect(other.get_by_text("the disk is full")).to_be_visible()
        expect(other).to_have_title("default paused · Queues · Postroom")
        expect(other.locator("#favicon")).to_have_attribute("href", re.compile(r"waiting\.svg$"))
        page.get_by_role("button", name="Resume: default").click()
        expect(other.get_by_role("link", name="Pause…: default")).to_be_visible()
        assert postroom.ledger.queues.paused() == {}
    finally:
        postroom.ledger.queues.resume("default")


def test_a_worker_is_drained_and_says_what_has_come_of_it(page: Page, postroom: Postroom) -> None:
    (worker,) = postroom.ledger.workers.alive(9)
    page.goto("/workers")
    try:
        page.get_by_role("button", name=f"Drain: {worker.name}").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Drained", exact=True)).to_be_visible()
        # The focus of a person who works with the keyboard stays where it was.
        assert page.evaluate("document.activeElement.id") == f"resume-{worker.id}"
        expect(page.get_by_text("It can be stopped, or take jobs again.")).to_be_visible()
        # And it outlives what is replaced.
        page.get_by_role("button", name=f"One process more: {worker.name}").focus()
        postroom.ledger.wishes.want(worker.id, 3)
        expect(page.get_by_text("3, 0 busy")).to_be_visible()
        assert page.evaluate("document.activeElement.id") == f"plus-{worker.id}"
        page.get_by_role("button", name=f"Take jobs again: {worker.name}").click()
        expect(page.get_by_text("Idle", exact=True)).to_be_visible()
    finally:
        postroom.ledger.wishes.resume(worker.id)
        postroom.ledger.wishes.want(worker.id, 2)
