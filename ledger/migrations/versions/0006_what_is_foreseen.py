"""From what it is foreseen when a waiting job starts."""

import sqlalchemy as sa
from alembic import op

import ledger.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_times",
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("ended_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("runs", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_run_times")),
    )
    op.create_table(
        "silences",
        sa.Column("of", sa.String(length=50), nullable=False),
        sa.Column("since", ledger.database.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("of", name=op.f("pk_silences")),
    )
    op.create_table(
        "estimates",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("job", sa.String(length=36), nullable=True),
        sa.Column("after", sa.String(length=36), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("made_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("foreseen", sa.Float(), nullable=False),
        sa.Column("waited", sa.Float(), nullable=True),
        sa.CheckConstraint(
            "waited IS NULL OR job IS NOT NULL", name=op.f("ck_estimates_who_waited_is_a_job")
        ),
        sa.ForeignKeyConstraint(
            ["job"], ["jobs.id"], name=op.f("fk_estimates_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
    )
    with op.batch_alter_table("estimates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_estimates_job"), ["job"], unique=False)
        batch_op.create_index("ix_estimates_queue", ["queue", "made_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("estimates", schema=None) as batch_op:
        batch_op.drop_index("ix_estimates_queue")
        batch_op.drop_index(batch_op.f("ix_estimates_job"))

    op.drop_table("estimates")
    op.drop_table("silences")
    op.drop_table("run_times")
