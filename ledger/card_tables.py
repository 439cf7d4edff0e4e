"""The card index: of each job a small card, made a moment later, that is listed and searched fast.

Of a settled job it says what lists are filtered by, so that they need no index on `jobs`, which
each submit and settle would have to keep. Of an open job it has the text alone.
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR

from ledger.database import Timestamp
from ledger.schema import metadata

cards = Table(
    "cards",
    metadata,
    # In the order of their making, which is nearly that of the jobs.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("job", ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False, unique=True),
    # Null while the job is open: its row alone knows.
    Column("state", String(16)),
    Column("cause", String(16)),
    Column("kind", String(100), nullable=False),
    Column("owner", String(100), nullable=False),
    Column("queue", String(100), nullable=False),
    Column("submitted_at", Timestamp, nullable=False),
    Column("error", String(200)),
    # Words. On SQLite the table of its full text search, `card_words`, follows by triggers; on
    # PostgreSQL there is an index.
    Column("text", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
)


def _by(*first: Column[str]) -> None:
    """Index settled jobs by some columns, newest first.

    The other columns are in it too, so that what a filter asks besides needs no look at the table.
    """
    facets = (cards.c.cause, cards.c.kind, cards.c.owner, cards.c.queue, cards.c.submitted_at)
    Index(
        f"ix_cards_{'_'.join(column.name for column in first)}",
        *first,
        cards.c.job,
        *(facet for facet in facets if facet not in set(first)),
        sqlite_where=text("state IS NOT NULL"),
        postgresql_where=text("state IS NOT NULL"),
    )


_by(cards.c.state)
_by(cards.c.kind, cards.c.state)
_by(cards.c.owner, cards.c.state)
_by(cards.c.queue, cards.c.state)
_by(cards.c.owner, cards.c.kind, cards.c.state)

Index(
    "ix_cards_error_state",
    cards.c.error,
    cards.c.state,
    cards.c.job,
    sqlite_where=text("error IS NOT NULL"),
    postgresql_where=text("error IS NOT NULL"),
)
