"""Values that a database can't hold, and what the ledger makes of them."""

import pytest

from ledger import Ledger
from ledger.errors import NoSuchJob, Unstorable


def test_a_text_that_a_database_cannot_hold_names_no_job_and_is_no_fault(ledger: Ledger) -> None:
    # SQLite takes the character, so there simply is no such job; PostgreSQL refuses it.
    refused = Unstorable if ledger.database.url.startswith("postgresql") else NoSuchJob
    with pytest.raises(refused):
        ledger.jobs.get("a\0b")
