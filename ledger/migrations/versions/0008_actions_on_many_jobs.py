"""Actions on many jobs."""

import sqlalchemy as sa
from alembic import op

import ledger.database

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _one_of(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=16)


VERBS = ("cancel", "retry", "delete")
STAGES = ("choosing", "doing", "done", "undoing", "undone", "removing", "removed")
OUTCOMES = (
    *("cancelled", "stopping", "retried", "sooner", "deleted"),
    *("ended", "running", "waiting", "gone", "not yours", "no kind", "no files"),
    *("queued again", "taken back", "restored", "begun", "stuck"),
)


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("verb", _one_of("verb", *VERBS), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("matching", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("until", ledger.database.Timestamp(), nullable=False),
        sa.Column("stage", _one_of("stage", *STAGES), nullable=False),
        sa.Column("cursor", sa.String(length=36), server_default="", nullable=False),
        sa.Column("expected", sa.Integer(), nullable=False),
        sa.Column("matched", sa.Integer(), nullable=False),
        sa.Column("tally", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("asked_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("ended_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("undo_until", ledger.database.Timestamp(), nullable=True),
        sa.Column("next_at", ledger.database.Timestamp(), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "stage <> 'choosing' OR matching IS NOT NULL",
            name=op.f("ck_actions_choosing_needs_a_filter"),
        ),
        sa.CheckConstraint(
            "stage NOT IN ('choosing', 'doing', 'undoing', 'removing') OR next_at IS NOT NULL",
            name=op.f("ck_actions_what_goes_on_has_a_time"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_actions")),
        sa.UniqueConstraint(
            "owner", "idempotency_key", name=op.f("uq_actions_owner_idempotency_key")
        ),
    )
    op.create_index(op.f("ix_actions_next_at"), "actions", ["next_at"], unique=False)
    op.create_table(
        "action_jobs",
        sa.Column("action", sa.String(length=36), nullable=False),
        sa.Column("job", sa.String(length=36), nullable=False),
        sa.Column("outcome", _one_of("outcome", *OUTCOMES), nullable=True),
        sa.Column("made", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["action"], ["actions.id"], name=op.f("fk_action_jobs_action"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("action", "job", name=op.f("pk_action_jobs")),
    )
    op.create_index(
        "ix_action_jobs_outcome", "action_jobs", ["action", "outcome", "job"], unique=False
    )


def downgrade() -> None:
    op.drop_table("action_jobs")
    op.drop_table("actions")
