"""A person's browser, Chromium, before a whole running Postroom."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.running import Postroom
from tests.services import RabbitMQ

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# What it makes or has itself, its program that shows PDF included; nothing leaves the machine.
OF_THE_BROWSER = {"about", "blob", "chrome", "chrome-extension", "data"}
ARGUMENTS = [
    "--no-sandbox",  # Tests may run as root, as in a container.
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def postroom(tmp_path_factory: pytest.TempPathFactory, rabbitmq: RabbitMQ) -> Iterator[Postroom]:
    """A console and a worker, which all these tests share."""
    vhost = rabbitmq.add_vhost()
    with Postroom(tmp_path_factory.mktemp("postroom"), rabbitmq.url_of(vhost)) as made:
        made.console()
        made.worker()
        yield made
    rabbitmq.remove_vhost(vhost)


def chromium_program() -> str | None:
    """Return where Chromium is installed, if it is."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    program = chromium_program()
    if program is None:
        if os.environ.get("CI") or shutil.which("apt-get"):
            pytest.fail("Chromium is not installed: apt-get install chromium", pytrace=False)
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@dataclass
class Witness:
    """What a browser complains of and whom it speaks to, while a test uses it."""

    host: str
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)

    def listen_to(self, page: Page) -> None:
        page.on("console", lambda message: self._console(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        page.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(words in text for words in self.expected):
            self.complaints.append(f"{kind}: {text}")

    def _request(self, url: str) -> None:
        found = urlsplit(url)
        if found.scheme not in OF_THE_BROWSER and found.netloc != self.host:
            self.complaints.append(f"a request left for {url}")


@pytest.fixture
def witness(postroom: Postroom) -> Iterator[Witness]:
    """Fails the test if anything was complained of, or any request left this machine."""
    made = Witness(urlsplit(postroom.address).netloc)
    yield made
    assert made.complaints == []


class Person:
    """Somebody with a browser, who is signed in."""

    def __init__(self, chromium: Browser, postroom: Postroom, witness: Witness) -> None:
        self._chromium = chromium
        self._postroom = postroom
        self._witness = witness
        self._contexts: list[BrowserContext] = []

    def page(self, **options: Any) -> Page:
        """Open a browser of its own, and a sign-in link in it."""
        context = self._chromium.new_context(base_url=self._postroom.address, **options)
        context.set_default_timeout(20_000)
        self._contexts.append(context)
        page = context.new_page()
        self._witness.listen_to(page)
        page.goto(self._postroom.link("ada"))
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def person(chromium: Browser, postroom: Postroom, witness: Witness) -> Iterator[Person]:
    made = Person(chromium, postroom, witness)
    yield made
    made.close()


@pytest.fixture
def page(person: Person) -> Page:
    return person.page()
