"""The pages of failures: causes, one cause with what its jobs share, retries, dead letters."""

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from ledger import Ledger
from ledger.action_record import Verb
from ledger.actions import Asked
from ledger.jobs import Submission
from ledger.outcome import Outcome
from ledger.record import Cause, Ending, Error, State
from ledger.schema import dead_letters
from tests.ledger.conftest import claimed, submit
from tests.ledger.test_failures import crash
from tests.web.conftest import hidden_fields, send
from webapp.again_all import requeue
from webapp.services import Services

TRACEBACK = """Traceback (most recent call last):
  File "/srv/postroom/tasks/kinds/hello.py", line 41, in hello
    greet(name)
ValueError: no greeting for '{name}'
"""


def hello(ledger: Ledger, name: str, *, succeeds: bool, owner: str = "ada", **inputs: Any) -> str:
    values = {"name": name, "seconds": 5, "ending": "succeed"}
    job, _new = ledger.jobs.submit(Submission("hello", "default", values | inputs, owner))
    error = Error("ValueError", f"no greeting for '{name}'", TRACEBACK.format(name=name))
    ended = (
        Outcome(State.SUCCESS, Ending.SUCCEEDED)
        if succeeds
        else Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=error)
    )
    ledger.attempts.settle(claimed(ledger, job), ended)
    return job


def words(page: str) -> str:
    text = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(text).split())


@pytest.fixture
def group(ledger: Ledger) -> str:
    """Four failures of one cause, with successes of the same time."""
    for number in range(4):
        hello(ledger, f"x{number}", succeeds=False, seconds=900, owner="ben" if number else "ada")
    for number in range(20):
        hello(ledger, f"y{number}", succeeds=True)
    # The window of a sample ends with the group's last failure.
    hello(ledger, "x9", succeeds=False, seconds=900)
    ledger.naming.name({"hello": "v1"}, limit=99)
    (found,) = ledger.failures.page(limit=9)
    return found.id


def test_the_sums_are_of_what_is_listed_and_kinds_that_are_gone_can_be_chosen(
    client: FlaskClient, ledger: Ledger, group: str
) -> None:
    job = submit(ledger, "gone")
    error = Error("OSError", "no disk")
    ledger.attempts.settle(
        claimed(ledger, job),
        Outcome(State.FAILURE, Ending.FAILED, cause=Cause.ERROR, error=error),
    )
    ledger.naming.name({"hello": "v1"}, limit=99)

    page = client.get("/failures").text
    assert "6 jobs, 2 causes, since" in words(page)
    assert 'href="/failures?show=open&amp;kind=gone">gone</a>' in page
    page = client.get("/failures?kind=gone").text
    assert group not in page
    assert "1 job, 1 cause, since" in words(page)
    assert "<title>6 jobs, 2 causes" in page
    page = client.get("/failures?cause=crashed").text
    assert "Nothing like that has failed that nobody knows of." in words(page)


def test_causes_are_listed_once_with_their_jobs_place_and_people(
    client: FlaskClient, group: str
) -> None:
    page = client.get("/failures")

    told = words(page.text)
    assert "5 jobs, 1 cause, since" in told
    assert "ValueError no greeting for <value>" in told
    assert "In kinds/hello.py in hello . Affected: ben (3) and ada (2)." in told
    assert "New" in told
    assert 'aria-label="5 in the last 24 hours, in this hour."' in page.text
    assert f'href="/failures/{group}"' in page.text


def test_a_failed_job_leads_to_its_cause(client: FlaskClient, ledger: Ledger, group: str) -> None:
    (newest,) = ledger.failed_jobs.newest(group, 1)

    assert f'href="/failures/{group}"' in client.get(f"/jobs/{newest.job.id}").text


def test_a_cause_shows_its_newest_traceback_with_the_last_line_first(
    client: FlaskClient, group: str
) -> None:
    told = words(client.get(f"/failures/{group}").text)

    assert told.index("ValueError: no greeting for 'x9'") < told.index("Traceback (most recent")
    assert "In kinds/hello.py , line 41, in hello" in told


def test_what_sets_failures_apart_from_successes_is_said(client: FlaskClient, group: str) -> None:
    told = words(client.get(f"/failures/{group}").text)

    assert "Seconds: 900 sets them apart all none" in told
    assert "all 5 of 5 jobs, and 20 that succeeded in the same time" in told


def test_retry_all_makes_each_failed_job_run_once_however_often_it_is_asked_for(
    client: FlaskClient, ledger: Ledger, group: str
) -> None:
    address = f"/failures/{group}"
    hidden = hidden_fields(client.get(address).text)

    for _ in range(3):
        client.post(f"{address}/retry", data=hidden)

    ledger_fates = ledger.failed_jobs.fates(group)
    assert ledger_fates[None] == 0
    with ledger.database.read():
        again = [job for job in ledger.jobs.page(limit=99) if job.retried_from]
    assert len(again) == len({job.retried_from for job in again}) == 5
    assert "Of the retries 5 wait." in words(client.get(address).text)


def test_many_run_again_as_one_action(client: FlaskClient, ledger: Ledger) -> None:
    for number in range(25):
        hello(ledger, f"x{number}", succeeds=False)
    ledger.naming.name({}, limit=99)
    (group,) = ledger.failures.page(limit=9)
    address = f"/failures/{group.id}"
    hidden = hidden_fields(client.get(address).text)

    answers = [client.post(f"{address}/retry", data=hidden) for _ in range(3)]

    assert answers[0].location.startswith("/actions/")
    assert {answer.location for answer in answers[1:]} == {address}
    assert ledger.failed_jobs.fates(group.id) == {State.PENDING: 25}


def test_what_an_action_is_to_retry_is_not_retried_again(ledger: Ledger) -> None:
    job = hello(ledger, "x", succeeds=False)
    ledger.naming.name({}, limit=99)
    (group,) = ledger.failures.page(limit=9)
    assert ledger.failed_jobs.not_retried(group.id, limit=9) == [job]

    ledger.actions.ask(Asked(Verb.RETRY, "ada", ids=[job]))

    assert ledger.failed_jobs.not_retried(group.id, limit=9) == []


def test_a_cause_is_marked_as_known_with_a_note_and_unmarked(
    client: FlaskClient, ledger: Ledger, group: str
) -> None:
    hidden = hidden_fields(client.get(f"/failures/{group}").text)

    marked = client.post(
        f"/failures/{group}/known", data=hidden | {"note": "Ben <b>works</b> on it."}
    )

    assert marked.status_code == 303
    told = words(client.get(f"/failures/{group}").text)
    assert "Known to ada since" in told
    assert "Ben <b>works</b> on it." in told
    assert "There is nothing to look at." in words(client.get("/failures").text)
    assert "Ben <b>works</b> on it." in words(client.get("/failures?show=known").text)

    client.post(f"/failures/{group}/unknown", data=hidden)
    assert not ledger.failures.get(group).quiet


def test_a_quarantined_job_says_what_repairs_it_and_is_requeued_once(
    client: FlaskClient, ledger: Ledger
) -> None:
    job = crash(ledger)
    ledger.naming.name({}, limit=9)
    (found,) = ledger.failures.page(limit=9)
    address = f"/failures/{found.id}"

    told = words(client.get(address).text)
    assert "Crashed (quarantined)" in told
    assert "Set MAX_MEMORY" in told
    assert "Requeue it" in told
    send_retry = hidden_fields(client.get(address).text)
    for _ in range(2):
        client.post(f"{address}/retry", data=send_retry)

    assert [one.retried_from for one in ledger.jobs.page(limit=9)] == [job, None]


def letter(ledger: Ledger, body: bytes, task: str = "hello") -> str:
    ledger.dead_letters.keep("a-job", "default", "rejected", {"task": task, "id": "a-job"}, body)
    return ledger.dead_letters.newest(1)[0].id


def test_a_dead_letter_is_requeued_as_one_job_whoever_asks_and_however_often(
    client: FlaskClient, ledger: Ledger
) -> None:
    found = letter(ledger, b'[[], {"name": "Grace"}, {}]')
    hidden = hidden_fields(client.get("/failures").text)
    ledger.dead_letters.take(found, "grace")  # She asked before, and her browser died.

    answers = [client.post(f"/dead-letters/{found}/requeue", data=hidden) for _ in range(2)]

    (job,) = ledger.jobs.page(limit=9)
    assert (job.kind, job.owner, job.inputs["name"]) == ("hello", "grace", "Grace")
    assert {answer.location for answer in answers} == {f"/jobs/{job.id}"}
    assert "Requeued by grace" in words(client.get("/failures").text)


def test_a_dead_letter_whose_requeue_broke_off_is_still_one_job(app: Flask, ledger: Ledger) -> None:
    found = letter(ledger, b'[[], {"name": "Grace"}, {}]')
    services: Services = app.extensions["postroom"]
    job = requeue(services, found, "grace")
    with ledger.database.write() as connection:  # As if the process had died just before this.
        connection.execute(update(dead_letters).values(requeued_as=None))

    assert requeue(services, found, "ada") == job


@pytest.mark.parametrize(
    ("body", "task", "said"),
    [
        (b"{}", "hello", "not that of a task"),
        (b'[[], {"name": "Ada"}, {}]', "nobody", "No kind of job is called nobody"),
    ],
)
def test_a_dead_letter_that_asks_for_nothing_we_have_says_so(
    client: FlaskClient, ledger: Ledger, body: bytes, task: str, said: str
) -> None:
    found = letter(ledger, body, task)
    hidden = hidden_fields(client.get("/failures").text)

    answer = client.post(f"/dead-letters/{found}/requeue", data=hidden)

    assert answer.status_code in {404, 422}
    assert said in words(answer.text)
    assert ledger.jobs.page(limit=9) == []


def test_a_dead_letter_with_inputs_that_will_not_do_stays_and_says_all_that_is_wrong(
    client: FlaskClient, ledger: Ledger
) -> None:
    found = letter(ledger, b'[[], {"seconds": -1}, {}]')
    hidden = hidden_fields(client.get("/failures").text)

    page = client.post(f"/dead-letters/{found}/requeue", data=hidden, follow_redirects=True)

    said = words(page.text)
    assert "It can't be requeued, for its inputs won't do." in said
    assert "name: This is needed. seconds: Must be at least 0." in said
    assert "Requeued by" not in said
    assert ledger.jobs.page(limit=9) == []


def test_a_dead_letter_is_deleted(client: FlaskClient, ledger: Ledger) -> None:
    found = letter(ledger, b"{}")

    send_it = hidden_fields(client.get("/failures").text)
    client.post(f"/dead-letters/{found}/delete", data=send_it)

    assert ledger.dead_letters.newest(9) == []
    assert send(client, "/failures").status_code == 405


def test_pages_of_what_is_not_there_say_so(client: FlaskClient) -> None:
    for address in (
        "/failures/none",
        "/failures?show=odd",
        "/failures?cause=odd",
        "/failures?before=odd",
    ):
        assert client.get(address).status_code == 404
    assert "There is nothing to look at." in words(client.get("/failures").text)
