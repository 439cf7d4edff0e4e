"""The doctor's page and command say what is wrong and what repairs it, and no password."""

import re

import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from tasks.findings import Finding, Verdict
from tasks.publisher import Publisher
from webapp import create_app
from webapp.doctor import summary, without_passwords


def test_the_page_names_what_is_wrong_in_words_and_what_repairs_it(client: FlaskClient) -> None:
    page = " ".join(client.get("/doctor").text.split())
    assert "Wrong: 1. Doubtful: 1." in page
    assert "RabbitMQ does not answer at amqp://guest:•••@127.0.0.1:1//" in page
    assert "set CELERY_BROKER_URL to where it is" in page
    assert "set STORAGE_URL to a server that all reach." in page
    assert "<title>Wrong · Doctor · Postroom</title>" in page
    assert "icons/failed.svg" in page
    assert "</svg> Wrong" in page
    assert "</svg> Doubtful" in page
    assert "</svg> Good" in page
    assert "hunter2" not in page


def test_the_page_is_for_people_who_are_signed_in_and_the_menu_leads_there(
    stranger: FlaskClient, client: FlaskClient
) -> None:
    assert stranger.get("/doctor").status_code == 303
    assert 'href="/doctor"' in client.get("/").text


def test_the_command_says_the_same_and_fails_where_something_is_wrong(app: Flask) -> None:
    told = app.test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    lines = told.output.splitlines()
    assert "good      ledger: The database answers, its tables are current." in lines
    (wrong,) = [place for place, line in enumerate(lines) if line.startswith("wrong ")]
    assert lines[wrong].startswith("wrong     broker: RabbitMQ does not answer at amqp://guest:")
    assert lines[wrong + 1].startswith("          → Start it, or set CELERY_BROKER_URL")
    assert lines[-1] == "Wrong: 1. Doubtful: 1."
    assert "hunter2" not in told.output


def test_a_paused_queue_and_one_whose_workers_drain_are_told_apart(
    app: Flask, ledger: Ledger
) -> None:
    ledger.wishes.drain("one", "ada")
    told = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "wrong     workers of default: No worker listens to default" in told
    ledger.queues.pause("default", "ada", "the disk is full")
    told = app.test_cli_runner().invoke(args=["doctor"]).output
    assert "doubtful  workers of default: ada has paused default: the disk is full" in told
    assert "→ flask --app webapp queue resume default" in told


def test_the_command_has_its_say_where_the_ledger_is_unprepared_or_away(
    settings: Settings, publisher: Publisher, nowhere: Celery
) -> None:
    empty = create_app(settings, Ledger(settings), publisher, celery=nowhere)
    told = empty.test_cli_runner().invoke(args=["doctor"])
    assert (told.exit_code, "→ python -m ledger upgrade" in told.output) == (1, True)
    url = "postgresql+psycopg://ada:hunter2@127.0.0.1:1/nothing?password=hunter3"
    gone = settings.model_copy(update={"database_url": url})
    away = create_app(gone, publisher=publisher, celery=nowhere)
    told = away.test_cli_runner().invoke(args=["doctor"])
    assert told.exit_code == 1
    assert "wrong     ledger: The database does not answer" in told.output
    assert "hunter" not in told.output
    *said, _, _summary = told.output.splitlines()
    assert all(re.match(r"good |wrong |doubtful |          → ", line) for line in said)


def test_a_storage_that_nothing_here_reaches_is_named_with_what_to_install(
    settings: Settings, ledger: Ledger, publisher: Publisher, nowhere: Celery
) -> None:
    where = {"storage_url": "gs://bucket/postroom", "database_url": ledger.database.url}
    app = create_app(settings.model_copy(update=where), publisher=publisher, celery=nowhere)
    told = app.test_cli_runner().invoke(args=["doctor"])
    words = "STORAGE_URL begins with gs://. Please install gcsfs to access Google Storage."
    assert f"wrong     storage: {words}\n          → pip install it" in told.output


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("at amqp://guest:guest@host:5672//: no", "at amqp://guest:•••@host:5672//: no"),
        ("amqp://a:p@ss:w/rd@host//", "amqp://a:•••@host//"),
        ("postgresql+psycopg://ada:pw@db/x", "postgresql+psycopg://ada:•••@db/x"),
        (
            "postgresql:///x?user=ada&password=pw&host=db",
            "postgresql:///x?user=ada&password=•••&host=db",
        ),
        ("amqp://:pw@host", "amqp://:•••@host"),
        ("s3://key:secret@bucket/a and ftp://u:pw@h", "s3://key:•••@bucket/a and ftp://u:•••@h"),
        ("sqlite:////var/ledger.sqlite3 and amqp://host:5672", None),
    ],
)
def test_passwords_are_hidden_wherever_an_address_is_quoted(text: str, shown: str | None) -> None:
    assert without_passwords(text) == (shown or text)


def test_the_summary_counts_what_is_wrong() -> None:
    good, doubtful = Finding("a", Verdict.GOOD, ""), Finding("b", Verdict.DOUBTFUL, "")
    assert summary([good, good]) == "Everything is as it should be."
    assert summary([good, doubtful]) == "Wrong: 0. Doubtful: 1."
