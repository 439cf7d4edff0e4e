"""`python -m docs.screenshots`: takes the README's pictures from a running Postroom.

It starts a broker, a console and a worker of its own on free ports, does real jobs on them as a
person would, and writes docs/images/*.png. Everything it started is gone afterwards.
"""

import logging
import random
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.browser.conftest import ARGUMENTS, chromium_program
from tests.running import Postroom
from tests.services import RabbitMQ
from webapp.passwords import hashed

logger = logging.getLogger(__name__)

IMAGES: Final = Path(__file__).parent / "images"
DESKTOP: Final = ViewportSize(width=1180, height=760)
PHONE: Final = ViewportSize(width=360, height=720)
DAYS: Final = 90
LATER: Final = 60_000  # milliseconds


def main() -> None:
    """Take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="postroom-pictures-") as folder,
        RabbitMQ() as rabbitmq,
        Postroom(Path(folder), rabbitmq.url) as postroom,
        sync_playwright() as playwright,
    ):
        postroom.ledger.users.add("ada", hashed("a long password"))
        postroom.console()
        postroom.worker()
        program = chromium_program()
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        take_pictures(browser, postroom, parcels(Path(folder) / "parcels.csv"))
        browser.close()


def take_pictures(browser: Browser, postroom: Postroom, table: Path) -> None:
    """Do some jobs and take a picture of each thing worth showing."""
    with page(browser, postroom, viewport=DESKTOP) as desk:
        greeted(desk, "Grace", 0)
        settled(desk)
        greeted(desk, "Bob", 1, "fail")
        settled(desk)
        profiled(desk, table)
        settled(desk)
        taken(desk, "job-done", height=1100)
        running = greeted(desk, "Ada Lovelace", 12, "die once")
        expect(desk.locator(".timeline li")).to_have_count(2, timeout=LATER)
        expect(desk.locator(".percent")).to_have_text(re.compile("[4-9][0-9]"), timeout=LATER)
        taken(desk, "job-running")
        desk.goto("/")
        taken(desk, "start")
        desk.goto("/new/tables")
        desk.get_by_label("File").set_input_files(table)
        taken(desk, "form", height=900)
    with page(browser, postroom, viewport=PHONE) as phone:
        phone.goto("/jobs")
        taken(phone, "phone")
    with page(browser, postroom, viewport=DESKTOP, color_scheme="dark") as night:
        night.goto(running)
        settled(night)
        taken(night, "dark")


@contextmanager
def page(browser: Browser, postroom: Postroom, **options: Any) -> Iterator[Page]:
    """Open a browser in which Ada is signed in."""
    context = browser.new_context(base_url=postroom.address, locale="en-GB", **options)
    opened = context.new_page()
    opened.goto(postroom.link("ada"))
    yield opened
    context.close()


def greeted(page: Page, name: str, seconds: int, ending: str = "succeed") -> str:
    """Submit a job of the kind `hello`; return the address of its page."""
    page.goto("/new/hello")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Seconds").fill(str(seconds))
    page.get_by_label(ending, exact=True).check()
    return sent(page)


def profiled(page: Page, table: Path) -> str:
    """Submit a job of the kind `tables`; return the address of its page."""
    page.goto("/new/tables")
    page.get_by_label("File").set_input_files(table)
    return sent(page)


def sent(page: Page) -> str:
    """Press the form's button; return the address of the job's page."""
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/*")
    return page.url


def settled(page: Page) -> None:
    """Wait until the page says how the job ended."""
    ended = re.compile("Succeeded|Failed")
    expect(page.locator("#part-state .label")).to_have_text(ended, timeout=LATER)


def taken(page: Page, name: str, height: int | None = None) -> None:
    """Take a picture of what a window of this height shows."""
    if height is not None:
        page.set_viewport_size(ViewportSize(width=DESKTOP["width"], height=height))
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    logger.info("%s: %.0f kB", path, path.stat().st_size / 1000)
    page.set_viewport_size(DESKTOP)


def parcels(path: Path) -> Path:
    """Write a table that has something to tell: three months of a post office's parcels."""
    chance = random.Random(1840)  # noqa: S311 - the same table every time is the point
    first = date(2026, 1, 1)
    rows = ["Posted,Town,Weight (kg),Price,Express,Note"]
    for _ in range(4000):
        weight = chance.lognormvariate(0.6, 0.7)
        express = chance.choices([True, False], [1, 4])[0]
        price = 3.8 + 1.1 * weight + 4 * express
        town = chance.choices(["Ulm", "Jena", "Lübeck", "Trier", "N/A"], [40, 25, 20, 12, 3])[0]
        posted = first + timedelta(days=min(int(chance.triangular(0, DAYS, 75)), DAYS - 1))
        note = chance.choice(["", "", "", "fragile", "this side up"])
        rows.append(f"{posted},{town},{weight:.2f},{price:.2f},{'yes' if express else 'no'},{note}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    main()
