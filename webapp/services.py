"""The ledger, the publisher and the settings of the app that serves this request."""

from dataclasses import dataclass

from flask import current_app

from ledger import Ledger, Settings
from tasks.queue import Publisher


@dataclass(frozen=True, slots=True)
class Services:
    """What the views work with; made by `create_app`, kept in `app.extensions["postroom"]`."""

    settings: Settings
    ledger: Ledger
    publisher: Publisher


def services() -> Services:
    """Return those of the current app."""
    found: Services = current_app.extensions["postroom"]
    return found
