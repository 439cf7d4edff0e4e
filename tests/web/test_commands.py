"""The command line: a person at a terminal gets what the pages give, and errors in a line."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from pydantic import SecretStr

from ledger import Ledger, Settings
from ledger.outcome import Outcome
from ledger.record import Cause, Claim, Ending, Error, Job, LogLine, Progress, State
from tasks.kind import kinds
from tasks.publisher import Publisher
from tests.ledger.conftest import claimed, submit
from tests.waiting import until
from tests.web.everything import EVERYTHING, a_kind
from webapp import create_app
from webapp.following import follow

CSV = b"a,b\n1,2\n"
DONE = Outcome(State.SUCCESS, Ending.SUCCEEDED, result={"greeting": "Hello"})
FAILED = Outcome(State.FAILURE, Ending.FAILED, Cause.ERROR, error=Error("OSError", "no paper"))

Run = Callable[..., Result]


@pytest.fixture
def app(settings: Settings, ledger: Ledger, publisher: Publisher) -> Flask:
    return create_app(settings, ledger, publisher, {**kinds(), "everything": EVERYTHING})


@pytest.fixture
def run(app: Flask) -> Run:
    """Run a command as `flask --app webapp …` does, and expect it to end well."""

    def run(*arguments: str, typed: str = "", status: int = 0) -> Result:
        result = app.test_cli_runner().invoke(args=list(arguments), input=typed)
        assert result.exit_code == status, result.output
        assert "Traceback" not in result.output
        return result

    return run


def only(jobs: Sequence[Job]) -> Job:
    (job,) = jobs
    return job


def test_the_link_signs_the_first_person_in_and_makes_them_where_there_is_nobody(
    run: Run, app: Flask, ledger: Ledger
) -> None:
    link = run("link").output.strip()
    assert link.startswith("http://127.0.0.1:8000/link/")
    browser = app.test_client()
    assert browser.get(link.removeprefix("http://127.0.0.1:8000")).location == "/"
    assert "admin" in browser.get("/").text
    first = ledger.users.first()
    assert first is not None
    assert first.password is None
    run("link")
    assert ledger.users.first() == first


def test_the_link_of_somebody_else_signs_them_in(run: Run, app: Flask, ledger: Ledger) -> None:
    ledger.users.add("ada")
    ledger.users.add("bob")
    link = run("link", "--user", "bob").output.strip()
    browser = app.test_client()
    browser.get(link.removeprefix("http://127.0.0.1:8000"))
    assert "bob" in browser.get("/").text


def test_a_person_who_is_added_can_sign_in(run: Run, app: Flask) -> None:
    run("user", "add", "ada", typed="long enough\nlong enough\n")
    from_page = app.test_client()
    assert from_page.get("/").status_code == 303
    again = run("user", "add", "ada", typed="long enough\nlong enough\n", status=1)
    assert "The name ada is taken" in again.output
    short = run("user", "add", "bob", typed="short\nshort\n", status=1)
    assert "Must have at least 8 characters." in short.output


def test_a_token_opens_the_api(run: Run, app: Flask, ledger: Ledger) -> None:
    ledger.users.add("ada")
    token = run("token", "the nightly script").output.strip()
    headers = {"Authorization": f"Bearer {token}"}
    job = {"kind": "hello", "inputs": {"name": "Ada"}}
    assert app.test_client().post("/api/v1/jobs", json=job, headers=headers).status_code == 202
    assert only(ledger.jobs.page(limit=9)).owner == "ada"
    unknown = run("token", "x", "--user", "bob", status=1)
    assert "flask --app webapp user add bob" in unknown.output


def test_a_kind_tells_its_options(run: Run) -> None:
    told = " ".join(run("submit", "everything", "--help").output.split())
    assert "Everything. Asks for one of everything." in told
    assert "--text TEXT A few words; 2 to 40 characters; needed" in told
    assert "--agreed / --no-agreed by default true" in told
    assert "--size small|large|3 by default small" in told
    assert "--table FILE A table; .csv, .parquet or .xlsx, up to 1.0 MB; needed" in told
    assert "hello Say hello" in " ".join(run("submit", "--help").output.split())


def test_options_become_the_inputs_of_a_job(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "numbers.csv").write_bytes(CSV)
    (tmp_path / "a.gif").write_bytes(b"GIF89a")
    options = "--text words --number 5 --no-agreed --size 3 --colours red --marks 1 --marks 2"
    paths = ["--table", str(tmp_path / "numbers.csv"), "--pictures", str(tmp_path / "a.gif")]
    done = run("submit", "everything", *options.split(), *paths, "--mapping", '{"a": 1}')
    job = ledger.jobs.get(done.stdout.strip())
    assert (job.owner, job.inputs["agreed"], job.inputs["size"]) == ("admin", False, 3)
    assert (job.inputs["marks"], job.inputs["mapping"]) == ([1, 2], {"a": 1})
    assert job.inputs["story"] == "Once upon a time"
    assert [file.name for file in ledger.files.uploads_of(job.id)] == ["numbers.csv", "a.gif"]


def test_every_wrong_option_is_told_in_a_line(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    told = run(
        "submit", "everything", "--number", "x", "--table", str(empty), "--size", "huge", status=1
    ).output
    assert told.splitlines() == [
        "Error: Nothing was done.",
        "  --table: empty.csv is empty.",
        "  --text: This is needed.",
        "  --number: Must be a whole number.",
        "  --size: Must be small, large or 3.",
    ]
    assert ledger.jobs.page(limit=9) == []


def test_a_file_that_cannot_be_read_or_is_too_large_is_told_and_nothing_is_kept(
    run: Run, settings: Settings, tmp_path: Path
) -> None:
    missing = run("submit", "everything", "--table", str(tmp_path / "x.csv"), status=1)
    assert "x.csv can't be read: No such file or directory." in missing.output
    folder = run("submit", "everything", "--table", str(tmp_path), status=1)
    assert "can't be read: Is a directory." in folder.output
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * (settings.max_upload + 1))
    refused = run("submit", "everything", "--table", str(large), status=1)
    assert "large.csv is larger than the limit of 1 MB" in refused.output
    assert [path for path in Path(settings.storage_url).rglob("*") if path.is_file()] == []


def test_a_kind_that_is_not_there_is_answered_with_those_that_are(run: Run) -> None:
    told = run("submit", "nothing", status=2)
    assert "No kind of job is called nothing. There are: hello, " in told.output


def test_a_secret_that_is_needed_and_not_given_is_asked_for(
    settings: Settings, ledger: Ledger, publisher: Publisher
) -> None:
    def locked(password: SecretStr) -> None: ...

    app = create_app(settings, ledger, publisher, {"locked": a_kind(locked)})
    result = app.test_cli_runner().invoke(args=["submit", "locked"], input="hunter2\n")
    assert result.exit_code == 0, result.output
    assert only(ledger.jobs.page(limit=9)).inputs == {"password": "hunter2"}
    assert "hunter2" not in result.output
    shown = app.test_cli_runner().invoke(args=["show", result.stdout.strip()])
    assert "password = •••" in shown.output


def say(ledger: Ledger, claim: Claim, number: int, text: str) -> None:
    line = LogLine(claim.attempt, number, datetime.now(UTC), "INFO", text)
    ledger.attempts.report(claim, Progress(number, 4, "counting"), [line])


def work(ledger: Ledger, outcome: Outcome) -> threading.Thread:
    """Do the first job that comes as a worker would, beside the test."""

    def first() -> str | None:
        jobs = ledger.jobs.page(limit=1)
        return jobs[0].id if jobs else None

    def run() -> None:
        claim = claimed(ledger, until("a job is there", first))
        say(ledger, claim, 1, "counting to one")
        ledger.attempts.settle(claim, outcome)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("outcome", "status", "told"),
    [(DONE, 0, "Succeeded: job "), (FAILED, 1, "OSError: no paper")],
)
def test_waiting_shows_the_log_and_ends_as_the_job_does(
    run: Run, ledger: Ledger, outcome: Outcome, status: int, told: str
) -> None:
    worker = work(ledger, outcome)
    result = run("submit", "hello", "--name", "Ada", "--wait", status=status)
    worker.join()
    assert "counting to one\n" in result.stderr
    assert told in result.stderr
    assert (result.stdout and json.loads(result.stdout)) == (outcome.result or "")


def test_who_follows_a_job_hears_every_line_once_and_the_end_last(ledger: Ledger) -> None:
    job = submit(ledger)
    claim = claimed(ledger, job)

    def steps() -> Iterator[None]:
        say(ledger, claim, 1, "one")
        yield
        yield
        say(ledger, claim, 2, "two")
        yield
        say(ledger, claim, 3, "three")
        ledger.attempts.settle(claim, DONE)
        yield

    pauses = steps()
    heard = list(follow(ledger, job, lambda: next(pauses)))
    lines = [one.text for one in heard if isinstance(one, LogLine)]
    states = [one.state for one in heard if isinstance(one, Job)]
    assert lines == ["one", "two", "three"]
    assert states[0] is State.STARTED
    assert states.count(State.SUCCESS) == 1
    assert isinstance(heard[-1], Job)
    assert heard[-1].state is State.SUCCESS


def test_jobs_are_listed_and_shown(run: Run, ledger: Ledger) -> None:
    job = run("submit", "hello", "--name", "Ada").stdout.strip()
    other = run("submit", "hello", "--name", "Grace").stdout.strip()
    claim = claimed(ledger, job)
    say(ledger, claim, 1, "counting to one")
    listed = run("jobs").output.splitlines()
    assert [line.split()[0] for line in listed] == [other, job]
    assert "Running" in listed[1]
    assert run("jobs", "--state", "STARTED").output.split()[0] == job
    searched = run("jobs", "state:waiting", "by:me").output.splitlines()
    assert [line.split()[0] for line in searched] == [other]
    wrong = run("jobs", "state:broken", status=1).output
    assert "\n  No job is ever" in wrong
    shown = run("show", job).output
    assert "Running on worker-one@here." in shown
    assert "input      name = Ada" in shown
    assert "progress   25 % counting" in shown
    ledger.attempts.settle(claim, FAILED)
    assert "error      OSError: no paper" in run("show", job).output
    assert run("log", job).output.endswith(" counting to one\n")


def test_what_a_job_made_is_listed_and_saved(run: Run, ledger: Ledger, tmp_path: Path) -> None:
    job = run("submit", "hello", "--name", "Ada").stdout.strip()
    claim = claimed(ledger, job)
    (tmp_path / "made.csv").write_bytes(CSV)
    output = ledger.files.keep_output(claim, tmp_path / "made.csv", datetime.now(UTC))
    done = Outcome(State.SUCCESS, Ending.SUCCEEDED, outputs=[output])
    ledger.attempts.settle(claim, done)
    assert run("files", job).output.split() == ["8", "bytes", "made.csv"]
    run("files", job, "--save", str(tmp_path / "here"))
    assert (tmp_path / "here" / "made.csv").read_bytes() == CSV
    again = run("files", job, "--save", str(tmp_path / "here"), status=1)
    assert "made.csv can't be written: File exists." in again.output


@pytest.mark.parametrize("command", ["show", "log", "files"])
def test_a_job_that_is_not_there_is_told_in_a_line(run: Run, command: str) -> None:
    told = run(command, "nothing", status=1).output
    assert told == "Error: There is no job nothing. Look for it in the list of jobs.\n"


def test_a_ledger_that_is_away_or_empty_is_told_in_a_line(
    settings: Settings, publisher: Publisher
) -> None:
    away = settings.model_copy(
        update={"database_url": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"}
    )
    told = create_app(away, publisher=publisher).test_cli_runner().invoke(args=["jobs"])
    assert told.exit_code == 1
    assert len(told.output.splitlines()) == 1
    assert "Try again in a moment." in told.output
    empty = create_app(settings, Ledger(settings), publisher)
    told = empty.test_cli_runner().invoke(args=["jobs"])
    assert "python -m ledger upgrade" in told.output
