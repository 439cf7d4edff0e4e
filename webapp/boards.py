"""Pages that show the whole of something as it stands: read once a second for all who look."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from zlib import crc32

from flask import Response, jsonify, request
from flask.sansio.app import App
from markupsafe import Markup

from webapp.fragments import Fragment

EVERY: Final = 1.0  # seconds for which one reading is good enough
_AGE: Final = re.compile(r'(data-since="[^"]*">)[^<]*')

Render = Callable[..., Markup]
Parts = Mapping[str, Fragment]


class Board:
    """What a page shows, in named parts; nobody reads anything while nobody looks.

    Args:
        read: returns the parts as they stand.
        every: seconds for which what was read serves everybody.
    """

    def __init__(self, read: Callable[[], Mapping[str, Markup]], every: float = EVERY) -> None:
        self._read = read
        self._every = every
        self._lock = threading.Lock()
        self._parts: Parts = {}
        self._read_at = float("-inf")

    def parts(self) -> Parts:
        """Return the parts by name, in their order.

        Raises:
            LedgerUnavailable: the ledger does not answer.
        """
        # Whoever asks while another reads waits for that reading.
        with self._lock:
            if time.monotonic() - self._read_at > self._every:
                read = self._read()
                self._parts = {name: Fragment(mark(html), html) for name, html in read.items()}
                self._read_at = time.monotonic()
            return self._parts

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


def answer(parts: Parts) -> Response:
    """Answer the script of an open page: the parts, or 204 where it has these already."""
    seen = "".join(part.mark for part in parts.values())
    if request.args.get("seen") == seen:
        told = Response(status=204)
    else:
        told = jsonify(
            seen=seen,
            parts=[
                {"name": name, "mark": part.mark, "html": part.html} for name, part in parts.items()
            ],
        )
    told.headers["Cache-Control"] = "no-store"
    return told
