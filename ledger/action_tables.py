"""The tables of actions on many jobs: what was asked for, and each of the jobs with its outcome."""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Enum,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from ledger.action_record import Outcome, Stage, Verb
from ledger.database import Timestamp
from ledger.schema import metadata


def _one_of(enum: type[StrEnum], name: str) -> Enum:
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=16,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


actions = Table(
    "actions",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("verb", _one_of(Verb, "verb"), nullable=False),
    Column("owner", String(100), nullable=False),
    Column("matching", JSON(none_as_null=True)),
    Column("words", Text, nullable=False),
    Column("until", Timestamp, nullable=False),
    Column("stage", _one_of(Stage, "stage"), nullable=False),
    Column("cursor", String(36), nullable=False, server_default=""),
    Column("expected", Integer, nullable=False),
    Column("matched", Integer, nullable=False),
    Column("tally", JSON, nullable=False),
    # Rises with every step; a step is done only by whoever knows the last one.
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("asked_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    Column("undo_until", Timestamp),
    # When the clock has to see to it; null where nothing is left to do.
    Column("next_at", Timestamp, index=True),
    Column("idempotency_key", String(200)),
    UniqueConstraint("owner", "idempotency_key"),
    CheckConstraint("stage <> 'choosing' OR matching IS NOT NULL", name="choosing_needs_a_filter"),
    CheckConstraint(
        "stage NOT IN ('choosing', 'doing', 'undoing', 'removing') OR next_at IS NOT NULL",
        name="what_goes_on_has_a_time",
    ),
)

# A job may be gone before its action is, so nothing here refers to a row of `jobs`.
action_jobs = Table(
    "action_jobs",
    metadata,
    Column("action", ForeignKey("actions.id", ondelete="CASCADE"), primary_key=True),
    Column("job", String(36), primary_key=True),
    Column("outcome", _one_of(Outcome, "outcome")),
    Column("made", String(36)),
)
Index("ix_action_jobs_outcome", action_jobs.c.action, action_jobs.c.outcome, action_jobs.c.job)
