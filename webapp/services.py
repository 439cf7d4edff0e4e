"""What serves this request: the app's ledger, publisher, kinds, settings and Celery app."""

from collections.abc import Mapping
from dataclasses import dataclass

from celery import Celery
from flask import current_app

from ledger import Ledger, Settings
from tasks.kind import Kind
from tasks.management import Management
from tasks.publisher import Publisher


@dataclass(frozen=True, slots=True)
class Services:
    """What the views work with; made by `create_app`, kept in `app.extensions["postroom"]`."""

    settings: Settings
    ledger: Ledger
    publisher: Publisher
    kinds: Mapping[str, Kind]
    celery: Celery
    management: Management


def services() -> Services:
    """Return those of the current app."""
    found: Services = current_app.extensions["postroom"]
    return found
