"""The card index, by which jobs are listed, counted and searched."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

import ledger.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXES = {
    "state": ["state", "job", "cause", "kind", "owner", "queue", "submitted_at"],
    "kind_state": ["kind", "state", "job", "cause", "owner", "queue", "submitted_at"],
    "owner_state": ["owner", "state", "job", "cause", "kind", "queue", "submitted_at"],
    "queue_state": ["queue", "state", "job", "cause", "kind", "owner", "submitted_at"],
    "owner_kind_state": ["owner", "kind", "state", "job", "cause", "queue", "submitted_at"],
}

# The words are kept in `cards` alone; SQLite's own table of them has only the index.
MAKE_WORDS = """
CREATE VIRTUAL TABLE card_words USING fts5(
    text, content='cards', content_rowid='number', tokenize="unicode61 remove_diacritics 0"
)
"""
WHEN_MADE = """
CREATE TRIGGER cards_made AFTER INSERT ON cards BEGIN
    INSERT INTO card_words (rowid, text) VALUES (new.number, new.text);
END
"""
WHEN_GONE = """
CREATE TRIGGER cards_gone AFTER DELETE ON cards BEGIN
    INSERT INTO card_words (card_words, rowid, text) VALUES ('delete', old.number, old.text);
END
"""
WHEN_CHANGED = """
CREATE TRIGGER cards_changed AFTER UPDATE OF text ON cards WHEN old.text <> new.text BEGIN
    INSERT INTO card_words (card_words, rowid, text) VALUES ('delete', old.number, old.text);
    INSERT INTO card_words (rowid, text) VALUES (new.number, new.text);
END
"""


def upgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("filed_at", ledger.database.Timestamp(), nullable=True))
        batch_op.create_index(
            "ix_jobs_unfiled",
            ["id"],
            unique=False,
            sqlite_where=sa.text("filed_at IS NULL"),
            postgresql_where=sa.text("filed_at IS NULL"),
        )
        batch_op.create_index(
            "ix_jobs_batch",
            ["batch"],
            unique=False,
            sqlite_where=sa.text("batch IS NOT NULL"),
            postgresql_where=sa.text("batch IS NOT NULL"),
        )

    op.create_table(
        "cards",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("job", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("cause", sa.String(length=16), nullable=True),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("queue", sa.String(length=100), nullable=False),
        sa.Column("submitted_at", ledger.database.Timestamp(), nullable=False),
        sa.Column("error", sa.String(length=200), nullable=True),
        sa.Column("text", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(
            ["job"], ["jobs.id"], name=op.f("fk_cards_job"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_cards")),
        sa.UniqueConstraint("job", name=op.f("uq_cards_job")),
    )
    settled = sa.text("state IS NOT NULL")
    for name, columns in INDEXES.items():
        op.create_index(
            f"ix_cards_{name}",
            "cards",
            columns,
            sqlite_where=settled,
            postgresql_where=settled,
        )
    failed = sa.text("error IS NOT NULL")
    op.create_index(
        "ix_cards_error_state",
        "cards",
        ["error", "state", "job"],
        sqlite_where=failed,
        postgresql_where=failed,
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in (MAKE_WORDS, WHEN_MADE, WHEN_GONE, WHEN_CHANGED):
            op.execute(statement)
    else:
        op.create_index("ix_cards_text", "cards", ["text"], postgresql_using="gin")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE card_words")
    op.drop_table("cards")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_jobs_unfiled",
            sqlite_where=sa.text("filed_at IS NULL"),
            postgresql_where=sa.text("filed_at IS NULL"),
        )
        batch_op.drop_index(
            "ix_jobs_batch",
            sqlite_where=sa.text("batch IS NOT NULL"),
            postgresql_where=sa.text("batch IS NOT NULL"),
        )
        batch_op.drop_column("filed_at")
