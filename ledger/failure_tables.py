"""The tables of what failures have in common: their groups, and a tally by hour and person."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from ledger.database import Timestamp
from ledger.record import Cause
from ledger.schema import jobs, metadata

HOUR: Final = 3600  # seconds

failure_groups = Table(
    "failure_groups",
    metadata,
    Column("id", String(16), primary_key=True),  # Of its reason: `ledger.causes.Reason.id`.
    Column("kind", String(100), nullable=False),
    Column(
        "cause",
        Enum(
            Cause,
            native_enum=False,
            create_constraint=True,
            length=16,
            name="cause",
            values_callable=lambda members: [member.value for member in members],
        ),
        nullable=False,
    ),
    Column("error_type", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("place", String(300), nullable=False),
    # How many jobs have failed so, those that are deleted since included.
    Column("jobs", Integer, nullable=False),
    Column("first_at", Timestamp, nullable=False),
    Column("last_at", Timestamp, nullable=False, index=True),
    Column("newest", String(36), nullable=False),
    # The kind's code, as the worker had it that named the newest of them.
    Column("version", String(64), nullable=False),
    Column("known_at", Timestamp),
    Column("known_by", String(100)),
    Column("known_note", String(1000)),
    Column("known_version", String(64)),
    CheckConstraint(
        "(known_at IS NULL) = (known_by IS NULL) AND (known_at IS NULL) = (known_note IS NULL)"
        " AND (known_at IS NULL) = (known_version IS NULL)",
        name="known_by_somebody",
    ),
)

failure_hours = Table(
    "failure_hours",
    metadata,
    Column("failure", ForeignKey("failure_groups.id", ondelete="CASCADE"), primary_key=True),
    Column("hour", Integer, primary_key=True),  # Whole hours since 1970.
    Column("owner", String(100), primary_key=True),
    Column("jobs", Integer, nullable=False),
)
Index("ix_failure_hours_hour", failure_hours.c.hour)

# Those that the clock has still to name: empty nearly always.
Index(
    "ix_jobs_unnamed",
    jobs.c.id,
    sqlite_where=text("state = 'FAILURE' AND failure IS NULL"),
    postgresql_where=text("state = 'FAILURE' AND failure IS NULL"),
)
Index(
    "ix_jobs_failure",
    jobs.c.failure,
    jobs.c.id,
    sqlite_where=text("failure IS NOT NULL"),
    postgresql_where=text("failure IS NOT NULL"),
)
# What became of those that failed.
Index(
    "ix_jobs_retried_from",
    jobs.c.retried_from,
    jobs.c.id,
    sqlite_where=text("retried_from IS NOT NULL"),
    postgresql_where=text("retried_from IS NOT NULL"),
)
