"""Whoever waits to write to SQLite is woken by the one who has written."""

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ledger import engines
from ledger.bell import Bell

LONG = 60.0  # seconds; nobody waits so long unless a ring is missed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bell"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'ledger.db'}"


@pytest.fixture
def writer(url: str) -> Iterator[Engine]:
    engine = engines.sqlite(url, writes=True)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE words (word TEXT)"))
    yield engine
    engine.dispose()


def test_a_ring_of_another_process_ends_a_wait(path: Path) -> None:
    waits = Bell(path)
    waits.wait(0)
    began = time.monotonic()
    rings = "import sys; from pathlib import Path; from ledger.bell import Bell;"
    rings += "Bell(Path(sys.argv[1])).ring()"
    subprocess.run([sys.executable, "-c", rings, str(path)], check=True)
    waits.wait(LONG)
    assert time.monotonic() - began < LONG
    waits.close()


def test_rings_that_nobody_heard_end_one_wait_and_no_more(path: Path) -> None:
    bell = Bell(path)
    for _ in range(100_000):  # More than a FIFO holds.
        bell.ring()
    bell.wait(LONG)
    began = time.monotonic()
    bell.wait(0.01)
    assert time.monotonic() - began >= 0.009
    bell.close()


def test_a_wait_without_a_ring_ends_in_time(path: Path) -> None:
    bell = Bell(path)
    began = time.monotonic()
    bell.wait(0.01)
    assert time.monotonic() - began >= 0.009
    bell.close()


def test_where_no_fifo_can_be_a_wait_is_a_sleep(tmp_path: Path) -> None:
    bell = Bell(tmp_path / "missing" / "bell")
    bell.ring()
    began = time.monotonic()
    bell.wait(0.01)
    assert time.monotonic() - began >= 0.01


def test_a_closed_one_opens_again(path: Path) -> None:
    bell = Bell(path)
    bell.ring()
    bell.close()
    bell.ring()
    bell.wait(LONG)
    bell.close()


@pytest.mark.parametrize("ends", ["commit", "rollback"])
def test_whoever_waits_to_write_is_woken_by_the_end_of_a_transaction(
    writer: Engine, ends: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "SHORTEST_PAUSE", LONG)
    monkeypatch.setattr(engines, "LONGEST_PAUSE", LONG)
    monkeypatch.setattr(engines, "PATIENCE", 2 * LONG)
    waits = threading.Event()
    monkeypatch.setattr(Bell, "wait", _told(Bell.wait, waits))

    def write() -> None:
        with writer.begin() as connection:
            connection.execute(text("INSERT INTO words VALUES ('second')"))

    other = threading.Thread(target=write)
    began = time.monotonic()
    connection = writer.connect()
    transaction = connection.begin()
    connection.execute(text("INSERT INTO words VALUES ('first')"))
    other.start()
    assert waits.wait(LONG)
    getattr(transaction, ends)()
    other.join(LONG)
    connection.close()
    assert time.monotonic() - began < LONG / 2
    with writer.begin() as connection:
        assert "second" in connection.execute(text("SELECT word FROM words")).scalars().all()


def test_a_writer_that_is_killed_rings_no_bell_and_keeps_nobody_out(
    writer: Engine, url: str
) -> None:
    holds = (
        "import sys, time; from sqlalchemy import text; from ledger import engines;"
        "c = engines.sqlite(sys.argv[1], writes=True).connect(); c.begin();"
        "c.execute(text(\"INSERT INTO words VALUES ('lost')\"));"
        "print('writes', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holds, url], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "writes\n"
    raw = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        raw.execute("BEGIN IMMEDIATE")
    raw.close()
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    with writer.begin() as connection:
        connection.execute(text("INSERT INTO words VALUES ('kept')"))
        assert connection.execute(text("SELECT word FROM words")).scalars().all() == ["kept"]


def _told(wait: Any, waits: threading.Event) -> Any:
    def told(bell: Bell, seconds: float) -> None:
        waits.set()
        wait(bell, seconds)

    return told
