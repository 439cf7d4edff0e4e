"""Signing in, by password or by a link that works once; signing out; one's own account."""

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import HiddenField, PasswordField, StringField, SubmitField
from wtforms.validators import DataRequired, EqualTo

from ledger.users import User
from webapp import people
from webapp.mistakes import WrongInputs, by_field
from webapp.passwords import SHORTEST
from webapp.security import Person
from webapp.services import services

UNPROCESSABLE = 422
GONE = 410
TOO_MANY = 429

blueprint = Blueprint("security", __name__)


class SignIn(FlaskForm):
    """Name and password, and where the person wanted to go."""

    name = StringField(
        validators=[DataRequired("Your name is needed.")],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        validators=[DataRequired("Your password is needed.")],
        render_kw={"autocomplete": "current-password"},
    )
    next = HiddenField()
    submit = SubmitField("Sign in")


class Account(FlaskForm):
    """A person's own name and password; the current one is asked for where there is one."""

    name = StringField(render_kw={"autocomplete": "username"})
    current = PasswordField("Current password", render_kw={"autocomplete": "current-password"})
    password = PasswordField(
        "New password",
        description=f"At least {SHORTEST} characters.",
        render_kw={"autocomplete": "new-password"},
    )
    again = PasswordField(
        "New password again",
        validators=[EqualTo("password", "This is not the same as the new password.")],
        render_kw={"autocomplete": "new-password"},
    )
    submit = SubmitField("Save")


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Ask for name and password."""
    form = SignIn(next=request.args.get("next", ""))
    if current_user.is_authenticated:
        return redirect(own_address(form.next.data))
    if not form.validate_on_submit():
        return render_template("sign_in.html", form=form), UNPROCESSABLE if form.errors else 200
    name, address = form.name.data, request.remote_addr or ""
    try:
        user = people.signing_in(services().ledger, name, form.password.data, address)
    except people.TooManyGuesses as error:
        form.password.errors = [str(error)]
        later = {"Retry-After": str(int(error.wait.total_seconds()) + 1)}
        return render_template("sign_in.html", form=form), TOO_MANY, later
    if user is None:
        form.password.errors = ["Name and password don't belong together."]
        return render_template("sign_in.html", form=form), UNPROCESSABLE
    begin_session(user)
    return redirect(own_address(form.next.data), 303)


def own_address(wanted: str | None) -> str:
    """Return where to go after signing in: a path of this console, never another site."""
    start = url_for("start.index")
    # Browsers drop tabs and line ends, which could make a slash the second character.
    if not wanted or not wanted.startswith("/") or not wanted.isprintable():
        return start
    return start if wanted.startswith(("//", "/\\")) else wanted


def begin_session(user: User) -> None:
    """Sign a person in, in a session that has nothing of the one before."""
    session.clear()
    session.permanent = True
    login_user(Person(user))


@blueprint.get("/link/<secret>")
def link(secret: str) -> ResponseReturnValue:
    """Sign in whoever holds a link that was printed for them."""
    # A program that only looks whether there is a page must not spend the link.
    user = None if request.method == "HEAD" else services().ledger.users.use_link(secret)
    if user is not None:
        begin_session(user)
    elif not current_user.is_authenticated:
        return render_template("sign_in.html", form=SignIn(), spent=True), GONE
    return redirect(url_for("start.index"), 303)


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    session.clear()
    return redirect(url_for("security.sign_in"), 303)


@blueprint.route("/account", methods=["GET", "POST"])
def account() -> ResponseReturnValue:
    """Show the person's name and let them change it and their password."""
    user: User = current_user.user
    form = Account(name=user.name)
    if user.password is None:
        del form.current
    if not form.validate_on_submit():
        return render_template("account.html", form=form), UNPROCESSABLE if form.errors else 200
    try:
        changed = people.change(
            services().ledger,
            user,
            name=form.name.data,
            password=form.password.data,
            current=form.current.data if form.current else "",
        )
    except WrongInputs as error:
        for name, messages in by_field(error.mistakes).items():
            form[name].errors = messages
        return render_template("account.html", form=form), UNPROCESSABLE
    begin_session(changed)
    flash("Saved. Your other sessions have ended." if form.password.data else "Saved.", "success")
    return redirect(url_for("security.account"), 303)
