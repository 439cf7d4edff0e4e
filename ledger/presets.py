"""Presets: filled forms that were kept under a name, for their owner or for all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, literal, select, update
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from ledger.again_tables import preset_uploads, presets
from ledger.database import Database
from ledger.errors import NameTaken, NoSuchFile, NoSuchPreset
from ledger.schema import files


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled form as a preset keeps it: raw inputs without secrets, and the uploads' ids."""

    inputs: Mapping[str, Any]
    uploads: Collection[str]
    signature: str


@dataclass(frozen=True, slots=True)
class Preset:
    """A filled form under a name, which is its owner's only one for that kind.

    `shared` says that everybody may use it, with its files. `changed_at` is aware, in UTC.
    """

    id: str
    kind: str
    owner: str
    name: str
    shared: bool
    inputs: Mapping[str, Any]
    signature: str
    changed_at: datetime


_COLUMNS = [presets.c[field.name] for field in fields(Preset)]


class Presets:
    """The rows of presets. Only the owner changes one; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, kind: str, owner: str, name: str, filled: Filled, *, shared: bool) -> str:
        """Keep a filled form, and return the preset's id. Retention spares its uploads from now on.

        Raises:
            NameTaken: the owner has a preset of this name for the kind.
            NoSuchFile: an upload has just been removed.
            LedgerUnavailable: it is not known whether it was kept.
        """
        preset = str(uuid7())
        values = {"id": preset, "kind": kind, "owner": owner, "name": name, "shared": shared}
        with self._database.write() as connection:
            row = insert(presets).values(**values, **self._columns_of(filled))
            _unless_taken(connection, row, name)
            _link(connection, preset, filled.uploads)
        return preset

    def overwrite(self, preset: str, owner: str, filled: Filled) -> None:
        """Keep another filled form under the same name.

        Raises:
            NoSuchPreset: the owner has none of this id.
            NoSuchFile: an upload has just been removed.
            LedgerUnavailable: it is not known whether it was kept.
        """
        with self._database.write() as connection:
            changed = update(presets).where(_own(preset, owner)).values(**self._columns_of(filled))
            if not connection.execute(changed).rowcount:
                raise NoSuchPreset
            connection.execute(delete(preset_uploads).where(preset_uploads.c.preset == preset))
            _link(connection, preset, filled.uploads)

    def change(self, preset: str, owner: str, *, name: str, shared: bool) -> None:
        """Call it otherwise, or give it to all or to the owner alone.

        Raises:
            NoSuchPreset: the owner has none of this id.
            NameTaken: another preset of the owner's for the kind is called so.
            LedgerUnavailable: it is not known whether it was changed.
        """
        row = update(presets).where(_own(preset, owner)).values(name=name, shared=shared)
        with self._database.write() as connection:
            if not _unless_taken(connection, row, name):
                raise NoSuchPreset

    def delete(self, preset: str, owner: str) -> None:
        """Remove it; uploads that nothing else uses go with the next that retention removes.

        Raises:
            NoSuchPreset: the owner has none of this id.
            LedgerUnavailable: it is not known whether it was removed.
        """
        with self._database.write() as connection:
            if not connection.execute(delete(presets).where(_own(preset, owner))).rowcount:
                raise NoSuchPreset

    def get(self, preset: str, reader: str) -> Preset:
        """Return a preset that is the reader's, or for all.

        Raises:
            NoSuchPreset: there is none.
            LedgerUnavailable: the database does not answer.
        """
        query = select(*_COLUMNS).where(presets.c.id == preset, _usable(reader))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise NoSuchPreset
        return Preset(*row)

    def usable(self, reader: str, kind: str | None = None) -> list[Preset]:
        """Return the presets that are the reader's or for all, by their names.

        Raises:
            LedgerUnavailable: the database does not answer.
        """
        query = select(*_COLUMNS).where(_usable(reader)).order_by(presets.c.name, presets.c.id)
        if kind is not None:
            query = query.where(presets.c.kind == kind)
        with self._database.read() as connection:
            return [Preset(*row) for row in connection.execute(query)]

    def _columns_of(self, filled: Filled) -> dict[str, Any]:
        return {
            "inputs": dict(filled.inputs),
            "signature": filled.signature,
            "changed_at": self._database.now,
        }


def _own(preset: str, owner: str) -> ColumnElement[bool]:
    return (presets.c.id == preset) & (presets.c.owner == owner)


def _usable(reader: str) -> ColumnElement[bool]:
    return (presets.c.owner == reader) | presets.c.shared


def _unless_taken(connection: Connection, change: Any, name: str) -> int:
    try:
        return connection.execute(change).rowcount
    except IntegrityError as error:
        raise NameTaken(name) from error


def _link(connection: Connection, preset: str, uploads: Collection[str]) -> None:
    """Make the preset need its uploads, those that are still there."""
    here = select(literal(preset), files.c.id).where(files.c.id.in_(uploads))
    if uploads:
        rows = insert(preset_uploads).from_select(["preset", "file"], here)
        linked = connection.execute(rows.returning(preset_uploads.c.file)).all()
        if len(linked) < len(set(uploads)):
            raise NoSuchFile("A file of the form has just been deleted; choose it again.")
