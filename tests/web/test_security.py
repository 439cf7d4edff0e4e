"""Who comes in and how, and what strangers get to see: nothing."""

import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from ledger import Ledger, Settings
from ledger.users import User
from tasks.publisher import Publisher
from tests.web.conftest import browser_of, hidden_fields, send
from webapp import create_app, people
from webapp.security import OPEN

AWAY = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


HORSE = "correct horse"
GOOD = "a good one"
SHORT = "short"
ONE_OF_A_FEW = {"verb": "drain"}  # parts of an address that can't be any word


class Untouched(io.BytesIO):
    """A request's body that must not be read."""

    def read(self, _size: int | None = -1) -> bytes:
        raise AssertionError("a stranger's body was read")

    readline = read


def addresses(app: Flask) -> Iterator[tuple[Rule, str, str]]:
    """Yield every rule with each of its methods and an address that it matches."""
    for rule in app.url_map.iter_rules():
        for method in rule.methods or ():
            with app.test_request_context():
                address = app.url_map.bind("localhost").build(
                    rule.endpoint,
                    {name: ONE_OF_A_FEW.get(name, "x") for name in rule.arguments}
                    | dict(rule.defaults or {}),
                    method=method,
                )
            yield rule, method, address


def test_nothing_but_the_way_in_is_reachable_signed_out_and_no_body_is_read(
    app: Flask, stranger: FlaskClient
) -> None:
    reached = set()
    for rule, method, address in addresses(app):
        if rule.endpoint in OPEN:
            reached.add(rule.endpoint)
            continue
        answer = stranger.open(
            address,
            method=method,
            input_stream=Untouched(b"--x\r\n" * 1000),
            content_type="multipart/form-data; boundary=x",
        )
        if address.startswith("/api/"):
            assert answer.status_code == 401, address
        else:
            assert answer.status_code == 303, address
            assert answer.location.startswith("/sign-in"), address
    assert (
        reached
        == OPEN
        == {
            "bootstrap.static",
            "errors.healthz",
            "security.link",
            "security.sign_in",
            "static",
        }
    )


def test_an_address_that_leads_nowhere_tells_a_stranger_nothing(stranger: FlaskClient) -> None:
    assert stranger.get("/nowhere").location == "/sign-in?next=/nowhere"
    assert stranger.get("/api/v1/nowhere").status_code == 401


@pytest.fixture
def ada(ledger: Ledger) -> User:
    return people.add(ledger, "ada", HORSE)


def test_a_link_signs_in_once(stranger: FlaskClient, app: Flask, ledger: Ledger, ada: User) -> None:
    link = f"/link/{ledger.users.new_link(ada, 60)}"
    assert stranger.head(link).status_code == 410
    assert stranger.get(link).location == "/"
    assert stranger.get("/").status_code == 200
    other = app.test_client()
    spent = other.get(link)
    assert spent.status_code == 410
    assert "flask --app webapp link" in spent.text
    assert other.get("/").status_code == 303
    # Whoever is in already is not bothered by opening it again.
    assert stranger.get(link).location == "/"


def test_a_late_link_says_how_to_get_another(
    stranger: FlaskClient, ledger: Ledger, ada: User
) -> None:
    late = stranger.get(f"/link/{ledger.users.new_link(ada, -1)}")
    assert late.status_code == 410
    assert "too old" in late.text
    assert "flask --app webapp link" in late.text


@pytest.mark.usefixtures("ada")
def test_name_and_password_lead_to_where_one_wanted_to_go(stranger: FlaskClient) -> None:
    wanted = stranger.get("/jobs?state=failed").location
    answer = send(stranger, wanted, name=" ada ", password=HORSE)
    assert answer.location == "/jobs?state=failed"
    assert stranger.get(answer.location).status_code == 200
    assert stranger.get("/sign-in").location == "/"


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example", "jobs"],
)
@pytest.mark.usefixtures("ada")
def test_signing_in_never_leads_to_another_site(stranger: FlaskClient, elsewhere: str) -> None:
    answer = send(stranger, "/sign-in", name="ada", password=HORSE, next=elsewhere)
    assert answer.location == "/"


@pytest.mark.usefixtures("ada")
def test_an_unknown_name_and_a_wrong_password_get_the_same_words(
    stranger: FlaskClient, ledger: Ledger
) -> None:
    ledger.users.add("linked")
    refused = []
    for name, password in (("ada", "wrong"), ("nobody", "wrong"), ("linked", ""), ("ada", "")):
        answer = send(stranger, "/sign-in", name=name, password=password or " ")
        assert answer.status_code == 422
        refused.append("Name and password don" in answer.text)
    assert refused == [True, True, False, False]
    assert stranger.get("/").status_code == 303


def guess(browser: FlaskClient, password: str, address: str = "192.0.2.1") -> TestResponse:
    fields = hidden_fields(browser.get("/sign-in").text)
    fields |= {"name": "ada", "password": password}
    return browser.post("/sign-in", data=fields, environ_base={"REMOTE_ADDR": address})


@pytest.mark.usefixtures("ada")
def test_whoever_guesses_a_password_has_to_wait_and_nobody_else(
    app: Flask, stranger: FlaskClient, ledger: Ledger
) -> None:
    for _ in range(people.GUESSES - 2):
        ledger.guesses.count("ada 192.0.2.1", people.REMEMBERED_FOR)
    assert [guess(stranger, "wrong").status_code for _ in range(3)] == [422, 422, 429]
    right = guess(stranger, HORSE)
    assert right.status_code == 429
    assert 590 < int(right.headers["Retry-After"]) <= 601
    assert "Too many attempts. Wait 10 minutes and try again" in right.text
    assert "flask --app webapp link" in right.text
    assert stranger.get("/").status_code == 303
    assert guess(app.test_client(), HORSE, "192.0.2.2").status_code == 303
    ledger.guesses.forget("ada 192.0.2.1")
    assert guess(stranger, HORSE).status_code == 303


@pytest.mark.usefixtures("ada")
def test_a_right_password_makes_up_for_wrong_ones(app: Flask, ledger: Ledger) -> None:
    for _ in range(people.GUESSES - 1):
        ledger.guesses.count("ada 192.0.2.1", people.REMEMBERED_FOR)
    assert guess(app.test_client(), HORSE).status_code == 303
    assert guess(app.test_client(), "wrong").status_code == 422


def test_a_network_of_version_6_counts_as_one_place() -> None:
    assert people.network("2001:db8::1") == people.network("2001:db8::ffff:1")
    assert people.network("2001:db8::1") != people.network("2001:db8:0:1::1")
    assert people.network("192.0.2.1") != people.network("192.0.2.2")
    assert people.network("") == ""


def test_signing_out_ends_the_session_and_is_no_link(client: FlaskClient) -> None:
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out").status_code == 400
    assert client.get("/").status_code == 200
    token = hidden_fields(client.get("/").text)["csrf_token"]
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"
    assert client.get("/").status_code == 303


def test_whoever_has_no_password_is_told_until_they_set_one(
    client: FlaskClient, app: Flask, ledger: Ledger
) -> None:
    assert "no password yet" in client.get("/").text
    other = browser_of(app, ledger, "ada")
    fields = {"name": "lovelace", "password": GOOD, "again": GOOD}
    assert send(client, "/account", **fields).status_code == 303
    assert "Your other sessions have ended" in client.get("/").text
    assert "no password yet" not in client.get("/").text
    assert "lovelace" in client.get("/").text
    assert other.get("/").status_code == 303
    answer = send(other, "/sign-in", name="lovelace", password=GOOD)
    assert answer.location == "/"


def test_a_session_ends_thirty_days_after_the_last_visit(client: FlaskClient) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31)):
        assert client.get("/").status_code == 303


def test_a_new_password_needs_the_current_one_and_ends_other_sessions(
    app: Flask, stranger: FlaskClient, ledger: Ledger, ada: User
) -> None:
    send(stranger, "/sign-in", name="ada", password=HORSE)
    other = browser_of(app, ledger, "ada")
    new = {"name": "ada", "password": "another one", "again": "another one"}
    wrong = send(stranger, "/account", **new, current="guessed")
    assert wrong.status_code == 422
    assert "This is not your current password." in wrong.text
    assert other.get("/").status_code == 200
    assert send(stranger, "/account", **new, current=HORSE).status_code == 303
    assert stranger.get("/").status_code == 200
    assert other.get("/").status_code == 303
    assert people.signing_in(ledger, "ada", "another one", "here") == ledger.users.get(ada.id)


@pytest.mark.usefixtures("ada")
def test_an_account_form_says_all_that_is_wrong_with_it(app: Flask, ledger: Ledger) -> None:
    ledger.users.add("bob")
    bob = browser_of(app, ledger, "bob")
    short = send(bob, "/account", name=" ", password=SHORT, again="other").text
    assert "This is not the same as the new password." in short
    both = send(bob, "/account", name="", password=SHORT, again=SHORT).text
    assert "A name is needed." in both
    assert "Must have at least 8 characters." in both
    none = send(bob, "/account", name="bob", **dict.fromkeys(("password", "again"), "")).text
    assert "Must have at least 8 characters." in none
    taken = send(bob, "/account", name="ada", password=GOOD, again=GOOD).text
    assert "The name ada is taken" in taken


def test_a_form_that_another_site_sends_is_refused_in_words(client: FlaskClient) -> None:
    answer = client.post("/new/hello", data={"name": "Ada"})
    assert answer.status_code == 400
    assert "This form is out of date" in answer.text


def test_the_api_writes_with_a_token_alone_and_reads_with_a_session_too(
    client: FlaskClient, stranger: FlaskClient, token: Mapping[str, str]
) -> None:
    job = {"kind": "hello", "inputs": {"name": "Ada"}}
    refused = client.post("/api/v1/jobs", json=job)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert "flask --app webapp token" in refused.get_json()["detail"]
    assert client.get("/api/v1/jobs").get_json()["jobs"] == []
    assert stranger.post("/api/v1/jobs", json=job, headers=token).status_code == 202
    wrong = {"Authorization": "Bearer nonsense"}
    assert client.get("/api/v1/jobs", headers=wrong).status_code == 401
    # A token opens the API and no page.
    assert stranger.get("/jobs", headers=token).status_code == 303


def test_a_sign_in_link_is_no_token_and_a_token_no_link(
    stranger: FlaskClient, ledger: Ledger, ada: User
) -> None:
    link, token = ledger.users.new_link(ada, 60), ledger.users.new_token(ada, "a test")
    headers = {"Authorization": f"Bearer {link}"}
    assert stranger.get("/api/v1/jobs", headers=headers).status_code == 401
    assert stranger.get(f"/link/{token}").status_code == 410


def test_every_answer_keeps_foreign_scripts_out(client: FlaskClient, stranger: FlaskClient) -> None:
    pages = [client.get("/"), client.get("/nowhere"), stranger.get("/"), stranger.get("/healthz")]
    for page in pages:
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'self'" in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("address", ["/", "/account", "/new/hello", "/jobs", "/sign-in"])
def test_no_page_has_a_script_or_a_style_in_it(client: FlaskClient, address: str) -> None:
    page = client.get(address, follow_redirects=True).text
    assert "<script>" not in page
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page


@pytest.mark.parametrize(("scheme", "secure"), [("http", False), ("https", True)])
def test_the_session_is_kept_from_scripts_other_sites_and_plain_http(
    stranger: FlaskClient, ledger: Ledger, ada: User, scheme: str, *, secure: bool
) -> None:
    link = f"/link/{ledger.users.new_link(ada, 60)}"
    cookie = stranger.get(link, base_url=f"{scheme}://localhost").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) == secure


def test_the_process_says_that_it_lives_to_anybody_even_without_a_ledger(
    settings: Settings, publisher: Publisher
) -> None:
    away = settings.model_copy(update={"database_url": AWAY})
    answer = create_app(away, publisher=publisher).test_client().get("/healthz")
    assert answer.status_code == 200
    assert answer.text == "ok\n"


@pytest.fixture
def without_ledger(client: FlaskClient, settings: Settings, publisher: Publisher) -> FlaskClient:
    """The browser of a person whose console has lost its database."""
    away = settings.model_copy(update={"database_url": AWAY})
    browser = create_app(away, publisher=publisher).test_client()
    cookie = client.get_cookie("postroom")
    assert cookie is not None
    browser.set_cookie("postroom", cookie.value)
    return browser


@pytest.mark.parametrize("address", ["/", "/jobs", "/sign-in", "/link/x", "/new/hello"])
def test_a_ledger_that_is_away_is_said_to_be_so(without_ledger: FlaskClient, address: str) -> None:
    answer = without_ledger.get(address)
    assert answer.status_code == 503
    assert "The ledger does not answer" in answer.text
    assert "Try again in a moment" in answer.text
    assert "127.0.0.1" not in answer.text


def test_the_api_says_so_in_json(without_ledger: FlaskClient) -> None:
    answer = without_ledger.get("/api/v1/jobs")
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json(force=True)["title"] == "The ledger does not answer"


def test_a_ledger_of_another_version_says_what_to_run(
    settings: Settings, publisher: Publisher
) -> None:
    empty = create_app(settings, Ledger(settings), publisher)
    answer = empty.test_client().get("/")
    assert answer.status_code == 503
    assert "python -m ledger upgrade" in answer.text
    Ledger(settings).upgrade()
    assert empty.test_client().get("/").status_code == 303


def test_a_fault_of_ours_is_an_apology_without_a_traceback(app: Flask, client: FlaskClient) -> None:
    def broken() -> str:
        raise ZeroDivisionError

    app.view_functions["start.index"] = app.view_functions["api.index"] = broken
    page, problem = client.get("/"), client.get("/api/v1/jobs")
    assert page.status_code == problem.status_code == 500
    assert "Something is broken here" in page.text
    assert "ZeroDivisionError" not in page.text + problem.text
    assert problem.get_json(force=True)["status"] == 500
