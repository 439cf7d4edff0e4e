"""The console on a real ledger, with a broker that is away: what is accepted waits."""

import re
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from ledger import Ledger, Settings
from ledger.outcome import Outcome
from ledger.record import Ending, State
from tasks.publisher import Publisher
from tests.ledger.conftest import claimed, submit, worker
from webapp import create_app


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    # Nothing listens on port 1, whatever else runs on this machine.
    return Settings(
        postroom_var=tmp_path,
        database_url="",
        storage_url="",
        rabbitmq_management_port=1,
        max_upload=1_000_000,
    )


@pytest.fixture
def ledger(settings: Settings, fresh_database: Path) -> Iterator[Ledger]:
    shutil.copy(fresh_database, settings.postroom_var)
    opened = Ledger(settings)
    opened.workers.register(worker("one"))
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def nowhere() -> Celery:
    """A Celery app whose broker is not there: nothing listens on port 1."""
    app = Celery("nowhere", set_as_current=False, config_source="celeryconfig")
    app.conf.broker_url = "amqp://guest:hunter2@127.0.0.1:1//"
    return app


@pytest.fixture(scope="session")
def publisher(nowhere: Celery) -> Publisher:
    """A publisher whose broker is not there."""
    return Publisher(nowhere)


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher, nowhere: Celery) -> Flask:
    return create_app(settings, ledger, publisher, celery=nowhere)


@pytest.fixture
def stranger(app: Flask) -> FlaskClient:
    """A browser that nobody has signed in with."""
    return app.test_client()


@pytest.fixture
def signed_in(ledger: Ledger) -> str:
    """The name of the person who is signed in."""
    return ledger.users.add("ada").name


@pytest.fixture
def client(app: Flask, ledger: Ledger, signed_in: str) -> FlaskClient:
    """A browser of the person who is signed in."""
    return browser_of(app, ledger, signed_in)


@pytest.fixture
def token(ledger: Ledger, signed_in: str) -> Mapping[str, str]:
    """The headers of a program that has the signed-in person's token."""
    user = ledger.users.named(signed_in)
    assert user is not None
    return {"Authorization": f"Bearer {ledger.users.new_token(user, 'a test')}"}


def browser_of(app: Flask, ledger: Ledger, name: str) -> FlaskClient:
    """Return a browser in which a person has opened their sign-in link."""
    user = ledger.users.named(name)
    assert user is not None
    client = app.test_client()
    assert client.get(f"/link/{ledger.users.new_link(user, 60)}").status_code == 303
    return client


def job_with(ledger: Ledger, folder: Path, files: Mapping[str, bytes]) -> str:
    """Return a job that has succeeded and made these files, in a folder until they are kept."""
    job = submit(ledger)
    claim = claimed(ledger, job)
    outputs = []
    for name, content in files.items():
        (folder / name).write_bytes(content)
        outputs.append(ledger.files.keep_output(claim, folder / name, datetime.now(UTC)))
    ledger.attempts.settle(claim, Outcome(State.SUCCESS, Ending.SUCCEEDED, outputs=outputs))
    return job


def hidden_fields(page: str) -> dict[str, str]:
    """Return what a page's forms send without being asked, the guard against forgery included."""
    inputs = re.findall(r'<input[^>]*type="hidden"[^>]*>', page)
    named = [dict(re.findall(r'(\w[\w-]*)="([^"]*)"', one)) for one in inputs]
    return {one["name"]: unescape(one.get("value", "")) for one in named}


def send(client: FlaskClient, address: str, /, **fields: Any) -> TestResponse:
    """Open a page with a form, fill the form in and send it."""
    page = client.get(address)
    assert page.status_code == 200, page.text
    return client.post(address.partition("?")[0], data={**hidden_fields(page.text), **fields})
