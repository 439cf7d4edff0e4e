"""The record of every job; it knows neither Celery nor Flask."""

from ledger.store import Ledger
from ledger.settings import Settings

__all__ = ["Ledger", "Settings"]
