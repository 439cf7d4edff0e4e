"""The list of all jobs: what is searched for, how many there are in each part, and one page."""

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from flask import Response, current_app, jsonify, render_template, request
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from ledger import Ledger
from ledger.counting import PARTS, Count
from ledger.filters import Standing, quoted
from ledger.listing import Place
from webapp.jobs import blueprint
from webapp.search import FIELDS, MOMENTS, Around, Search, parse
from webapp.security import owner
from webapp.services import Services, services

PER_PAGE: Final = 30
PULSE_EVERY: Final = 1.0  # seconds for which all open lists are told the same
EXTENSION: Final = "postroom.pulse"
MOST_COMPLETIONS: Final = 200  # of one qualifier


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of the list: its name, the search that leads to it, and how many jobs it has."""

    word: str
    text: str
    count: Count | None
    current: bool


@blueprint.get("")
def index() -> ResponseReturnValue:
    """List jobs, newest first, a page at a time."""
    found = services()
    search = parse(asked_text(request.args), around(found, owner()))
    told: dict[str, Any] = {"search": search, "page": None, "place": None, "total": None}
    if search.mistakes:
        told |= {"tabs": tabs(search, {})}
    else:
        counts = found.ledger.counting.parts(search.filter)
        place = asked_place(request.args)
        told |= {
            "tabs": tabs(search, counts),
            "total": total(found.ledger, search, counts),
            "page": found.ledger.listing.page(search.filter, PER_PAGE, place),
            "place": place,
        }
    told |= {"pulse": pulse().now(), "now": datetime.now(UTC)}
    if "part" in request.args:
        answer = render_template("_job_list.html", **told)
    else:
        answer = render_template("jobs.html", **told, completions=completions(found))
    return answer, 400 if search.mistakes else 200


@blueprint.get("/pulse")
def beat() -> Response:
    """Tell an open list whether anything may have changed: 204 where nothing has."""
    now = pulse().now()
    answer = Response(status=204) if request.args.get("seen") == now else jsonify(pulse=now)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def asked_text(arguments: Mapping[str, str]) -> str:
    """Return the search of an address: `q`, after `state` and `kind` where those are given."""
    named = (f"{name}:{value}" for name in ("state", "kind") if (value := arguments.get(name)))
    return " ".join([*named, arguments.get("q", "")]).strip()


def asked_place(arguments: Mapping[str, str]) -> Place | None:
    """Return where the page begins, by the `before` or `after` of an address."""
    if below := arguments.get("before"):
        return Place(below)
    above = arguments.get("after")
    return Place(above, above=True) if above else None


def around(found: Services, person: str) -> Around:
    """Return what a person's search is read against."""
    return Around(person, datetime.now(UTC), tuple(found.kinds), queues(found))


def queues(found: Services) -> tuple[str, ...]:
    """Return the queues that jobs can be in."""
    return tuple(dict.fromkeys(kind.queue for kind in found.kinds.values()))


def tabs(search: Search, counts: Mapping[Standing, Count]) -> list[Tab]:
    """Return the parts of the list, each with the rest of the search."""
    asked = [value for part in search.parts if part.qualifier == "state" for value in part.values]
    everything = Count.sum(counts.values()) if counts else None
    found = [Tab("All", search.but("state", None), everything, current=not asked)]
    for part in PARTS:
        text = search.but("state", part)
        found.append(Tab(part.capitalize(), text, counts.get(part), current=asked == [part]))
    return found


def total(ledger: Ledger, search: Search, counts: Mapping[Standing, Count]) -> Count:
    """Return how many jobs a search means; its parts tell it, unless it asks for part of one."""
    states = search.filter.states or PARTS
    if set(states) <= set(PARTS):
        return Count.sum(counts[one] for one in states)
    return ledger.counting.total(search.filter)


def completions(found: Services) -> dict[str, list[str]]:
    """Return what may be written after each qualifier, as far as there is a list of it."""
    known: dict[str, Iterable[str]] = {
        "state": Standing,
        "kind": found.kinds,
        "by": ["me", *found.ledger.users.names(MOST_COMPLETIONS)],
        "error": found.ledger.failures.errors(MOST_COMPLETIONS),
        "queue": queues(found),
        "since": MOMENTS,
        "until": MOMENTS,
    }
    return {name: [quoted(one) for one in known.get(name, ())] for name in FIELDS}


class Pulse:
    """Says by a short text whether the ledger's jobs have changed, and asks it once for everybody.

    Args:
        ledger: what is asked.
        every: seconds for which an answer serves.
    """

    def __init__(self, ledger: Ledger, every: float = PULSE_EVERY) -> None:
        self._ledger = ledger
        self._every = every
        self._lock = threading.Lock()
        self._text = ""
        self._until = 0.0

    def now(self) -> str:
        """Return the pulse; two that are alike say that no open list need be drawn anew.

        Raises:
            LedgerUnavailable: the ledger does not answer.
        """
        with self._lock:
            if time.monotonic() >= self._until:
                self._text = self._ledger.listing.pulse()
                self._until = time.monotonic() + self._every
            return self._text


@blueprint.record_once
def give_pulse(state: BlueprintSetupState) -> None:
    """Give the app its own pulse."""
    found: Services = state.app.extensions["postroom"]
    state.app.extensions[EXTENSION] = Pulse(found.ledger)


def pulse() -> Pulse:
    """Return the current app's."""
    found: Pulse = current_app.extensions[EXTENSION]
    return found
