"""Fills an empty ledger with a made-up history, as fast as its database takes it.

python -m bench.filling URL [jobs] [waiting]
"""

import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

from bench.believable import Believable, One
from bench.clockwork import caught_up
from bench.rows import COLUMNS, Row, rows_of
from bench.surroundings import surroundings
from ledger import Ledger, Settings
from tasks.kind import Kind
from tasks.kind import kinds as every_kind

AT_ONCE: Final = 10_000  # jobs


def fill(
    ledger: Ledger, kinds: Mapping[str, Kind], number: int, waiting: int, now: datetime
) -> None:
    """Give a ledger that has its tables and no jobs so many of them, and all that goes with them.

    What the clock makes of jobs is there as well, made by the clock's own chores. Cards alone are
    not, for it would make them for minutes: they are written along with their jobs.

    Args:
        ledger: an empty one.
        kinds: by name; those of this project are among them.
        number: how many jobs.
        waiting: how many of them are open.
        now: when all this ends.
    """
    surroundings(ledger, kinds, now)
    made = Believable(kinds, number, waiting, now).jobs()
    pooled = ledger.database.engine.raw_connection()
    try:
        connection: Any = pooled.driver_connection
        if isinstance(connection, sqlite3.Connection):
            _fill_sqlite(connection, made)
        else:
            _fill_postgresql(connection, made)
    finally:
        pooled.close()
    tell("rows are written")
    caught_up(ledger, kinds)
    tell("the clock has caught up")
    pooled = ledger.database.engine.raw_connection()
    try:
        _settle_down(pooled.driver_connection)
    finally:
        pooled.close()


def tell(words: str) -> None:
    """Say how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def _batches(made: Iterator[One]) -> Iterator[dict[str, list[Row]]]:
    while several := [rows_of(one) for one in islice(made, AT_ONCE)]:
        yield {table: [row for rows in several for row in rows[table]] for table in COLUMNS}


def _fill_sqlite(connection: sqlite3.Connection, made: Iterator[One]) -> None:
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -500000")
    for batch in _batches(made):
        connection.execute("BEGIN")
        for table, columns in COLUMNS.items():
            marks = ", ".join("?" for _ in columns)
            insert = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - ours
            connection.executemany(insert, batch[table])
        connection.execute("COMMIT")
    connection.execute("PRAGMA cache_size = -2000")
    connection.execute("PRAGMA synchronous = NORMAL")


def _fill_postgresql(connection: Any, made: Iterator[One]) -> None:
    connection.execute("SET statement_timeout = 0")
    connection.execute("SET synchronous_commit = off")
    for batch in _batches(made):
        with connection.cursor() as cursor:
            for table, columns in COLUMNS.items():
                if table != "cards":
                    _copy(cursor, table, columns, batch[table])
            # A vector can't be copied from a text of plain words.
            cursor.execute("CREATE TEMP TABLE made (LIKE cards) ON COMMIT DROP")
            cursor.execute("ALTER TABLE made ALTER text TYPE text")
            _copy(cursor, "made", COLUMNS["cards"], batch["cards"])
            names = ", ".join(COLUMNS["cards"])
            vectors = names.replace("text", "to_tsvector('simple', text)")
            cursor.execute(f"INSERT INTO cards ({names}) SELECT {vectors} FROM made")  # noqa: S608 - ours
        connection.commit()
    connection.execute(
        "SELECT setval(pg_get_serial_sequence('cards', 'number'), (SELECT max(number) FROM cards))"
    )
    connection.commit()


def _copy(cursor: Any, table: str, columns: tuple[str, ...], rows: list[Row]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _settle_down(connection: Any) -> None:
    """Do what each database does by itself, a while after so many writes."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    connection.execute("SET statement_timeout = 0")
    connection.commit()
    connection.autocommit = True
    connection.execute("VACUUM ANALYZE")
    connection.autocommit = False


if __name__ == "__main__":
    opened = Ledger(Settings(database_url=sys.argv[1], storage_url=""))
    opened.upgrade()
    jobs, waiting = (int(one) for one in (*sys.argv[2:], *("1000000", "2000")[len(sys.argv) - 2 :]))
    fill(opened, every_kind(), jobs, waiting, datetime.now(UTC))
    opened.close()
