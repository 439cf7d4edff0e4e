"""The API's verbs for failures and dead letters, on the functions of their pages."""

from datetime import UTC, datetime
from typing import Any, Final

from flask import request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from ledger.failures import Group
from webapp import api, shapes
from webapp import failure_shapes as shaped
from webapp.again_all import kind_of, requeue, retry_group
from webapp.api import json_body
from webapp.failures import SHOW, place_of, read_place, seen_of
from webapp.mistakes import WrongInputs, mistakes_in
from webapp.security import owner
from webapp.services import services

blueprint: Final = api.blueprint


@blueprint.get("/failures")
def list_failures() -> dict[str, Any]:
    """List groups of failures, the one that failed last first."""
    try:
        asked = shaped.FailureQuery.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise WrongInputs(mistakes_in(error)) from error
    found = services().ledger.failures.page(
        limit=asked.limit + 1,
        before=read_place(asked.before),
        kind=asked.kind,
        cause=asked.cause,
        quiet=SHOW[asked.show],
    )
    page, further = found[: asked.limit], None
    if len(found) > asked.limit:
        query = asked.model_dump(exclude_none=True, mode="json") | {"before": place_of(page[-1])}
        further = url_for("api.list_failures", **query)
    return shaped.Failures(failures=_shaped(page), next=further).answer()


def _shaped(groups: list[Group]) -> list[shaped.Failure]:
    ids = [group.id for group in groups]
    tallies = services().ledger.failures.tallies(ids, datetime.now(UTC))
    return [shaped.Failure.of(group, tallies[group.id]) for group in groups]


@blueprint.get("/failures/<group_id>")
def show_failure(group_id: str) -> dict[str, Any]:
    """Show a group of failures, with its newest traceback and what its jobs have in common."""
    seen = seen_of(services(), group_id, datetime.now(UTC))
    alike = [
        shaped.InCommon(
            of=one.of,
            words=one.words,
            failed=one.failed,
            succeeded=one.succeeded,
            apart=one.apart,
        )
        for one in seen.compared.likenesses
    ]
    return shaped.FailureInFull(
        **shaped.Failure.of(seen.group, seen.tally).model_dump(),
        traceback="\n".join(filter(None, (seen.frames, seen.last_words))),
        repair=seen.repair,
        in_common=alike,
        compared_failures=seen.compared.failed,
        compared_successes=seen.compared.succeeded,
    ).answer()


@blueprint.post("/failures/<group_id>/retry")
def retry_failure(group_id: str) -> ResponseReturnValue:
    """Have those of a group's jobs run again that nobody has retried; none of them twice."""
    again = retry_group(services(), group_id, owner())
    return shaped.Retried.of(again).answer(), 202


@blueprint.put("/failures/<group_id>/known")
def mark_failure(group_id: str) -> dict[str, Any]:
    """Say that a group is known; it is quiet until its kind fails so with other code."""
    try:
        wanted = shaped.Note.model_validate(json_body())
    except ValidationError as error:
        raise WrongInputs(mistakes_in(error)) from error
    services().ledger.failures.mark(group_id, owner(), wanted.note)
    return show_failure(group_id)


@blueprint.delete("/failures/<group_id>/known")
def unmark_failure(group_id: str) -> dict[str, Any]:
    """Say that a group wants to be seen again."""
    services().ledger.failures.unmark(group_id)
    return show_failure(group_id)


@blueprint.get("/dead-letters")
def list_dead_letters() -> dict[str, Any]:
    """List the newest dead letters."""
    found = services()
    letters = [
        shaped.DeadLetter.of(letter, found.kinds.get(kind_of(letter) or ""))
        for letter in found.ledger.dead_letters.newest(200)
    ]
    return shaped.DeadLetters(dead_letters=letters).answer()


@blueprint.post("/dead-letters/<letter_id>/requeue")
def requeue_dead_letter(letter_id: str) -> ResponseReturnValue:
    """Have what a dead letter asks for run as a job, the same for every asker, and show it."""
    found = services()
    job = found.ledger.jobs.get(requeue(found, letter_id, owner()))
    place = {"Location": url_for("api.show", job_id=job.id)}
    return shapes.Job.of(job, found.kinds.get(job.kind)).answer(), 202, place


@blueprint.delete("/dead-letters/<letter_id>")
def delete_dead_letter(letter_id: str) -> ResponseReturnValue:
    """Remove a dead letter."""
    services().ledger.dead_letters.delete(letter_id)
    return "", 204
