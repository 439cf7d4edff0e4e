"""Fills an empty ledger with a made-up history, as fast as its database takes it."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any, Final

from bench.believable import CARD, JOB, Made, jobs
from ledger import Ledger

AT_ONCE: Final = 20_000  # jobs
LINES: Final = 3  # of each job's log

ATTEMPTS = """
INSERT INTO attempts (job, number, worker, pid, message, delivery_count, started_at, ended_at,
    ending, note)
SELECT id, 1, 'w', 7, 'm', 0, started_at, finished_at,
    CASE WHEN state = 'SUCCESS' THEN 'succeeded' WHEN finished_at IS NULL THEN NULL
    ELSE 'failed' END, ''
FROM jobs WHERE attempt = 1
"""
LOG_LINES = f"""
INSERT INTO log_lines (job, attempt, number, at, level, text)
SELECT id, 1, n.number, started_at + n.number * 1000, 'INFO', 'step ' || n.number || ' of ' || kind
FROM jobs CROSS JOIN (SELECT 1 AS number {
    "".join(f" UNION ALL SELECT {number}" for number in range(2, LINES + 1))
}) AS n WHERE attempt = 1
"""  # noqa: S608 - numbers of ours


def fill(ledger: Ledger, number: int, now: datetime) -> None:
    """Give a ledger that has its tables and no jobs so many of them."""
    made = jobs(number, now)
    pooled = ledger.database.engine.raw_connection()
    try:
        connection: Any = pooled.driver_connection
        if isinstance(connection, sqlite3.Connection):
            _fill_sqlite(connection, made)
        else:
            _fill_postgresql(connection, made)
    finally:
        pooled.close()


def _batches(made: Iterator[Made]) -> Iterator[list[Made]]:
    while batch := list(islice(made, AT_ONCE)):
        yield batch


def _fill_sqlite(connection: sqlite3.Connection, made: Iterator[Made]) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA foreign_keys = OFF")
    for batch in _batches(made):
        connection.execute("BEGIN")
        for table, columns, rows in (
            ("jobs", JOB, [one.job for one in batch]),
            ("cards", CARD, [one.card for one in batch]),
        ):
            marks = ", ".join("?" for _ in columns)
            connection.executemany(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608 - ours
                rows,
            )
        connection.execute("COMMIT")
    for statement in (ATTEMPTS, LOG_LINES):
        connection.execute(statement)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _fill_postgresql(connection: Any, made: Iterator[Made]) -> None:
    connection.execute("SET statement_timeout = 0")
    connection.execute("SET synchronous_commit = off")
    for batch in _batches(made):
        with connection.cursor() as cursor:
            _copy(cursor, "jobs", JOB, [one.job for one in batch])
            # A vector can't be copied from a text of plain words.
            cursor.execute("CREATE TEMP TABLE made (LIKE cards) ON COMMIT DROP")
            cursor.execute("ALTER TABLE made ALTER text TYPE text")
            _copy(cursor, "made", CARD, [one.card for one in batch])
            names = ", ".join(CARD)
            vectors = names.replace("text", "to_tsvector('simple', text)")
            cursor.execute(f"INSERT INTO cards ({names}) SELECT {vectors} FROM made")  # noqa: S608 - ours
        connection.commit()
    for statement in (
        ATTEMPTS,
        LOG_LINES,
        "SELECT setval(pg_get_serial_sequence('cards', 'number'), (SELECT max(number) FROM cards))",
    ):
        connection.execute(statement)
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")  # As the server does by itself, a while later.
    connection.autocommit = False


def _copy(cursor: Any, table: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
