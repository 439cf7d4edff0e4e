"""The tables, with the CHECKs that make wrong states unwritable."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    Enum,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from ledger.database import Timestamp
from ledger.record import Cause, Ending, State, Turn

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _words(enum: type[StrEnum], name: str) -> Enum:
    return Enum(
        enum,
        native_enum=False,
        create_constraint=True,
        length=16,
        name=name,
        values_callable=lambda members: [member.value for member in members],
    )


def _id(name: str = "id", **options: Any) -> Column[str]:
    return Column(name, String(36), **options)


def _job(**options: Any) -> Column[str]:
    return Column("job", ForeignKey("jobs.id", ondelete="CASCADE"), **options)


jobs = Table(
    "jobs",
    metadata,
    _id(primary_key=True),
    Column("kind", String(100), nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("owner", String(100), nullable=False),
    Column("queue", String(100), nullable=False),
    Column("priority", Integer, nullable=False, server_default="0"),
    Column("batch", String(36)),
    Column("state", _words(State, "state"), nullable=False),
    Column("cause", _words(Cause, "cause")),
    Column("attempt", Integer, nullable=False, server_default="0"),
    # Rises with every change that a person can see, so that a live page asks for one number.
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("due_at", Timestamp),
    Column("submitted_at", Timestamp, nullable=False),
    Column("sent_at", Timestamp),
    Column("started_at", Timestamp),
    Column("finished_at", Timestamp),
    Column("cancel_requested_at", Timestamp),
    # A person deleted it. It is in no list, and goes for good once that can't be undone any more.
    Column("deleted_at", Timestamp),
    # Set once lists find the job by its card in the card index, a moment after it has settled.
    Column("filed_at", Timestamp),
    _id("retried_from"),
    # The running attempt's worker and delivery, here too so that a claim is one guarded UPDATE.
    Column("worker", String(36)),
    Column("message", String(36)),
    Column("delivery_count", Integer),
    Column("progress_done", Float, nullable=False, server_default="0"),
    Column("progress_total", Float),
    Column("progress_text", String(500), nullable=False, server_default=""),
    Column("progress_begun", Float, nullable=False, server_default="0"),
    # The small state from which the next attempt continues.
    Column("checkpoint", JSON(none_as_null=True)),
    Column("result", JSON(none_as_null=False)),
    Column("error_type", String(200)),
    Column("error_message", Text),
    Column("error_traceback", Text),
    Column("idempotency_key", String(200)),
    # Its group of failures, written by the clock a moment after it failed.
    Column("failure", String(16)),
    # Alike for jobs that do the same; null where its kind does something else each time.
    Column("fingerprint", String(32)),
    # What its kind asked for at the time: a row of `signatures`, once one has been written.
    Column("signature", String(32)),
    # Null while nobody's jobs are limited, so that those who want no limit pay nothing for it.
    Column("turn", _words(Turn, "turn")),
    UniqueConstraint("owner", "idempotency_key"),
    CheckConstraint(
        "(state IN ('SUCCESS', 'FAILURE', 'REVOKED')) = (finished_at IS NOT NULL)",
        name="settled_has_an_end",
    ),
    CheckConstraint("(state = 'FAILURE') = (cause IS NOT NULL)", name="failure_has_a_cause"),
    CheckConstraint(
        "state <> 'STARTED' OR (attempt > 0 AND worker IS NOT NULL AND message IS NOT NULL"
        " AND delivery_count IS NOT NULL AND started_at IS NOT NULL)",
        name="started_has_an_attempt",
    ),
    CheckConstraint("state <> 'RETRY' OR due_at IS NOT NULL", name="retry_has_a_time"),
    CheckConstraint("deleted_at IS NULL OR finished_at IS NOT NULL", name="deleted_has_an_end"),
    CheckConstraint("turn <> 'held' OR sent_at IS NULL", name="held_is_unsent"),
)

# Few jobs are open at a time, so this index stays small however long the history grows.
Index(
    "ix_jobs_open",
    jobs.c.state,
    jobs.c.sent_at,
    jobs.c.id,
    # Not sought by these: but who counts a line or what a filter means finds all of it here,
    # without a look at the rows.
    jobs.c.queue,
    jobs.c.kind,
    jobs.c.owner,
    jobs.c.submitted_at,
    jobs.c.due_at,
    jobs.c.error_type,
    # Always null, yet SQLite looks at the row for it where it is not here.
    jobs.c.finished_at,
    jobs.c.turn,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)

# The same in the order of their submission.
Index(
    "ix_jobs_open_id",
    jobs.c.id,
    sqlite_where=text("finished_at IS NULL"),
    postgresql_where=text("finished_at IS NULL"),
)

# Who has how many turns, and whose jobs wait for one.
TURNS = text("turn IS NOT NULL AND finished_at IS NULL")
Index(
    "ix_jobs_turns",
    jobs.c.turn,
    jobs.c.owner,
    jobs.c.id,
    sqlite_where=TURNS,
    postgresql_where=TURNS,
)

# Those that have settled just now: their cards do not tell it yet.
UNFILED = text("filed_at IS NULL AND finished_at IS NOT NULL AND deleted_at IS NULL")
Index("ix_jobs_unfiled", jobs.c.id, sqlite_where=UNFILED, postgresql_where=UNFILED)

Index(
    "ix_jobs_batch",
    jobs.c.batch,
    sqlite_where=text("batch IS NOT NULL"),
    postgresql_where=text("batch IS NOT NULL"),
)

# Those to forget, for what a next attempt needs is of no use once there can be none.
Index(
    "ix_jobs_checkpoints",
    jobs.c.id,
    sqlite_where=text("finished_at IS NOT NULL AND checkpoint IS NOT NULL"),
    postgresql_where=text("finished_at IS NOT NULL AND checkpoint IS NOT NULL"),
)

# A kind's history, newest last, for what is counted and drawn of it.
Index(
    "ix_jobs_ended",
    jobs.c.kind,
    jobs.c.finished_at,
    sqlite_where=text("finished_at IS NOT NULL"),
    postgresql_where=text("finished_at IS NOT NULL"),
)

# Those that do the same, in their order.
Index(
    "ix_jobs_fingerprint",
    jobs.c.fingerprint,
    jobs.c.id,
    sqlite_where=text("fingerprint IS NOT NULL"),
    postgresql_where=text("fingerprint IS NOT NULL"),
)

attempts = Table(
    "attempts",
    metadata,
    _job(primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("worker", String(36), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("message", String(36), nullable=False),
    Column("delivery_count", Integer, nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("ended_at", Timestamp),
    Column("ending", _words(Ending, "ending")),
    Column("note", String(1000), nullable=False, server_default=""),
    CheckConstraint("(ending IS NULL) = (ended_at IS NULL)", name="ended_has_a_time"),
)

# What the end of a worker cut short; few attempts are among them.
CUT_SHORT = text("ending IN ('interrupted', 'lost')")
Index(
    "ix_attempts_cut_short",
    attempts.c.worker,
    sqlite_where=CUT_SHORT,
    postgresql_where=CUT_SHORT,
)

log_lines = Table(
    "log_lines",
    metadata,
    _job(primary_key=True),
    Column("attempt", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", Timestamp, nullable=False),
    Column("level", String(10), nullable=False),
    Column("text", Text, nullable=False),
)

files = Table(
    "files",
    metadata,
    _id(primary_key=True),
    _job(index=True),  # Null for an upload: it can serve several jobs, by `job_uploads`.
    Column("attempt", Integer),
    Column("owner", String(100), nullable=False),
    Column("name", String(255), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    CheckConstraint("(job IS NULL) = (attempt IS NULL)", name="output_has_an_attempt"),
)

# All that the sum of a person's files needs, without a look at the table.
Index("ix_files_owner", files.c.owner, files.c.size)

job_uploads = Table(
    "job_uploads",
    metadata,
    _job(primary_key=True),
    Column("file", ForeignKey("files.id"), primary_key=True, index=True),
)

# Uploads that are not whole yet. How much of one there is, only the storage knows.
partial_uploads = Table(
    "partial_uploads",
    metadata,
    _id(primary_key=True),
    Column("owner", String(100), nullable=False),
    Column("name", String(255), nullable=False),
    Column("length", BigInteger, nullable=False),
    # As the client sent it, who asks for it back.
    Column("description", Text, nullable=False),
    Column("touched_at", Timestamp, nullable=False),
    # The request that writes now, and until when it counts as alive without another word.
    Column("writer", String(36)),
    Column("writer_until", Timestamp),
    CheckConstraint("(writer IS NULL) = (writer_until IS NULL)", name="writer_has_a_time"),
)
Index("ix_partial_uploads_owner", partial_uploads.c.owner, partial_uploads.c.length)

workers = Table(
    "workers",
    metadata,
    _id(primary_key=True),
    Column("name", String(200), nullable=False),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("queues", JSON, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("version", String(50), nullable=False),
    Column("started_at", Timestamp, nullable=False),
    Column("beat_at", Timestamp, nullable=False),
    Column("stopping_at", Timestamp),
    # What it said of itself with its last beats.
    Column("vitals", JSON(none_as_null=True)),
    # What operators ask of it; its clock reads that.
    Column("draining_at", Timestamp),
    Column("draining_by", String(100)),
    Column("wanted", Integer),
    Column("renew_at", Timestamp),
    Column("stop_at", Timestamp),
)

# Those that somebody paused, by name; any other queue has no row.
queues = Table(
    "queues",
    metadata,
    Column("name", String(100), primary_key=True),
    Column("paused_at", Timestamp, nullable=False),
    Column("paused_by", String(100), nullable=False),
    Column("why", String(500), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(50), primary_key=True),
    Column("holder", String(36), nullable=False),
    Column("until", Timestamp, nullable=False),
)

dead_letters = Table(
    "dead_letters",
    metadata,
    _id(primary_key=True),
    Column("received_at", Timestamp, nullable=False),
    Column("job", String(36)),  # As the message says; no such job need exist.
    Column("queue", String(100), nullable=False),
    Column("reason", String(200), nullable=False),
    Column("headers", JSON, nullable=False),
    Column("body", Text, nullable=False),
    # Whoever asked first to have it run as a job, and the job, once there is one.
    Column("requeued_at", Timestamp),
    Column("requeued_by", String(100)),
    Column("requeued_as", String(36)),
)

users = Table(
    "users",
    metadata,
    _id(primary_key=True),
    Column("name", String(100), nullable=False, unique=True),
    Column("password", String(200)),  # An argon2 hash, or null: signs in by link only.
    Column("created_at", Timestamp, nullable=False),
)

tokens = Table(
    "tokens",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("user", ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("created_at", Timestamp, nullable=False),
    # Set for a sign-in link, which is a token that opens one session; null for an API token.
    Column("link_until", Timestamp),
)

# Attempts to sign in that are still remembered, by a digest of the name and where they came from.
guesses = Table(
    "guesses",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("until", Timestamp, nullable=False),
)
