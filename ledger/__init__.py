"""The record of every job; it knows neither Celery nor Flask."""

from ledger.settings import Settings
from ledger.store import Ledger

__all__ = ["Ledger", "Settings"]
