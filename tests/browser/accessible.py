"""What axe, and what Chromium itself, can tell of a page's accessibility, after WCAG 2.2 AA.

`faults(page)` returns a sentence for each; an empty list is not proof of a good page, but each
sentence is proof of a bad one.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import CDPSession, Page

SCRIPT: Final = Path(__file__).with_name("accessible.js").read_text(encoding="utf-8")
FOCUSED: Final = Path(__file__).with_name("focused.js").read_text(encoding="utf-8")
# Roles that somebody acts upon; each needs a name.
CONTROLS: Final = frozenset(
    (
        *("button", "checkbox", "combobox", "DisclosureTriangle", "image", "link", "listbox"),
        *("menuitem", "progressbar", "radio", "searchbox", "slider", "spinbutton", "switch"),
        *("tab", "textbox"),
    )
)
AXE: Final = Axe()
WCAG: Final = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
MOST_STOPS: Final = 400


def faults(page: Page) -> list[str]:
    """Return what is wrong with the page as it is now, in its colours of now."""
    found = [*_unnamed(page), *page.evaluate(SCRIPT), *_by_axe(page)]
    return [f"{page.url}: {one}" for one in found]


def _by_axe(page: Page) -> Iterator[str]:
    for broken in AXE.run(page, options=WCAG).response["violations"]:
        for node in broken["nodes"]:
            yield f"axe, {broken['id']}: {broken['help']}: {node['html'][:200]}"


def _unnamed(page: Page) -> Iterator[str]:
    """Yield the controls that the accessibility tree has no name for."""
    session: CDPSession = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    for node in nodes:
        role = node.get("role", {}).get("value")
        name = node.get("name", {}).get("value", "").strip()
        if role in CONTROLS and not node.get("ignored") and not name:
            yield f"a {role} has no name (node {node.get('backendDOMNodeId')})"


def stops(page: Page) -> list[str]:
    """Go through the page with the Tab key; return what has the focus at each stop, in words.

    A stop whose focus can't be seen, or only by good eyes, or that lies behind something else, is
    marked as such.

    Raises:
        AssertionError: the focus never left the page again, so that it is trapped.
    """
    page.evaluate("document.activeElement?.blur(); scrollTo(0, 0)")
    found: list[str] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if stop is None or (found and stop == found[0]):
            return found
        found.append(stop)
    raise AssertionError(f"{page.url}: the focus does not come out: {found[-5:]}")
