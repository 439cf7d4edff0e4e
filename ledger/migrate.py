"""The tables' versions: Alembic's migrations, run from code so that no ini file is needed."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from ledger.database import Database
from ledger.errors import LedgerOutdated

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Bring the tables to the newest version; two programs may do so at once.

    Raises:
        LedgerUnavailable: the database does not answer.
    """
    config = _config()
    # One transaction for all of it: on SQLite it excludes other writers from its start.
    with database.write() as connection:
        if database.url.startswith("postgresql"):
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7263001)")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def require_current(database: Database) -> None:
    """Compare the tables' version with this program's.

    Raises:
        LedgerOutdated: they differ.
        LedgerUnavailable: the database does not answer.
    """
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    with database.read() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != wanted:
        raise LedgerOutdated(
            f"The ledger's tables are of version {found or 'none'}, this program needs {wanted}."
            " Run: python -m ledger upgrade"
        )


def _config() -> Config:
    config = Config()
    # A % of the checkout's path would be read as the beginning of a variable.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
