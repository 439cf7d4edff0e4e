"""People and the secrets they sign in with; only digests and hashes are kept."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from uuid_utils import uuid7

from ledger.database import Database
from ledger.errors import NameTaken
from ledger.schema import tokens, users


@dataclass(frozen=True, slots=True)
class User:
    """A person; `password` is an argon2 hash, or None for one who signs in by link only."""

    id: str
    name: str
    password: str | None


_USER = (users.c.id, users.c.name, users.c.password)
# Asked with every request of a program, so that a token which is gone opens nothing any more; and
# so put together once.
_WITH_TOKEN = select(*_USER).where(
    tokens.c.user == users.c.id,
    tokens.c.digest == bindparam("digest"),
    tokens.c.link_until.is_(None),
)


class Users:
    """The rows of people, their API tokens and sign-in links."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, password: str | None = None) -> User:
        """Add a person.

        Raises:
            NameTaken: somebody else has it.
        """
        user = User(str(uuid7()), name, password)
        with _unique(name), self._database.write() as connection:
            connection.execute(
                insert(users).values(
                    id=user.id, name=name, password=password, created_at=self._database.now
                )
            )
        return user

    def first(self) -> User | None:
        """Return the person who was added first, or None where nobody is."""
        return self._one(select(*_USER).order_by(users.c.created_at, users.c.id).limit(1))

    def named(self, name: str) -> User | None:
        """Return the person of that name, or None."""
        return self._one(select(*_USER).where(users.c.name == name))

    def names(self, limit: int) -> list[str]:
        """Return people's names in the order of the alphabet, at most `limit`."""
        query = select(users.c.name).order_by(users.c.name).limit(limit)
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def get(self, user_id: str) -> User | None:
        """Return the person, or None."""
        return self._one(select(*_USER).where(users.c.id == user_id))

    def rename(self, user: User, name: str, password: str) -> None:
        """Set a person's name and password hash.

        Raises:
            NameTaken: somebody else has it.
        """
        with _unique(name), self._database.write() as connection:
            connection.execute(
                update(users).where(users.c.id == user.id).values(name=name, password=password)
            )

    def new_token(self, user: User, name: str) -> str:
        """Make a secret for the API; it is returned once and kept only as a digest."""
        return self._new_secret(user, name, None)

    def new_link(self, user: User, seconds: float) -> str:
        """Make the secret of a link that signs in once, within that time."""
        return self._new_secret(user, "sign-in link", seconds)

    def _new_secret(self, user: User, name: str, link_for: float | None) -> str:
        secret = secrets.token_urlsafe(32)
        until = None if link_for is None else self._database.ago(-link_for)
        with self._database.write() as connection:
            connection.execute(delete(tokens).where(tokens.c.link_until < self._database.now))
            connection.execute(
                insert(tokens).values(
                    digest=_digest(secret),
                    user=user.id,
                    name=name,
                    created_at=self._database.now,
                    link_until=until,
                )
            )
        return secret

    def with_token(self, secret: str) -> User | None:
        """Return whose API token this is, or None."""
        return self._one(_WITH_TOKEN, digest=_digest(secret))

    def use_link(self, secret: str) -> User | None:
        """Spend a sign-in link and return whose it was; None if it is spent, late or unknown."""
        spent = (
            delete(tokens)
            .where(tokens.c.digest == _digest(secret), tokens.c.link_until > self._database.now)
            .returning(tokens.c.user)
        )
        with self._database.write() as connection:
            holder = connection.execute(spent).scalar_one_or_none()
        return None if holder is None else self.get(holder)

    def _one(self, query: Select[tuple[str, str, str | None]], **values: str) -> User | None:
        with self._database.read() as connection:
            row = connection.execute(query, values).one_or_none()
        return None if row is None else User(row.id, row.name, row.password)


@contextmanager
def _unique(name: str) -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise NameTaken(name) from error


def _digest(secret: str) -> str:
    # A fast hash is enough: the secret is 256 random bits, so there is nothing to guess.
    return hashlib.sha256(secret.encode()).hexdigest()
