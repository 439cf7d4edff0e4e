"""What operators ask of queues and workers."""

import sqlalchemy as sa
from alembic import op

import ledger.database

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queues",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("paused_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("paused_by", sa.String(length=100), nullable=False),
        sa.Column("why", sa.String(length=500), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_queues")),
    )
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("vitals", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("draining_at", ledger.database.Timestamp(), nullable=True))
        batch_op.add_column(sa.Column("draining_by", sa.String(length=100), nullable=True))
        batch_op.add_column(sa.Column("wanted", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("renew_at", ledger.database.Timestamp(), nullable=True))
        batch_op.add_column(sa.Column("stop_at", ledger.database.Timestamp(), nullable=True))
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_attempts_cut_short",
            ["worker"],
            unique=False,
            sqlite_where=sa.text("ending IN ('interrupted', 'lost')"),
            postgresql_where=sa.text("ending IN ('interrupted', 'lost')"),
        )


def downgrade() -> None:
    with op.batch_alter_table("attempts", schema=None) as batch_op:
        batch_op.drop_index("ix_attempts_cut_short")
    with op.batch_alter_table("workers", schema=None) as batch_op:
        for name in ("stop_at", "renew_at", "wanted", "draining_by", "draining_at", "vitals"):
            batch_op.drop_column(name)
    op.drop_table("queues")
