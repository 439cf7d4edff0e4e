"""How much room files take, each person's and everybody's, and whether there is room for more."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from ledger.again_tables import preset_uploads, presets
from ledger.database import Database
from ledger.errors import OverQuota
from ledger.schema import files, job_uploads, partial_uploads

LISTED = 10


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that takes room, and the job or preset by whose page it goes, if any uses it.

    One that is `unfinished` is an upload of which a part is here; it counts with all of its size.
    """

    name: str
    size: int
    job: str | None
    preset: str | None = None
    unfinished: bool = False


class Quota:
    """Sums of uploads, unfinished ones by what they will be, and outputs.

    Args:
        database: where the rows are.
        per_person: bytes that each person may keep; 0 is no limit.
        whole: bytes that all may keep together; 0 is no limit.
    """

    def __init__(self, database: Database, per_person: int, whole: int) -> None:
        self._database = database
        self._per_person = per_person
        self._whole = whole

    def require(self, owner: str, more: int = 0) -> None:
        """Make sure that a person may keep what is there and so many bytes more.

        Of two that come at once, each asks when its own row is written, and so at least one of
        them sees both.

        Raises:
            OverQuota: there is no room; the error says how much is used.
        """
        if self._per_person and (used := self.used(owner)) + more > self._per_person:
            raise OverQuota("Your files", used, self._per_person, more)
        if self._whole and (used := self.used()) + more > self._whole:
            raise OverQuota("The files of all people", used, self._whole, more)

    def used(self, owner: str | None = None) -> int:
        """Return the bytes that a person's files take, or everybody's; read from indexes alone."""
        with self._database.read() as connection:
            found = connection.execute(
                select(
                    _sum(files.c.size, files.c.owner, owner)
                    + _sum(partial_uploads.c.length, partial_uploads.c.owner, owner)
                )
            ).scalar_one()
        return int(found)

    def largest(self, owner: str) -> list[Kept]:
        """Return a person's LISTED largest files, the largest first."""
        using = (
            select(func.max(job_uploads.c.job))
            .where(job_uploads.c.file == files.c.id)
            .scalar_subquery()
        )
        keeping = (
            select(func.max(presets.c.id))
            .join(preset_uploads, preset_uploads.c.preset == presets.c.id)
            .where(preset_uploads.c.file == files.c.id, presets.c.owner == owner)
            .scalar_subquery()
        )
        whole = (
            select(files.c.name, files.c.size, func.coalesce(files.c.job, using), keeping)
            .where(files.c.owner == owner)
            .order_by(files.c.size.desc(), files.c.id)
            .limit(LISTED)
        )
        in_part = (
            select(partial_uploads.c.name, partial_uploads.c.length)
            .where(partial_uploads.c.owner == owner)
            .order_by(partial_uploads.c.length.desc(), partial_uploads.c.id)
            .limit(LISTED)
        )
        with self._database.read() as connection:
            found = [Kept(*row) for row in connection.execute(whole)]
            found += [Kept(*row, job=None, unfinished=True) for row in connection.execute(in_part)]
        return sorted(found, key=lambda file: -file.size)[:LISTED]


def _sum(of: ColumnElement[Any], column: ColumnElement[Any], owner: str | None) -> Any:
    query = select(func.coalesce(func.sum(of), 0))
    return (query if owner is None else query.where(column == owner)).scalar_subquery()
