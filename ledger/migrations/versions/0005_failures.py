"""Groups of failures, and what was done about dead letters."""

import sqlalchemy as sa
from alembic import op

import ledger.database

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "failure_groups",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
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
            nullable=False,
        ),
        sa.Column("error_type", sa.String(length=200), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=300), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.Column("first_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("last_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("newest", sa.String(length=36), nullable=False),
        sa.Column("version", sa.String(length=64), nullable=False),
        sa.Column("known_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("known_by", sa.String(length=100), nullable=True),
        sa.Column("known_note", sa.String(length=1000), nullable=True),
        sa.Column("known_version", sa.String(length=64), nullable=True),
        sa.CheckConstraint(
            "(known_at IS NULL) = (known_by IS NULL) AND (known_at IS NULL) = (known_note IS NULL)"
            " AND (known_at IS NULL) = (known_version IS NULL)",
            name=op.f("ck_failure_groups_known_by_somebody"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failure_groups")),
    )
    op.create_index(op.f("ix_failure_groups_last_at"), "failure_groups", ["last_at"])
    op.create_table(
        "failure_hours",
        sa.Column("failure", sa.String(length=16), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("jobs", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["failure"],
            ["failure_groups.id"],
            name=op.f("fk_failure_hours_failure"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("failure", "hour", "owner", name=op.f("pk_failure_hours")),
    )
    op.create_index(op.f("ix_failure_hours_hour"), "failure_hours", ["hour"])
    op.add_column("jobs", sa.Column("failure", sa.String(length=16), nullable=True))
    unnamed = sa.text("state = 'FAILURE' AND failure IS NULL")
    op.create_index(
        "ix_jobs_unnamed", "jobs", ["id"], sqlite_where=unnamed, postgresql_where=unnamed
    )
    named = sa.text("failure IS NOT NULL")
    op.create_index(
        "ix_jobs_failure", "jobs", ["failure", "id"], sqlite_where=named, postgresql_where=named
    )
    again = sa.text("retried_from IS NOT NULL")
    op.create_index(
        "ix_jobs_retried_from",
        "jobs",
        ["retried_from", "id"],
        sqlite_where=again,
        postgresql_where=again,
    )
    op.add_column(
        "dead_letters", sa.Column("requeued_at", ledger.database.Timestamp(), nullable=True)
    )
    op.add_column("dead_letters", sa.Column("requeued_by", sa.String(length=100), nullable=True))
    op.add_column("dead_letters", sa.Column("requeued_as", sa.String(length=36), nullable=True))


def downgrade() -> None:
    for column in ("requeued_as", "requeued_by", "requeued_at"):
        op.drop_column("dead_letters", column)
    for index in ("ix_jobs_retried_from", "ix_jobs_failure", "ix_jobs_unnamed"):
        op.drop_index(index, table_name="jobs")
    op.drop_column("jobs", "failure")
    op.drop_table("failure_hours")
    op.drop_table("failure_groups")
