"""What running again needs: what a job did, what its kind asked for, and presets."""

import sqlalchemy as sa
from alembic import op

import ledger.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.add_column(sa.Column("fingerprint", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("signature", sa.String(length=32), nullable=True))
        batch_op.create_index(
            "ix_jobs_fingerprint",
            ["fingerprint", "id"],
            unique=False,
            sqlite_where=sa.text("fingerprint IS NOT NULL"),
            postgresql_where=sa.text("fingerprint IS NOT NULL"),
        )
    op.create_table(
        "signatures",
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_signatures")),
    )
    op.create_table(
        "presets",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=100), nullable=False),
        sa.Column("owner", sa.String(length=100), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("signature", sa.String(length=32), nullable=False),
        sa.Column("changed_at", ledger.database.Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presets")),
        sa.UniqueConstraint("kind", "owner", "name", name=op.f("uq_presets_kind_owner_name")),
    )
    op.create_table(
        "preset_uploads",
        sa.Column("preset", sa.String(length=36), nullable=False),
        sa.Column("file", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(["file"], ["files.id"], name=op.f("fk_preset_uploads_file")),
        sa.ForeignKeyConstraint(
            ["preset"],
            ["presets.id"],
            name=op.f("fk_preset_uploads_preset"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("preset", "file", name=op.f("pk_preset_uploads")),
    )
    with op.batch_alter_table("preset_uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_preset_uploads_file"), ["file"], unique=False)


def downgrade() -> None:
    op.drop_table("preset_uploads")
    op.drop_table("presets")
    op.drop_table("signatures")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_fingerprint")
        batch_op.drop_column("signature")
        batch_op.drop_column("fingerprint")
