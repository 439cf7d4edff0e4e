"""The card index: makes cards of jobs a moment after they changed, and finds cards by words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Row,
    Select,
    String,
    Text,
    TextClause,
    and_,
    bindparam,
    cast,
    column,
    delete,
    func,
    literal,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.types import TypeEngine

from ledger.card_tables import cards
from ledger.database import Database
from ledger.schema import UNFILED, jobs
from ledger.texts import searchable, words_of

PREFIX: Final = "*"  # at a phrase's end: its last word may go on

# A kind and inputs in words, without secrets; only the code of the kind knows which those are.
Summary = Callable[[str, Mapping[str, Any]], str]

_READ: Final[tuple[ColumnElement[Any], ...]] = (
    *(jobs.c.id, jobs.c.kind, jobs.c.owner, jobs.c.queue, jobs.c.submitted_at, jobs.c.inputs),
    *(jobs.c.state, jobs.c.cause, jobs.c.error_type, jobs.c.error_message, jobs.c.finished_at),
)
_KEPT: Final[dict[str, TypeEngine[Any]]] = {
    "job": String(),
    **{one.name: one.type for one in cards.c if one.name not in {"number", "job", "text"}},
    "text": Text(),  # The last one; on PostgreSQL it becomes a vector of its words.
}
_REPLACED: Final = ("state", "cause", "error", "text")
CARD_WORDS: Final = table("card_words", column("rowid"), column("card_words"))
_SIMPLE: Final[ColumnElement[str]] = literal_column("'simple'")


class Cards:
    """Makes cards, many in one transaction, so that nobody else waits for it for long."""

    def __init__(self, database: Database) -> None:
        self._database = database
        made = database.upsert(cards)
        if on_sqlite(database):
            made = made.values({name: bindparam(name, type_=kept) for name, kept in _KEPT.items()})
        else:
            # One statement for all of them costs half of what one for each does.
            many: Any = [bindparam(name, type_=ARRAY(kept)) for name, kept in _KEPT.items()]
            named = [column(name, kept) for name, kept in _KEPT.items()]
            given = func.unnest(*many).table_valued(*named).render_derived()
            values = given.c.values()[:-1]
            text = func.to_tsvector(_SIMPLE, given.c.text)
            made = made.from_select(list(_KEPT), select(*values, text))
        self._make = made.on_conflict_do_update(
            index_elements=["job"], set_={name: made.excluded[name] for name in _REPLACED}
        )
        #: How many cards to make in one transaction; on SQLite others wait for it, milliseconds.
        self.at_once = 100 if on_sqlite(database) else 500

    def file_settled(self, summary: Summary, limit: int) -> int:
        """Make the cards of jobs that have settled, oldest first; return for how many."""
        rows = self._first(limit, UNFILED)
        if not rows:
            return 0
        filed = (
            update(jobs)
            # Somebody may have deleted one since it was read.
            .where(jobs.c.id.in_([row.id for row in rows]), jobs.c.deleted_at.is_(None))
            .values(filed_at=self._database.now)
            .returning(jobs.c.id)
        )
        made = {row.id: self._card(row, summary) for row in rows}
        # What a power cut forgets is made again.
        with self._database.write_soon() as connection:
            here = connection.execute(filed).scalars().all()
            self._keep(connection, [made[job] for job in here])
        return len(rows)

    def file_open(self, summary: Summary, limit: int, after: str = "") -> str | None:
        """Make cards of open jobs that have none, oldest first, so that their words are found.

        Args:
            summary: see `Summary`.
            limit: how many at the most.
            after: an id; older jobs are not looked at.

        Returns:
            The id of the newest of them, or None where there were none.
        """
        has_none = ~select(cards.c.job).where(cards.c.job == jobs.c.id).exists()
        open_ = and_(jobs.c.finished_at.is_(None), jobs.c.id > after, has_none)
        rows = self._first(limit, open_)
        if not rows:
            return None
        made = {str(row.id): self._card(row, summary) for row in rows}
        with self._database.write_soon() as connection:
            # One that has settled meanwhile gets a better card.
            still = select(jobs.c.id).where(jobs.c.id.in_(made), jobs.c.finished_at.is_(None))
            here = connection.execute(still).scalars().all()
            self._keep(connection, [made[job] for job in here])
        newest: str = max(made)
        return newest

    def _keep(self, connection: Connection, made: list[dict[str, Any]]) -> None:
        if not made:
            return
        if on_sqlite(self._database):
            connection.execute(self._make, made)
        else:
            connection.execute(self._make, {name: [one[name] for one in made] for name in _KEPT})

    def _first(
        self, limit: int, condition: ColumnElement[bool] | TextClause
    ) -> Sequence[Row[*tuple[Any, ...]]]:
        query = select(*_READ).where(condition).order_by(jobs.c.id).limit(limit)
        with self._database.read() as connection:
            return connection.execute(query).all()

    def _card(self, row: Row[Any], summary: Summary) -> dict[str, Any]:
        settled = row.finished_at is not None
        inputs = summary(row.kind, row.inputs)
        return {
            "job": row.id,
            "kind": row.kind,
            "owner": row.owner,
            "queue": row.queue,
            "submitted_at": row.submitted_at,
            "state": row.state if settled else None,
            "cause": row.cause if settled else None,
            "error": row.error_type if settled else None,
            "text": searchable(
                row.kind, row.owner, inputs, row.error_type or "", row.error_message or ""
            ),
        }


def take_out(connection: Connection, ids: Collection[str]) -> None:
    """Remove the cards of jobs that somebody deletes, in the transaction that deletes them.

    A job whose `filed_at` is null then gets a new one, unless it stays deleted.
    """
    connection.execute(delete(cards).where(cards.c.job.in_(ids)))
    connection.execute(update(jobs).where(jobs.c.id.in_(ids)).values(filed_at=None))


def has_words(database: Database, phrases: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that a card has all of these phrases.

    A phrase is words that follow each other; where it ends in `*` its last word may go on. One
    without any word says nothing, and holds.
    """
    asked = _asked(phrases)
    if not asked:
        return literal(value=True)
    if on_sqlite(database):
        found: Select[Any] = select(CARD_WORDS.c.rowid).where(
            CARD_WORDS.c.card_words.op("MATCH")(match_text(phrases))
        )
        return cards.c.number.in_(found)
    return and_(*(cards.c.text.op("@@")(_tsquery(words, goes_on)) for words, goes_on in asked))


def has_a_word(phrases: Sequence[str]) -> bool:
    """Return whether phrases ask for anything."""
    return bool(_asked(phrases))


def match_text(phrases: Sequence[str]) -> str:
    """Return phrases in the language of SQLite's full text search, in which no word is empty."""
    # Our words are letters and digits, which mean nothing else in that language.
    return " AND ".join(f'"{" ".join(words)}"{PREFIX * on}' for words, on in _asked(phrases))


def _asked(phrases: Sequence[str]) -> list[tuple[list[str], bool]]:
    """Return the words of each phrase that has any, and whether its last word may go on."""
    asked = [(list(words_of(phrase)), phrase.rstrip().endswith(PREFIX)) for phrase in phrases]
    return [(words, goes_on) for words, goes_on in asked if words]


def _tsquery(words: Sequence[str], goes_on: bool) -> ColumnElement[Any]:  # noqa: FBT001 - of a pair
    phrase = func.phraseto_tsquery(_SIMPLE, " ".join(words))
    return cast(cast(phrase, String).op("||")(":*"), TSQUERY) if goes_on else phrase


def of_words(database: Database, phrases: Sequence[str]) -> ColumnElement[bool]:
    """Return the condition that the card of a row of `jobs` has all of these phrases."""
    return jobs.c.id.in_(select(cards.c.job).where(has_words(database, phrases)))


def on_sqlite(database: Database) -> bool:
    """Return whether words are found by SQLite's full text search, and else by PostgreSQL's."""
    return database.url.startswith("sqlite")
