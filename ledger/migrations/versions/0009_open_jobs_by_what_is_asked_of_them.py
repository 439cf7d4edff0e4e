"""Open jobs by what lists ask of them, and apart from those that have settled just now."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

OPEN = sa.text("finished_at IS NULL")
UNFILED = sa.text("filed_at IS NULL AND finished_at IS NOT NULL AND deleted_at IS NULL")
BEFORE = sa.text("filed_at IS NULL")

BY_STATE = ["state", "sent_at", "id", "queue", "kind"]
ASKED = ["owner", "submitted_at", "due_at", "error_type", "finished_at"]


def _make(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.drop_index("ix_jobs_open", "jobs")
    op.drop_index("ix_jobs_unfiled", "jobs")
    _make("ix_jobs_open", BY_STATE + ASKED, OPEN)
    _make("ix_jobs_open_id", ["id"], OPEN)
    _make("ix_jobs_unfiled", ["id"], UNFILED)


def downgrade() -> None:
    for name in ("ix_jobs_open", "ix_jobs_open_id", "ix_jobs_unfiled"):
        op.drop_index(name, "jobs")
    _make("ix_jobs_open", BY_STATE, OPEN)
    _make("ix_jobs_unfiled", ["id"], BEFORE)
