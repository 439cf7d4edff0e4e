"""The first tables."""

import sqlalchemy as sa
from alembic import op

import ledger.database

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("received_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("job", sa.String(length=36), nullable=True),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("headers", sa.JSON(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dead_letters")),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("priority", sa.Integer(), server_default="0", nullable=False),
        sa.Column("batch", sa.String(length=36), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "PENDING",
                "STARTED",
                "RETRY",
                "SUCCESS",
                "FAILURE",
                "REVOKED",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=False,
        ),
        sa.Column(
            "cause",
            sa.Enum(
                "error",
                "timeout",
                "crashed",
                name="cause",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("submitted_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("sent_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("started_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("finished_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("cancel_requested_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("deleted_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("retried_from", sa.String(length=36), nullable=True),
        sa.Column("worker", sa.String(length=36), nullable=True),
        sa.Column("message", sa.String(length=36), nullable=True),
        sa.Column("delivery_count", sa.Integer(), nullable=True),
        sa.Column("progress_done", sa.Float(), server_default="0", nullable=False),
        sa.Column("progress_total", sa.Float(), nullable=True),
        sa.Column("progress_text", sa.String(length=500), server_default="", nullable=False),
        sa.Column("progress_begun", sa.Float(), server_default="0", nullable=False),
        sa.Column("checkpoint", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("result", sa.JSON(), nullable=True),
        sa.Column("error_type", sa.String(length=200), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("error_traceback", sa.Text(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "(state = 'FAILURE') = (cause IS NOT NULL)", name=op.f("ck_jobs_failure_has_a_cause")
        ),
        sa.CheckConstraint(
            "(state IN ('SUCCESS', 'FAILURE', 'REVOKED')) = (finished_at IS NOT NULL)",
            name=op.f("ck_jobs_settled_has_an_end"),
        ),
        sa.CheckConstraint(
            "state <> 'RETRY' OR due_at IS NOT NULL", name=op.f("ck_jobs_retry_has_a_time")
        ),
        sa.CheckConstraint(
            "deleted_at IS NULL OR finished_at IS NOT NULL", name=op.f("ck_jobs_deleted_has_an_end")
        ),
        sa.CheckConstraint(
            "state <> 'STARTED' OR (attempt > 0 AND worker IS NOT NULL AND message IS NOT NULL AND delivery_count IS NOT NULL AND started_at IS NOT NULL)",
            name=op.f("ck_jobs_started_has_an_attempt"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("owner", "idempotency_key", name=op.f("uq_jobs_owner_idempotency_key")),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_open",
            ["state", "sent_at", "id", "queue", "kind"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.create_index(
            "ix_jobs_checkpoints",
            ["id"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NOT NULL AND checkpoint IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL AND checkpoint IS NOT NULL"),
        )

    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=50), nullable=False),
        sa.Column("holder", sa.String(length=36), nullable=False),
        sa.Column("until", ledger.database.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "guesses",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("until", ledger.database.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_guesses")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("password", sa.String(length=200), nullable=True),
        sa.Column("created_at", ledger.database.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("host", sa.String(length=200), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("queues", sa.JSON(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=50), nullable=False),
        sa.Column("started_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("beat_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("stopping_at", ledger.database.Timestamp(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workers")),
    )
    op.create_table(
        "attempts",
        sa.Column("job", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=36), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("message", sa.String(length=36), nullable=False),
        sa.Column("delivery_count", sa.Integer(), nullable=False),
        sa.Column("started_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("ended_at", ledger.database.Timestamp(), nullable=True),
        sa.Column(
            "ending",
            sa.Enum(
                "succeeded",
                "failed",
                "retried",
                "timed out",
                "cancelled",
                "interrupted",
                "crashed",
                "lost",
                name="ending",
                native_enum=False,
                create_constraint=True,
                length=16,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.String(length=1000), server_default="", nullable=False),
        sa.CheckConstraint(
            "(ending IS NULL) = (ended_at IS NULL)", name=op.f("ck_attempts_ended_has_a_time")
        ),
        sa.ForeignKeyConstraint(
            ["job"], ["jobs.id"], name=op.f("fk_attempts_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job", "number", name=op.f("pk_attempts")),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("job", sa.String(length=36), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=True),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", ledger.database.Timestamp(), nullable=False),
        sa.CheckConstraint(
            "(job IS NULL) = (attempt IS NULL)", name=op.f("ck_files_output_has_an_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["job"], ["jobs.id"], name=op.f("fk_files_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_files_job"), ["job"], unique=False)
        batch_op.create_index("ix_files_owner", ["owner", "size"], unique=False)

    op.create_table(
        "partial_uploads",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("touched_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("writer", sa.String(length=36), nullable=True),
        sa.Column("writer_until", ledger.database.Timestamp(), nullable=True),
        sa.CheckConstraint(
            "(writer IS NULL) = (writer_until IS NULL)",
            name=op.f("ck_partial_uploads_writer_has_a_time"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partial_uploads")),
    )
    with op.batch_alter_table("partial_uploads", schema=None) as batch_op:
        batch_op.create_index("ix_partial_uploads_owner", ["owner", "length"], unique=False)

    op.create_table(
        "log_lines",
        sa.Column("job", sa.String(length=36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", ledger.database.Timestamp(), nullable=False),
        sa.Column("level", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job"], ["jobs.id"], name=op.f("fk_log_lines_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job", "attempt", "number", name=op.f("pk_log_lines")),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("user", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("link_until", ledger.database.Timestamp(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user"], ["users.id"], name=op.f("fk_tokens_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_tokens")),
    )
    op.create_table(
        "job_uploads",
        sa.Column("job", sa.String(length=36), nullable=False),
        sa.Column("file", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name=op.f("fk_job_uploads_file")),
        sa.ForeignKeyConstraint(
            ["job"], ["jobs.id"], name=op.f("fk_job_uploads_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job", "file", name=op.f("pk_job_uploads")),
    )
    with op.batch_alter_table("job_uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_uploads_file"), ["file"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("job_uploads", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_job_uploads_file"))

    op.drop_table("job_uploads")
    op.drop_table("tokens")
    op.drop_table("log_lines")
    with op.batch_alter_table("partial_uploads", schema=None) as batch_op:
        batch_op.drop_index("ix_partial_uploads_owner")

    op.drop_table("partial_uploads")
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index("ix_files_owner")
        batch_op.drop_index(batch_op.f("ix_files_job"))

    op.drop_table("files")
    op.drop_table("attempts")
    op.drop_table("workers")
    op.drop_table("users")
    op.drop_table("guesses")
    op.drop_table("leases")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_jobs_open",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_jobs_checkpoints",
            sqlite_where=sa.text("finished_at IS NOT NULL AND checkpoint IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL AND checkpoint IS NOT NULL"),
        )

    op.drop_table("jobs")
    op.drop_table("dead_letters")
