"""Passwords and what is kept of them: argon2 hashes, made and checked one at a time."""

import hashlib
import secrets
from functools import cache
from threading import Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ledger.users import User

LONGEST = 1000  # characters
SHORTEST = 8

_hasher = PasswordHasher()
# Each takes 64 MB and a twentieth of a second: in a row, guesses are slow and memory stays bounded.
_one_at_a_time = Lock()


def hashed(password: str) -> str:
    """Return what may be kept of a password."""
    with _one_at_a_time:
        return _hasher.hash(password)


def matches(user: User | None, password: str) -> bool:
    """Return whether this is the person's password; it takes as long where there is no person."""
    kept = user.password if user is not None and user.password else _nobodys()
    try:
        with _one_at_a_time:
            _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None and user.password is not None


@cache
def _nobodys() -> str:
    return hashed(secrets.token_urlsafe())


def fingerprint(user: User) -> str:
    """Return a mark that changes with the password, so that older sessions can be told apart."""
    return hashlib.sha256((user.password or "").encode()).hexdigest()[:16]
