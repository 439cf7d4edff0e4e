"""People as the sign-in page, the account page and the command line know them."""

from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from ledger import Ledger
from ledger.errors import NameTaken
from ledger.users import User
from webapp import passwords
from webapp.mistakes import Mistake, WrongInputs

FIRST = "admin"  # What the first person is called until they change it.
LONGEST_NAME = 100  # characters
LINK_LIFETIME = 600  # seconds
GUESSES = 10  # at one person's password, from one place, …
REMEMBERED_FOR = 600  # … within so many seconds


class TooManyGuesses(Exception):
    """A password is guessed too often; `wait` is how long no further guess is looked at."""

    def __init__(self, wait: timedelta) -> None:
        self.wait = wait
        minutes = -(-int(wait.total_seconds()) // 60) or 1
        super().__init__(
            f"Too many attempts. Wait {minutes} minute{'s' * (minutes > 1)} and try again, or sign"
            " in with a link."
        )


def first(ledger: Ledger) -> User:
    """Return the person who was here first; without one, make one who has no password yet.

    Raises:
        LedgerUnavailable: the database does not answer.
    """
    found = ledger.users.first()
    if found is not None:
        return found
    try:
        return ledger.users.add(FIRST)
    except NameTaken:  # Another process made the first person in this moment.
        return first(ledger)


def signing_in(ledger: Ledger, name: str, password: str, address: str) -> User | None:
    """Return the person of this name and password, or None; it tells nobody which names there are.

    Args:
        ledger: where people are.
        name: as it was typed.
        password: as it was typed.
        address: where the request came from.

    Raises:
        TooManyGuesses: this was tried too often from there; the password is not looked at.
        LedgerUnavailable: the database does not answer.
    """
    about = f"{name.strip()} {network(address)}"
    # Counted before it is looked at, so that guesses at the same time are no way around it.
    counted = ledger.guesses.count(about, REMEMBERED_FOR)
    if counted.number > GUESSES:
        raise TooManyGuesses(counted.left)
    user = ledger.users.named(name.strip())
    if not passwords.matches(user, password):
        return None
    ledger.guesses.forget(about)
    return user


def network(address: str) -> str:
    """Return an address as it counts for guesses: of IPv6, people have a whole network each."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address  # A socket in a folder has none.
    return parsed.exploded[:19] if isinstance(parsed, IPv6Address) else address


def add(ledger: Ledger, name: str, password: str) -> User:
    """Add a person.

    Raises:
        WrongInputs: the name or the password will not do.
        LedgerUnavailable: the database does not answer.
    """
    _require(name=_wrong_name(name), password=_wrong_password(password))
    try:
        return ledger.users.add(name.strip(), passwords.hashed(password))
    except NameTaken as error:
        raise WrongInputs([Mistake("name", str(error))]) from error


def change(ledger: Ledger, user: User, *, name: str, password: str, current: str) -> User:
    """Give a person this name and, unless it is empty, this password; return them as they are now.

    Args:
        ledger: where people are.
        user: who is changed.
        name: may be the name they have.
        password: the new one; needed where there was none.
        current: the one they have, if they have one.

    Raises:
        WrongInputs: with everything that will not do.
        LedgerUnavailable: the database does not answer.
    """
    refused = user.password is not None and not passwords.matches(user, current)
    _require(
        name=_wrong_name(name),
        current="This is not your current password." if refused else "",
        password=_wrong_password(password) if password or not user.password else "",
    )
    kept = passwords.hashed(password) if password else user.password or ""
    try:
        ledger.users.rename(user, name.strip(), kept)
    except NameTaken as error:
        raise WrongInputs([Mistake("name", str(error))]) from error
    return User(user.id, name.strip(), kept)


def _wrong_name(name: str) -> str:
    if not name.strip():
        return "A name is needed."
    if len(name.strip()) > LONGEST_NAME or not name.isprintable():
        return f"Must be a line of at most {LONGEST_NAME} characters."
    return ""


def _wrong_password(password: str) -> str:
    if len(password) < passwords.SHORTEST:
        return f"Must have at least {passwords.SHORTEST} characters."
    if len(password) > passwords.LONGEST:
        return f"Must have at most {passwords.LONGEST} characters."
    return ""


def _require(**wrong: str) -> None:
    mistakes = [Mistake(field, message) for field, message in wrong.items() if message]
    if mistakes:
        raise WrongInputs(mistakes)
