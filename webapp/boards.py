"""Pages that show the whole of something as it stands: read once a second for all who look."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from zlib import crc32

from flask import Response, jsonify, request
from flask.sansio.app import App
from markupsafe import Markup

from webapp.fragments import Fragment

EVERY: Final = 1.0  # seconds for which one reading is good enough
_AGE: Final = re.compile(r'(data-since="[^"]*">)[^<]*')

Render = Callable[..., Markup]


@dataclass(frozen=True, slots=True)
class Tab:
    """What a page's tab says of it, for whoever looks at another: a title, and an icon's name."""

    title: str
    icon: str = "postroom"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page as it stands: what its tab says, and its parts by name, in their order."""

    tab: Tab
    parts: Mapping[str, Fragment]

    @property
    def seen(self) -> str:
        """What differs where two pages do."""
        return mark(repr(self.tab)) + "".join(part.mark for part in self.parts.values())


class Board:
    """What a page shows, in named parts; nobody reads anything while nobody looks.

    Args:
        read: returns what the tab says and the parts, as they stand.
        every: seconds for which what was read serves everybody.
    """

    def __init__(
        self, read: Callable[[], tuple[Tab, Mapping[str, Markup]]], every: float = EVERY
    ) -> None:
        self._read = read
        self._every = every
        self._lock = threading.Lock()
        self._shown = Shown(Tab(""), {})
        self._read_at = float("-inf")

    def shown(self) -> Shown:
        """Return the page as it stands.

        Raises:
            LedgerUnavailable: the ledger does not answer.
        """
        # Whoever asks while another reads waits for that reading.
        with self._lock:
            if time.monotonic() - self._read_at > self._every:
                tab, parts = self._read()
                fragments = {name: Fragment(mark(html), html) for name, html in parts.items()}
                self._shown = Shown(tab, fragments)
                self._read_at = time.monotonic()
            return self._shown

    def forget(self) -> None:
        """Read again for the next one: somebody has just changed something, and looks."""
        with self._lock:
            self._read_at = float("-inf")


def mark(html: str) -> str:
    """Return what differs where two renderings do; ages, which a page counts itself, do not."""
    ageless = _AGE.sub(r"\1", html)
    return f"{crc32(ageless.encode()):08x}"


def renderer(app: App) -> Render:
    """Return what renders an app's templates outside of any request, alike for everybody."""
    links = app.url_map.bind("", script_name=app.config["APPLICATION_ROOT"])

    def url_for(endpoint: str, **values: Any) -> str:
        return links.build(endpoint, values)

    def render(template: str, **values: Any) -> Markup:
        html = app.jinja_env.get_template(template).render(url_for=url_for, **values)
        return Markup(html.strip())  # noqa: S704 - a template of ours, which escapes

    return render


def answer(shown: Shown) -> Response:
    """Answer the script of an open page: the parts, or 204 where it has these already."""
    if request.args.get("seen") == shown.seen:
        told = Response(status=204)
    else:
        told = jsonify(
            seen=shown.seen,
            title=shown.tab.title,
            icon=shown.tab.icon,
            parts=[
                {"name": name, "mark": part.mark, "html": part.html}
                for name, part in shown.parts.items()
            ],
        )
    told.headers["Cache-Control"] = "no-store"
    return told
