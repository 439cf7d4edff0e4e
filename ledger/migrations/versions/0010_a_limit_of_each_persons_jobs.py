"""A limit of each person's jobs: which have their turn, and which are held back."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

OPEN = sa.text("finished_at IS NULL")
TURNS = sa.text("turn IS NOT NULL AND finished_at IS NULL")
BEFORE = [
    *("state", "sent_at", "id", "queue", "kind"),
    *("owner", "submitted_at", "due_at", "error_type", "finished_at"),
]


def _make(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    # With its checks, which SQLite takes only here: else the whole table would have to be copied.
    op.execute(
        "ALTER TABLE jobs ADD COLUMN turn VARCHAR(16)"
        " CONSTRAINT ck_jobs_turn CHECK (turn IN ('held', 'taken'))"
        " CONSTRAINT ck_jobs_held_is_unsent CHECK (turn <> 'held' OR sent_at IS NULL)"
    )
    op.drop_index("ix_jobs_open", "jobs")
    _make("ix_jobs_open", [*BEFORE, "turn"], OPEN)
    _make("ix_jobs_turns", ["turn", "owner", "id"], TURNS)


def downgrade() -> None:
    op.drop_index("ix_jobs_turns", "jobs")
    op.drop_index("ix_jobs_open", "jobs")
    _make("ix_jobs_open", BEFORE, OPEN)
    op.drop_column("jobs", "turn")
