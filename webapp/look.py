"""What every template can use: Bootstrap's icons drawn into the page, and where the menus lead."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import flask_bootstrap
from flask import Blueprint, request
from flask.blueprints import BlueprintSetupState
from markupsafe import Markup

from tasks.management import Management
from webapp import previews, words
from webapp.colours import coloured
from webapp.services import services

SPRITE = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/icons/bootstrap-icons.svg"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})

blueprint = Blueprint("look", __name__)


@blueprint.record_once
def give_words(state: BlueprintSetupState) -> None:
    """Let templates say `words.duration(…)`, `previews.way_for(…)` and `text | coloured`."""
    state.app.jinja_env.globals.update(words=words, previews=previews)
    state.app.jinja_env.filters.update(coloured=coloured)


@blueprint.app_template_global()
def icon(name: str) -> Markup:
    """Return one of Bootstrap's icons as SVG, for sighted readers only; words stand beside it.

    It is drawn into the page, for the sprite with all of them weighs a megabyte. A name that
    Bootstrap does not have gives a question mark.
    """
    drawings = _drawings()
    drawing = drawings.get(name) or drawings["question-square"]
    return Markup(  # noqa: S704 - the package's own drawing
        '<svg class="bi" width="1em" height="1em" viewBox="0 0 16 16" fill="currentColor"'
        f' aria-hidden="true">{drawing}</svg>'
    )


@cache
def _drawings() -> dict[str, str]:
    symbols = re.compile(r'<symbol [^>]*\bid="([^"]+)"[^>]*>(.*?)</symbol>', re.DOTALL)
    return dict(symbols.findall(SPRITE.read_text(encoding="utf-8")))


@blueprint.app_context_processor
def navigation() -> dict[str, Any]:
    """Give every template the kinds, and Flower's address where this browser can reach it."""
    return {
        "kinds": services().kinds,
        "flower_url": local_url(request.host_url, services().settings.flower_port),
        "management_url": management_url(request.host_url, services().management),
    }


def management_url(console: str, management: Management) -> str | None:
    """Return the address of RabbitMQ's management where this browser can reach it, or None."""
    base = management.base
    at = urlsplit(base)
    if at.hostname not in LOOPBACK:
        return base
    return local_url(console, at.port or 80)


def local_url(console: str, port: int) -> str | None:
    """Return the address of a page beside the console, such as Flower's, or None.

    It listens on loopback, so only a browser on the same machine gets an answer.
    """
    host = urlsplit(console).hostname
    return f"http://localhost:{port}/" if host in LOOPBACK else None
