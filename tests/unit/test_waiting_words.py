"""What pages say of a waiting job: each reason with its repair, no more exactly than is known."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.facts import Facts, Line
from ledger.forecast import ENOUGH, Checked, Run, RunTimes
from ledger.outlook import Reason, outlook
from ledger.turns import Turns
from tasks.kind import Kind, kinds
from tests.unit.test_outlook import (
    BUSY,
    DRAINING,
    KNOWN,
    LATER,
    LIMITED,
    NOW,
    PAUSE,
    REFUSED,
    SILENCE,
    SILENT,
    STOPPING,
    UNSENT,
    WORKER,
    running,
)
from tests.unit.test_words import WAITING
from webapp.waiting_words import about, done_by, said, spoken

KINDS: Mapping[str, Kind] = {"hello": kinds()["hello"]}
START = "celery -A tasks worker -Q default"


@pytest.mark.parametrize(
    ("facts", "why", "repair"),
    [
        (
            replace(KNOWN, job=replace(WAITING, due_at=LATER)),
            "It is scheduled for 01 Mar, 12:05:00 UTC.",
            "",
        ),
        (
            replace(KNOWN, job=replace(WAITING, due_at=LATER, attempt=1)),
            "It waits for its next attempt, at 01 Mar, 12:05:00 UTC.",
            "“Retry now” does not wait for that time.",
        ),
        (
            replace(KNOWN, job=UNSENT, workers=[]),
            "RabbitMQ did not take it at first, and no worker runs that would send it again.",
            "It is safe here. Start a worker with celery -A tasks worker.",
        ),
        (replace(KNOWN, job=UNSENT), "It is safe here, and on its way to RabbitMQ.", ""),
        (
            replace(KNOWN, workers=[], queue="video"),
            "No worker listens to video.",
            "Start one with celery -A tasks worker -Q video.",
        ),
        (
            replace(KNOWN, workers=[SILENT]),
            (
                "No worker listens to default: worker-1@here has given no sign of life since"
                " 01 Mar, 11:57:00 UTC."
            ),
            f"See what became of it on here, or start another with {START}.",
        ),
        (
            replace(KNOWN, workers=[STOPPING]),
            "The workers that listen to default were told to stop, and take no more jobs.",
            f"Start another with {START}.",
        ),
        (
            replace(KNOWN, workers=[DRAINING]),
            "ada asked worker-1@here to take no more jobs, and no other worker listens to default.",
            f"Let it take jobs again, on the page of workers, or start another with {START}.",
        ),
        (
            SILENCE,
            "RabbitMQ has not answered since 01 Mar, 11:55:00 UTC.",
            (
                "Nothing is lost: jobs go on by themselves as soon as it does."
                " flask --app webapp doctor says what is wrong."
            ),
        ),
        (
            replace(KNOWN, job=REFUSED),
            "RabbitMQ answers, but has not taken it since 01 Mar, 11:58:59 UTC.",
            (
                "After an outage those before it are sent first. If it stays so,"
                " flask --app webapp doctor says what to do."
            ),
        ),
        (
            replace(KNOWN, pause=PAUSE),
            "The queue default was paused by ada at 01 Mar, 11:00:00 UTC: the disk is full.",
            "It can be resumed on the page of queues.",
        ),
        (
            replace(KNOWN, pause=replace(PAUSE, why="")),
            "The queue default was paused by ada at 01 Mar, 11:00:00 UTC.",
            "It can be resumed on the page of queues.",
        ),
        (BUSY, "Both processes are busy: Say hello (2 of them).", ""),
        (
            replace(BUSY, workers=[replace(WORKER, concurrency=1)], running=running(1)),
            "The only process is busy with Say hello.",
            "",
        ),
        (
            replace(
                BUSY,
                workers=[replace(WORKER, concurrency=3)],
                running=[*running(2), *running(1, kind="gone")],
            ),
            "All 3 processes are busy: Say hello (2 of them), gone.",
            "",
        ),
        (
            replace(KNOWN, workers=[replace(WORKER, concurrency=0)]),
            "The workers have no process yet that could run it.",
            "",
        ),
        (
            replace(KNOWN, line=Line(5, ["hello"] * 5)),
            "Processes are free, and go to the jobs before it first.",
            "",
        ),
        (KNOWN, "A process is free for it.", ""),
        (
            replace(KNOWN, kind="gone", gone=True),
            "This console knows no kind of job that is called gone.",
            "Put it back where it was declared, or cancel the job.",
        ),
    ],
)
def test_each_reason_has_its_sentence_and_its_repair(facts: Facts, why: str, repair: str) -> None:
    words = said(outlook(facts), KINDS)
    assert (words.why.striptags(), words.repair.striptags()) == (why, repair)


@pytest.mark.parametrize(
    ("turns", "reader", "why"),
    [
        (
            Turns("ada", 3, 3, 0),
            "ada",
            (
                "Your own limit: 3 of your jobs are in line or under way,"
                " and this one is sent when one of them ends."
            ),
        ),
        (
            Turns("ada", 1, 1, 0),
            "ada",
            (
                "Your own limit: 1 of your jobs is in line or under way,"
                " and this one is sent when it ends."
            ),
        ),
        (
            Turns("ada", 3, 3, 1),
            "ada",
            (
                "Your own limit: 3 of your jobs are in line or under way,"
                " and another one of yours goes before this one."
            ),
        ),
        (
            Turns("<b>", 3, 3, 12_000),
            "ada",
            (
                "The limit of &lt;b&gt;: 3 of their jobs are in line or under way,"
                " and 12,000 others of theirs go before this one."
            ),
        ),
        (
            Turns("ada", 3, 3, 0),
            None,
            (
                "The limit of ada: 3 of their jobs are in line or under way,"
                " and this one is sent when one of them ends."
            ),
        ),
    ],
)
def test_a_limit_is_told_to_its_owner_and_to_others(
    turns: Turns, reader: str | None, why: str
) -> None:
    words = said(outlook(replace(LIMITED, turns=turns)), KINDS, reader)
    assert str(words.why) == why
    assert f"The limit is {turns.limit} at a time" in words.repair
    assert (words.when, words.trust) == ("", "")
    assert "Place in line" not in words.facts


@pytest.mark.parametrize("reason", list(Reason))
def test_no_reason_is_without_words(reason: Reason) -> None:
    silent = replace(
        outlook(KNOWN), reason=reason, silent=(SILENT,), draining=(DRAINING,), pause=PAUSE
    )
    assert said(silent, KINDS).why


def test_the_estimate_is_told_with_what_it_is_worth() -> None:
    words = said(outlook(BUSY), KINDS)
    assert words.when.striptags() == "It starts in about 6 seconds, done by 01 Mar, 12:00:16 UTC."
    assert words.trust == "Too few jobs have waited here yet to say how far off that may be."
    words = said(outlook(replace(BUSY, past=[Checked(6, 16)] * ENOUGH)), KINDS)
    assert words.trust == "Usually right within 10 seconds."


def test_what_nobody_knows_is_said() -> None:
    words = said(outlook(replace(BUSY, times={})), KINDS)
    assert words.when == "When it starts can't be foreseen: no run of Say hello has ended yet."
    words = said(outlook(replace(KNOWN, times={})), KINDS)
    assert words.when == (
        "It starts at once. No run of this kind yet, so nobody knows how long it takes."
    )
    assert words.facts["Usually takes"] == "nobody knows: no run of this kind yet"
    endless = replace(BUSY, line=Line(100_000, ["hello"] * 25, {"hello": 99_975}, more=True))
    words = said(outlook(endless), KINDS)
    assert words.when == "So many jobs are before it that nobody can foresee when it starts."
    assert words.facts["Place in line"].striptags() == "at least 100,000 jobs before it in default"
    assert said(outlook(SILENCE), KINDS).when == ""


def test_the_facts_are_told_behind_the_words() -> None:
    times = RunTimes(tuple(Run(one, 100, succeeded=True) for one in (2, 3, 60)) * 2)
    small = RunTimes((*times.runs, Run(1, 1_000_000, succeeded=True)))
    words = said(outlook(replace(BUSY, line=Line(1, ["hello"]), times={"hello": times})), KINDS)
    assert {name: text.striptags() for name, text in words.facts.items()} == {
        "Place in line": "1 job before it in default",
        "Workers": "worker-1@here, 2 processes",
        "Usually takes": "3.0 s, nine of ten up to 1 min (6 runs)",
    }
    alike = replace(KNOWN, size=120, times={"hello": small})
    assert "with files of a similar size" in said(outlook(alike), KINDS).facts["Usually takes"]
    many = [replace(WORKER, id=str(number), name=f"w{number}") for number in range(6)]
    told = said(outlook(replace(KNOWN, workers=many)), KINDS).facts["Workers"]
    assert told == "6 workers, 12 processes"


def test_what_others_wrote_is_no_markup() -> None:
    evil = replace(PAUSE, by="<b>", why="<script>")
    words = said(outlook(replace(KNOWN, pause=evil, workers=[replace(WORKER, name="<i>")])), KINDS)
    assert "<script>" not in words.why
    assert "<b>" not in words.why
    assert "<i>" not in words.facts["Workers"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.3, "a second"),
        (1, "a second"),
        (12.4, "12 seconds"),
        (60, "a minute"),
        (89, "a minute"),
        (185, "3 minutes"),
        (3600, "an hour"),
        (7300, "2 hours"),
        (86_400, "a day"),
        (300_000, "3 days"),
    ],
)
def test_a_duration_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert spoken(seconds) == words


def test_what_begins_now_is_said_to_begin_at_once() -> None:
    assert about(1.9) == "at once"
    assert about(2) == "in about 2 seconds"


def test_an_end_that_is_far_off_is_told_by_the_minute_and_never_too_early() -> None:
    assert done_by(NOW, 61).striptags() == "01 Mar, 12:01:01 UTC"
    assert done_by(NOW, 130).striptags() == "01 Mar, 12:03 UTC"
    assert done_by(NOW - timedelta(seconds=1), 7200).striptags() == "01 Mar, 14:00 UTC"
