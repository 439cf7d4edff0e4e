"""Alembic's migrations, run from code so that no ini file is needed.

Alembic takes 8 MiB of memory, so only what changes the tables imports this module.
"""

from alembic import command
from alembic.config import Config

from ledger.database import Database
from ledger.version import SCRIPTS


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


def _config() -> Config:
    config = Config()
    # A % of the checkout's path would be read as the beginning of a variable.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    return config
