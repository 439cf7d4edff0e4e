"""Queues and workers, as pages, the API and a terminal tell them and steer them."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from celery import Celery
from flask import Flask
from flask.testing import FlaskClient

from ledger import Ledger, Settings
from ledger.record import Delivery, Vitals
from tasks.publisher import Publisher
from tests.ledger.conftest import claimed, submit, worker
from tests.web.conftest import browser_of, hidden_fields, send
from webapp import create_app

VITALS = Vitals(("default",), processes=2, outdated=0, load=0.5, cores=4, memory=150_000_000)


@pytest.fixture(autouse=True)
def beating(ledger: Ledger) -> None:
    ledger.workers.beat("one", VITALS)


def words_of(page: str) -> str:
    return " ".join(page.split())


def test_a_queue_is_told_with_what_waits_and_who_listens(
    client: FlaskClient, ledger: Ledger
) -> None:
    claimed(ledger, submit(ledger))
    submit(ledger)
    page = words_of(client.get("/queues").text)
    assert "</svg> Open" in page
    assert '<dd>1, <span class="quiet">1 of them not sent yet</span></dd>' in page
    assert '<dd>1 <span class="quiet">of 2 at a time</span></dd>' in page
    assert "2 came, 0 ended" in page
    assert "worker-one@here</a>" in page


def test_without_rabbitmqs_management_a_queue_says_what_is_missing(
    settings: Settings, ledger: Ledger, publisher: Publisher, nowhere: Celery, signed_in: str
) -> None:
    there = settings.model_copy(update={"rabbitmq_management_port": 1})
    client = browser_of(create_app(there, ledger, publisher, celery=nowhere), ledger, signed_in)
    page = unescape(words_of(client.get("/queues").text))
    assert "RabbitMQ's management does not answer at http://localhost:1." in page
    assert "rabbitmq-plugins enable rabbitmq_management" in page
    assert "<dd>not told</dd>" in page


def test_a_queue_is_paused_with_a_reason_and_resumed(client: FlaskClient, ledger: Ledger) -> None:
    assert "The job that runs now" not in client.get("/queues/default/pause").text
    paused = send(client, "/queues/default/pause", why=" the disk\n is full ")
    assert paused.location == "/queues"
    (pause,) = ledger.queues.paused().values()
    assert (pause.queue, pause.by, pause.why) == ("default", "ada", "the disk is full")

    page = client.get("/queues").text
    assert "Paused by ada" in page
    assert "the disk is full" in page
    client.post("/queues/default/resume", data=hidden_fields(page))
    assert ledger.queues.paused() == {}


def test_a_pause_wants_a_reason_and_a_queue_that_there_is(
    client: FlaskClient, ledger: Ledger
) -> None:
    refused = send(client, "/queues/default/pause", why="  ")
    assert refused.status_code == 422
    assert "Say why, for the others to read" in refused.text
    assert client.get("/queues/nothing/pause").status_code == 404
    assert ledger.queues.paused() == {}


def title_of(client: FlaskClient, address: str) -> tuple[str, str]:
    """Return what the page's tab says, and the name of its icon."""
    client.application.extensions[f"postroom.{address.strip('/')}"].forget()
    page = client.get(address).text
    title = re.search("<title>(.+) · Postroom</title>", page)
    icon = re.search(r'id="favicon".+/icons/(\w+)\.svg', page)
    assert title is not None
    assert icon is not None
    return title[1], icon[1]


def test_the_tab_says_how_it_is_to_whoever_looks_at_another(
    client: FlaskClient, ledger: Ledger
) -> None:
    assert title_of(client, "/queues") == ("Queues", "postroom")
    assert title_of(client, "/workers") == ("0 of 2 busy · Workers", "postroom")
    claimed(ledger, submit(ledger))
    submit(ledger)
    assert title_of(client, "/queues") == ("1 waiting · Queues", "postroom")
    assert title_of(client, "/workers") == ("1 of 2 busy · Workers", "running")
    ledger.queues.pause("default", "ada", "the disk is full")
    assert title_of(client, "/queues") == ("default paused · Queues", "waiting")
    ledger.queues.resume("default")
    ledger.workers.beat("one", replace(VITALS, listening=()))
    assert title_of(client, "/queues") == ("Nobody listens to default · Queues", "failed")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (8, ("1 silent · Workers", "waiting")),
        (60, ("No worker is there · Workers", "failed")),
    ],
)
def test_the_tab_says_that_a_worker_is_silent_or_gone(
    client: FlaskClient, ledger: Ledger, seconds: int, said: tuple[str, str]
) -> None:
    ago = datetime.now(UTC) - timedelta(seconds=seconds)
    past = Ledger(ledger.settings, clock=lambda: ago)
    past.workers.beat("one", VITALS)
    past.close()
    assert title_of(client, "/workers") == said


def test_what_a_stopping_worker_runs_is_not_said_to_be_of_those_who_listen(
    client: FlaskClient, ledger: Ledger
) -> None:
    for _ in range(3):
        claimed(ledger, submit(ledger))
    page = words_of(client.get("/queues").text)
    assert '<dd>3 <span class="quiet">(who listens runs 2 at a time)</span></dd>' in page


def test_a_worker_is_told_with_what_it_runs(client: FlaskClient, ledger: Ledger) -> None:
    job = submit(ledger)
    claimed(ledger, job)
    page = words_of(client.get("/workers").text)
    assert "</svg> Working" in page
    assert f'href="/jobs/{job}"' in page
    assert '0.5 <span class="quiet">on 4 cores</span>' in page
    assert "150.0 MB" in page
    assert "<dt>Heart</dt><dd>beats</dd>" in page


def test_a_worker_is_drained_and_resized_and_taken_back(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = submit(ledger)
    claimed(ledger, job)
    hidden = hidden_fields(client.get("/workers").text)

    client.post("/workers/one/drain", data=hidden)
    client.post("/workers/one/processes", data=hidden | {"processes": "3"})
    assert ledger.wishes.of("one").draining
    assert ledger.wishes.of("one").wanted == 3
    page = words_of(client.get("/workers").text)
    assert "as ada asked; it has not heard of it yet, 1 job left." in page
    assert "It is to have 3 processes, and has 2." in page

    client.post("/workers/one/resume", data=hidden)
    assert not ledger.wishes.of("one").draining
    assert (
        client.post("/workers/one/processes", data=hidden | {"processes": "0"}).status_code == 422
    )
    assert client.post("/workers/none/drain", data=hidden).status_code == 404


def test_a_worker_that_stops_is_not_said_to_become_other_than_it_is(
    client: FlaskClient, ledger: Ledger
) -> None:
    ledger.wishes.want("one", 3)
    assert "It is to have 3 processes" in client.get("/workers").text
    ledger.wishes.stop("one")
    client.application.extensions["postroom.workers"].forget()
    page = client.get("/workers").text
    assert "Stopping since" in page
    assert "It is to have" not in page


def test_a_dead_worker_says_so_and_what_became_of_its_jobs(
    client: FlaskClient, ledger: Ledger
) -> None:
    long_ago = datetime.now(UTC) - timedelta(seconds=60)
    past = Ledger(ledger.settings, clock=lambda: long_ago)
    past.workers.register(worker("two"))
    job = submit(past)
    past.claims.claim(Delivery(job, "m", 0), "two", 9)
    past.close()
    assert "These still count as its own" in client.get("/workers").text
    ledger.recovery.free_from_stopped_hearts(15)

    client.application.extensions["postroom.workers"].forget()
    page = words_of(client.get("/workers").text)
    assert "</svg> Dead" in page
    assert "Its heart beat for the last time" in page
    assert "attempt 1 was lost; the job waits for another worker" in page


def test_an_open_page_hears_of_changes_and_of_nothing_else(
    client: FlaskClient, ledger: Ledger, app: Flask
) -> None:
    board = app.extensions["postroom.workers"]
    first = client.get("/workers/now").json
    assert first is not None
    board.forget()
    assert client.get(f"/workers/now?seen={first['seen']}").status_code == 204
    ledger.wishes.drain("one", "ada")
    board.forget()
    second = client.get(f"/workers/now?seen={first['seen']}").json
    assert second is not None
    assert "Draining" in second["parts"][0]["html"]


def test_the_api_tells_and_steers_queues_and_workers(
    stranger: FlaskClient, ledger: Ledger, token: Mapping[str, str]
) -> None:
    def post(path: str, json: object = None) -> tuple[int, dict[str, object]]:
        answer = stranger.post(f"/api/v1/{path}", headers=token, json=json)
        return answer.status_code, answer.json or {}

    status, told = post("queues/default/pause", {"why": "the disk is full"})
    assert (status, told["name"]) == (200, "default")
    assert ledger.queues.paused()["default"].by == "ada"
    assert post("queues/default/pause", {})[0] == 422
    assert post("queues/nothing/pause", {"why": "x"})[0] == 404
    assert post("queues/default/resume")[1]["paused"] is None
    status, told = post("workers/one/drain")
    assert (status, told["condition"], told["draining_by"]) == (202, "draining", "ada")
    assert post("workers/one/resume")[1]["condition"] == "idle"
    assert post("workers/one/processes", {"processes": 3})[1]["wanted"] == 3
    assert post("workers/one/processes", {"processes": 0})[0] == 422
    assert post("workers/none/drain")[0] == 404
    listed = stranger.get("/api/v1/workers", headers=token).json
    assert listed is not None
    assert [one["id"] for one in listed["workers"]] == ["one"]
    listed = stranger.get("/api/v1/queues", headers=token).json
    assert listed is not None
    assert listed["queues"][0]["listening"] == ["worker-one@here"]
    assert "rabbitmq-plugins enable" in listed["away"]


def test_the_command_line_tells_and_steers_them_too(app: Flask, ledger: Ledger) -> None:
    def run(*arguments: str) -> str:
        return app.test_cli_runner().invoke(args=arguments).output

    assert "default is paused." in run("queue", "pause", "default", "--why", "the disk is full")
    assert "the disk is full" in run("queues")
    assert "There is no queue nothing" in run("queue", "pause", "nothing", "--why", "x")
    assert "default is open again." in run("queue", "resume", "default")
    name = "worker-one@here"
    assert run("worker", "drain", name) == f"{name} finishes its jobs and takes no more.\n"
    assert ledger.wishes.of("one").draining
    assert run("worker", "processes", "one", "3") == f"{name} is to have 3 processes.\n"
    assert "0 of 2 processes busy" in run("workers")
    assert "There is no worker two" in run("worker", "stop", "two")
