"""The tables from which it is foreseen when a waiting job starts, all written by the clock."""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)

from ledger.database import Timestamp
from ledger.schema import metadata

# The newest runs of each kind, so that nobody who asks has to look them up among all jobs.
run_times = Table(
    "run_times",
    metadata,
    Column("kind", String(100), primary_key=True),
    # When the newest of them ended; later ones are still to be added.
    Column("ended_at", Timestamp, nullable=False),
    # Of each run, the newest last: its seconds, the bytes that it read, whether it succeeded.
    Column("runs", JSON, nullable=False),
)

# What was foreseen of a job's start, and what came of it: that says how far to trust the next one.
estimates = Table(
    "estimates",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("queue", String(100), nullable=False),
    # Null while it is of whichever job is submitted next: the first one after the job `after`.
    Column("job", ForeignKey("jobs.id", ondelete="CASCADE"), index=True),
    Column("after", String(36), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("made_at", Timestamp, nullable=False),
    Column("foreseen", Float, nullable=False),  # seconds from `made_at` to the start
    Column("waited", Float),  # what they came to be
    CheckConstraint("waited IS NULL OR job IS NOT NULL", name="who_waited_is_a_job"),
)
Index("ix_estimates_queue", estimates.c.queue, estimates.c.made_at)

# What does not answer, as the clock has found, and since when; no row says that all is well.
silences = Table(
    "silences",
    metadata,
    Column("of", String(50), primary_key=True),
    Column("since", Timestamp, nullable=False),
)
