"""Who may come in: sessions, tokens, and a guard that turns strangers away before it reads on."""

from functools import cache
from typing import Any

from flask import Blueprint, Flask, Response, abort, g, redirect, request, url_for
from flask.sessions import SecureCookieSessionInterface
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user
from flask_wtf import CSRFProtect
from flask_wtf.csrf import validate_csrf
from itsdangerous import SignatureExpired, TimestampSigner, URLSafeTimedSerializer
from werkzeug.datastructures import WWWAuthenticate
from wtforms import ValidationError

from ledger.errors import LedgerUnavailable
from ledger.users import User
from webapp.passwords import fingerprint
from webapp.services import Services, services

API = "/api/"
READING = frozenset({"GET", "HEAD"})
WITHOUT_LEDGER = frozenset({"errors.healthz", "static", "bootstrap.static"})
OPEN = WITHOUT_LEDGER | {"security.sign_in", "security.link"}

CALL_WITH = (
    'Send a token as "Authorization: Bearer …"; the command `flask --app webapp token NAME`'
    " prints one."
)

# Pictures as data: Bootstrap's marks of checkboxes and menus are such.
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'self'; frame-ancestors 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not "no-referrer": over HTTPS, the check of a form's origin needs to see our own.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Person(UserMixin):
    """A signed-in person, as Flask-Login asks for them."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.name = user.name
        self.needs_password = user.password is None

    def get_id(self) -> str:
        """Return what the session keeps; it is worth nothing once the password has changed."""
        return f"{self.user.id}.{fingerprint(self.user)}"


class Signer(TimestampSigner):
    """Dates what it signs; a date to come is none too old, for machines' clocks differ."""

    def unsign(
        self,
        signed_value: str | bytes,
        max_age: int | None = None,
        return_timestamp: bool = False,  # noqa: FBT001, FBT002 - itsdangerous' signature
    ) -> Any:
        """Return the value, with its date if asked for.

        Raises:
            BadSignature: it was not signed by us, or more than `max_age` seconds ago.
        """
        value, signed_at = super().unsign(signed_value, return_timestamp=True)
        age = self.timestamp_to_datetime(self.get_timestamp()) - signed_at
        if max_age is not None and age.total_seconds() > max_age:
            raise SignatureExpired("The session is too old.", value, signed_at)
        return (value, signed_at) if return_timestamp else value


class Sessions(SecureCookieSessionInterface):
    """Flask's signed cookies, for HTTPS alone where they were given over HTTPS."""

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return what signs and reads the cookies."""
        serializer = super().get_signing_serializer(app)
        if serializer is not None:
            serializer.signer = Signer
        return serializer

    def get_cookie_secure(self, app: Flask) -> bool:
        """Return whether browsers may send the cookie over HTTPS only."""
        return request.is_secure or super().get_cookie_secure(app)


def guard(app: Flask, *api: Blueprint) -> None:
    """Close the app to strangers, its forms to other sites, its pages to foreign scripts.

    `api` alone takes tokens, and what has one needs no proof that a page of ours sent it.
    """
    app.session_interface = Sessions()
    LoginManager(app).user_loader(person_of_session)
    found: Services = app.extensions["postroom"]
    # Asked with the first request, and again until the answer is yes.
    require_tables = cache(found.ledger.require_current)

    @app.before_request
    def admit() -> ResponseReturnValue | None:
        if request.endpoint not in WITHOUT_LEDGER:
            require_tables()
        return turned_away()

    # After the guard: this one reads the whole body, to find the form's token in it.
    protect = CSRFProtect(app)
    for part in api:
        protect.exempt(part)
    app.after_request(with_headers)
    app.context_processor(about_the_person)


def person_of_session(kept: str) -> Person | None:
    """Return who has signed in, or None if that person is gone or has a new password."""
    user_id, _, mark = kept.partition(".")
    try:
        user = services().ledger.users.get(user_id)
    except LedgerUnavailable as error:
        # Told by the guard: Flask-Login would ask again for the page that says so, and fail again.
        g.unanswered = error
        return None
    return Person(user) if user is not None and fingerprint(user) == mark else None


def turned_away() -> ResponseReturnValue | None:
    """Answer a stranger, or return None for a person, who is then `g.person`.

    It reads no body, so a stranger's upload goes nowhere.
    """
    if request.endpoint in OPEN:
        return None
    for_api = request.path.startswith(API)
    g.person = _identified(for_api=for_api)
    if g.person is not None:
        return None
    if for_api:
        abort(401, CALL_WITH, www_authenticate=WWWAuthenticate("bearer"))
    wanted = request.full_path.rstrip("?") if request.method in READING else None
    return redirect(url_for("security.sign_in", next=wanted), 303)


def _identified(*, for_api: bool) -> Person | None:
    given = request.authorization
    if for_api and given is not None and given.type == "bearer" and given.token:
        user = services().ledger.users.with_token(given.token)
        return Person(user) if user is not None else None
    if for_api and request.method not in READING and not _sent_by_a_page_of_ours():
        return None  # A session would let other sites' pages write in its person's name.
    if current_user.is_authenticated:
        person: Person = current_user._get_current_object()  # noqa: SLF001 - werkzeug's public name
        return person
    if unanswered := g.pop("unanswered", None):
        raise unanswered
    return None


def _sent_by_a_page_of_ours() -> bool:
    """Return whether a form's token is in a header, where scripts of our pages put it."""
    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError:
        return False
    return True


def owner() -> str:
    """Return the name of the person whose request this is."""
    person: Person = g.person
    return person.name


def with_headers(response: Response) -> Response:
    """Add what keeps foreign scripts out, where a view has not set something stricter."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def about_the_person() -> dict[str, bool]:
    """Tell every template whether the person should be asked to set a password."""
    person: Person | None = g.get("person")
    return {"needs_password": person is not None and person.needs_password}
