"""Which version the tables are of, and whether it is this program's: told without Alembic."""

from pathlib import Path
from typing import Final

from sqlalchemy import column, inspect, select, table

from ledger.database import Database
from ledger.errors import LedgerOutdated

SCRIPTS: Final = Path(__file__).parent / "migrations"
_KEPT: Final = table("alembic_version", column("version_num"))


def require_current(database: Database) -> None:
    """Compare the tables' version with this program's.

    Raises:
        LedgerOutdated: they differ.
        LedgerUnavailable: the database does not answer.
    """
    wanted = newest()
    with database.read() as connection:
        kept = inspect(connection).has_table(_KEPT.name)
        found = connection.execute(select(_KEPT.c.version_num)).scalar() if kept else None
    if found != wanted:
        raise LedgerOutdated(
            f"The ledger's tables are of version {found or 'none'}, this program needs {wanted}."
            " Run: python -m ledger upgrade"
        )


def newest() -> str:
    """Return this program's version: that of the last migration, whose file begins with it."""
    files = (SCRIPTS / "versions").glob("[0-9]*.py")
    return max(file.name for file in files).partition("_")[0]
