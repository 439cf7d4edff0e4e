"""How the API's description tells of failures and dead letters."""

from typing import Any, Final

from webapp import failure_shapes as shapes
from webapp.openapi_parts import JSON, Part, answer, get, parameter, problems, query, ref
from webapp.shapes import Job

SHAPES: Final = (shapes.Failures, shapes.FailureInFull, shapes.Retried, shapes.DeadLetters)


def paths() -> Part:
    """Return the paths of failures and of dead letters."""
    group, letter = parameter("group_id", "path"), parameter("letter_id", "path")
    whole: Part = {JSON: {"schema": ref(shapes.FailureInFull.__name__)}}
    note: Part = {"content": {JSON: {"schema": shapes.Note.model_json_schema()}}}

    def verb(summary: str, one: Part, status: int, told: Any, *wrong: int) -> Part:
        return {
            "summary": summary,
            "parameters": [one],
            "responses": {str(status): told, **problems((401, 404, *wrong, 503))},
        }

    retried = answer("It is asked for", {JSON: {"schema": ref(shapes.Retried.__name__)}})
    job = answer("It is accepted", {JSON: {"schema": ref(Job.__name__)}})
    mark = verb("Mark a cause as known", group, 200, answer("As marked", whole), 400, 422)
    listed = get(
        "List causes of failures", shapes.Failures, query(shapes.FailureQuery), wrong=(404, 422)
    )
    one = get("Show a cause of failures", shapes.FailureInFull, [group], wrong=(404,))
    return {
        "/failures": {"get": listed},
        "/failures/{group_id}": {"get": one},
        "/failures/{group_id}/retry": {
            "post": verb("Have all jobs of a cause run again", group, 202, retried)
        },
        "/failures/{group_id}/known": {
            "put": {**mark, "requestBody": note},
            "delete": verb("Unmark a known cause", group, 200, answer("As unmarked", whole)),
        },
        "/dead-letters": {"get": get("List dead letters", shapes.DeadLetters, [])},
        "/dead-letters/{letter_id}": {
            "delete": verb("Delete a dead letter", letter, 204, {"description": "It is gone"})
        },
        "/dead-letters/{letter_id}/requeue": {
            "post": verb("Run what a dead letter asks for", letter, 202, job, 422)
        },
    }
