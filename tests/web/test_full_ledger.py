"""A ledger that can't grow: the console says so, and accepts nothing that it can't keep."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.pool import Pool

from ledger import Ledger, Settings


@pytest.fixture
def full(ledger: Ledger, settings: Settings) -> Iterator[None]:
    """The ledger's file has no room but what is free in it, as on a full disk."""
    with closing(sqlite3.connect(settings.postroom_var / "ledger.sqlite3")) as look:
        (pages,) = look.execute("PRAGMA page_count").fetchone()

    def limit(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")

    event.listen(Pool, "connect", limit)
    ledger.close()  # The next connections have the limit.
    yield
    event.remove(Pool, "connect", limit)


@pytest.mark.usefixtures("full")
def test_a_ledger_whose_disk_is_full_accepts_nothing_and_says_so(
    stranger: FlaskClient, token: Mapping[str, str], ledger: Ledger
) -> None:
    body, accepted = {"kind": "hello", "inputs": {"name": "Ada"}}, 0
    while (answer := stranger.post("/api/v1/jobs", json=body, headers=token)).status_code == 202:
        accepted += 1

    assert answer.status_code == 507
    refusal = answer.get_json(force=True)
    assert refusal["title"] == "There is no room for jobs"
    assert "The disk of the ledger is full. Nothing was accepted." in refusal["detail"]
    assert sum(ledger.jobs.counts().values()) == accepted
