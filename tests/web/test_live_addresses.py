"""The addresses of an open job page: the stream, and the polling where no stream comes through."""

import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger
from tests.ledger.conftest import claimed, submit
from tests.web.test_live import DONE, lines, say
from webapp.live import AWAY, close_all, stream
from webapp.watchers import Note


def test_the_stream_is_made_of_server_sent_events(client: FlaskClient, ledger: Ledger) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    ledger.attempts.settle(claim, DONE, lines=lines(claim, 1, 2))
    answer = client.get(f"/jobs/{job}/events?after=1.1")
    assert answer.mimetype == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Accel-Buffering"] == "no"
    retry, change, end = answer.text.split("\n\n")
    assert (retry, end) == ("retry: 1000", "")
    number, event, data = change.split("\n")
    assert (number, event) == ("id: 1.2", "event: change")
    update = json.loads(data.removeprefix("data: "))
    assert update["settled"]
    assert (update["after"], update["cursor"]) == ("1.1", "1.2")
    assert "line 2" in update["log"]
    assert "line 1" not in update["log"]


def test_a_reconnect_goes_on_after_the_last_event_it_names(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    ledger.attempts.settle(claim, DONE, lines=lines(claim, 1, 3))
    answer = client.get(f"/jobs/{job}/events?after=0.0", headers={"Last-Event-ID": "1.2"})
    assert "line 3" in answer.text
    assert "line 2" not in answer.text


def test_silence_and_trouble_are_said_in_the_stream() -> None:
    said = list(stream(iter([Note.SILENCE, Note.TROUBLE, Note.BACK, Note.NOTHING])))
    assert said[1] == ": nothing new\n\n"
    assert said[2].startswith("event: trouble\ndata: ")
    assert json.loads(said[2].partition("data: ")[2]) == {"text": AWAY}
    assert said[3] == 'event: trouble\ndata: {"text": null}\n\n'
    assert said[4] == ""


def test_polling_answers_with_what_is_new_or_with_nothing(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)
    say(ledger, claim, 1, 2)
    first = client.get(f"/jobs/{job}/since?after=1.1")
    assert first.headers["Cache-Control"] == "no-store"
    assert first.json is not None
    assert "line 2" in first.json["log"]
    assert "line 1" not in first.json["log"]
    assert not first.json["settled"]
    address = f"/jobs/{job}/since?after=1.2&revision={first.json['revision']}"
    assert client.get(address).status_code == 204
    ledger.attempts.settle(claim, DONE)
    settled = client.get(address)
    assert settled.json is not None
    assert settled.json["settled"]


@pytest.mark.parametrize("way", ["events", "since"])
def test_a_job_that_is_not_there_is_not_found(client: FlaskClient, way: str) -> None:
    assert client.get(f"/jobs/nobody/{way}").status_code == 404


@pytest.mark.parametrize("way", ["events", "since"])
@pytest.mark.parametrize("after", ["x", "1", "1.2.3", "1.-", "99999999999999999999.1"])
def test_a_place_that_no_page_wrote_is_refused(
    client: FlaskClient, ledger: Ledger, way: str, after: str
) -> None:
    assert client.get(f"/jobs/{submit(ledger)}/{way}?after={after}").status_code == 400


def test_with_too_many_streams_a_page_is_told_to_poll(
    app: Flask, client: FlaskClient, ledger: Ledger
) -> None:
    close_all(app)
    assert client.get(f"/jobs/{submit(ledger)}/events").status_code == 204


def test_what_everybody_is_sent_says_nothing_of_who_looks(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    ledger.attempts.settle(claimed(ledger, job), DONE)
    sent = client.get(f"/jobs/{job}/events").text
    assert "csrf" not in sent
    assert "Sign out" not in sent
