"""The list of jobs under a person's hands: it completes, goes on, waits, and fits a phone."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from bench.filling import fill
from ledger.counting import CAP
from tasks.kind import kinds
from tests.browser.conftest import Person
from tests.ledger.conftest import submit
from tests.running import Postroom
from tests.services import RabbitMQ
from webapp.joblist import PER_PAGE
from webapp.words import since

pytestmark = [pytest.mark.browser, pytest.mark.broker]

KIND = "a-kind-for-the-list"  # so that no worker takes its jobs
ROWS = "tr[data-job]"


def listed(page: Page) -> list[str]:
    """Return the ids of the rows, in their order."""
    ids: list[str] = page.locator(ROWS).evaluate_all("all => all.map(row => row.dataset.job)")
    return ids


def test_the_search_box_completes_qualifiers_in_order_and_names_in_quotes(
    page: Page, postroom: Postroom
) -> None:
    postroom.ledger.users.add("Grace, Admiral")
    page.goto("/jobs")
    box, offered = page.get_by_label("Search jobs"), page.get_by_role("option")
    box.click()
    expect(offered.first).to_have_text("state:")
    box.press_sequentially("by:GR")
    expect(offered).to_have_text(['"Grace, Admiral"'])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(box).to_have_value('by:"Grace, Admiral" ')
    page.keyboard.press("Enter")
    expect(page.locator(".asked .chip").first).to_have_text('by:"Grace, Admiral"')


def test_ages_go_on_while_nothing_happens(page: Page, postroom: Postroom) -> None:
    submit(postroom.ledger, f"{KIND}-ages")
    page.clock.install()
    page.goto(f"/jobs?q=kind:{KIND}-ages")
    expect(page.locator(".jobs-when")).to_contain_text("ago")
    page.clock.fast_forward("05:10")
    expect(page.locator(".jobs-when")).to_have_text("5 minutes ago")


def test_the_pages_script_and_the_server_write_ages_alike(page: Page) -> None:
    seconds = [-3, 0, 0.9, 1, 1.9, 2, 60, 119.9, 120, 3600, 7199, 7200, 86_400, 172_800]
    seconds += [one * 86_400 for one in (16, 60, 61, 365, 730, 731, 2000)]
    written = page.evaluate(
        "async (all) => { const { ago } = await import('/static/page.js'); return all.map(ago) }",
        seconds,
    )
    assert written == [since(one) for one in seconds]


def test_under_the_pointer_no_row_moves_but_each_tells_its_new_state(
    page: Page, postroom: Postroom
) -> None:
    kind = f"{KIND}-read"
    first, last = submit(postroom.ledger, kind), submit(postroom.ledger, kind)
    page.goto(f"/jobs?q=kind:{kind}")
    page.locator(ROWS).first.hover()
    postroom.ledger.jobs.request_cancel(first)
    expect(page.locator(ROWS).last.locator(".label")).to_have_text("Cancelled")
    expect(page.locator(".news")).to_be_empty()
    new = submit(postroom.ledger, kind)
    button = page.get_by_role("button", name="1 new job: show")
    expect(button).to_be_visible()
    assert listed(page) == [last, first]
    button.click()
    expect(page.locator(ROWS)).to_have_count(3)
    assert listed(page) == [new, last, first]


def test_who_reads_further_down_is_told_of_new_jobs_and_taken_to_them(
    person: Person, postroom: Postroom
) -> None:
    kind = f"{KIND}-down"
    jobs = [submit(postroom.ledger, kind) for _ in range(PER_PAGE)][::-1]
    page = person.page(viewport={"width": 360, "height": 640}, has_touch=True)
    page.goto(f"/jobs?q=kind:{kind}")
    page.evaluate("scrollTo(0, 1500)")
    new = submit(postroom.ledger, kind)
    button = page.get_by_role("button", name="1 new job: show")
    expect(button).to_be_in_viewport()
    assert listed(page) == jobs
    button.click()
    expect(page.locator(f'[data-job="{new}"]')).to_be_in_viewport()


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, rabbitmq: RabbitMQ) -> Iterator[Postroom]:
    """A console, without a worker, whose ledger has more jobs than are counted."""
    vhost = rabbitmq.add_vhost()
    with Postroom(tmp_path_factory.mktemp("busy"), rabbitmq.url_of(vhost)) as made:
        fill(made.ledger, kinds(), CAP * 6 // 5, 400, datetime.now(UTC))
        made.console()
        yield made
    rabbitmq.remove_vhost(vhost)


def test_a_phone_shows_the_current_part_of_a_long_list_and_nothing_sideways(
    chromium: Browser, busy: Postroom
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 780})
    page = context.new_page()
    page.goto(busy.link("ada"))
    page.goto(f"{busy.address}/jobs?q=state:succeeded")
    expect(page.locator(".tabs [aria-current]")).to_contain_text("10,000+")
    expect(page.locator(".tabs [aria-current]")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    context.close()
