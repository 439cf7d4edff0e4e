"""Leases: what one worker at a time does for all of them."""

from sqlalchemy import or_

from ledger.database import Database
from ledger.schema import leases


class Leases:
    """Who does what for everybody. A lease that is not kept up ends by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, holder: str, seconds: float) -> bool:
        """Take or keep a lease that one holder at a time has; return whether it is ours now."""
        until = self._database.ago(-seconds)
        taken = (
            self._database.upsert(leases)
            .values(name=name, holder=holder, until=until)
            .on_conflict_do_update(
                index_elements=[leases.c.name],
                set_={"holder": holder, "until": until},
                where=or_(leases.c.holder == holder, leases.c.until < self._database.now),
            )
            .returning(leases.c.holder)
        )
        with self._database.write_soon() as connection:
            return connection.execute(taken).scalar_one_or_none() is not None
