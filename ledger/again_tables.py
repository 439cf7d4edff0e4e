"""The tables of what is run again: what kinds asked for, and forms that were kept under a name."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    String,
    Table,
    UniqueConstraint,
    exists,
)

from ledger.database import Timestamp
from ledger.schema import files, job_uploads, metadata

# Once for all jobs that a kind was given before it was changed.
signatures = Table(
    "signatures",
    metadata,
    Column("digest", String(32), primary_key=True),
    Column("asked", JSON, nullable=False),
)

presets = Table(
    "presets",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("kind", String(100), nullable=False),
    Column("owner", String(100), nullable=False),
    Column("name", String(80), nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("inputs", JSON, nullable=False),  # Without secrets.
    Column("signature", String(32), nullable=False),
    Column("changed_at", Timestamp, nullable=False),
    UniqueConstraint("kind", "owner", "name"),
)

preset_uploads = Table(
    "preset_uploads",
    metadata,
    Column("preset", ForeignKey("presets.id", ondelete="CASCADE"), primary_key=True),
    Column("file", ForeignKey("files.id"), primary_key=True, index=True),
)


def in_use() -> ColumnElement[bool]:
    """Return the condition of an upload that a job or a preset needs."""
    by_job = exists().where(job_uploads.c.file == files.c.id)
    return by_job | exists().where(preset_uploads.c.file == files.c.id)
