"""What is counted of the past, for charts."""

import sqlalchemy as sa
from alembic import op

import ledger.database

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_ended",
            ["kind", "finished_at"],
            unique=False,
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )

    op.create_table(
        "hours",
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("begins_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("counted_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("succeeded", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("waits", sa.JSON(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.CheckConstraint("begins_at % 3600000000 = 0", name=op.f("ck_hours_begins_on_the_hour")),
        sa.PrimaryKeyConstraint("kind", "begins_at", name=op.f("pk_hours")),
    )
    op.create_table(
        "queue_samples",
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("at", ledger.database.Timestamp(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.CheckConstraint("at % 60000000 = 0", name=op.f("ck_queue_samples_at_a_minute")),
        sa.PrimaryKeyConstraint("queue", "at", name=op.f("pk_queue_samples")),
    )


def downgrade() -> None:
    op.drop_table("queue_samples")
    op.drop_table("hours")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_jobs_ended",
            sqlite_where=sa.text("finished_at IS NOT NULL"),
            postgresql_where=sa.text("finished_at IS NOT NULL"),
        )
