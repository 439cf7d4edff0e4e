"""Alembic's entry: runs migrations on the connection that it is handed, or on DATABASE_URL."""

from alembic import context
from sqlalchemy import Connection

from ledger.database import Database
from ledger.schema import metadata
from ledger.settings import Settings


def run(connection: Connection) -> None:
    """Run the migrations within the connection's transaction."""
    # SQLite alters a table by copying it.
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(Settings().database_url).write() as own:
        run(own)
