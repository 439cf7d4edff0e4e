"""How the API's description tells of actions on many jobs."""

from typing import Final

from webapp import action_shapes as shapes
from webapp.openapi_parts import JSON, Part, answer, get, parameter, problems, ref

SHAPES: Final = (shapes.ActionRequest, shapes.Action, shapes.ActionJobs)


def paths(key: Part) -> Part:
    """Return the paths of actions; `key` describes the header with an idempotency key."""
    one = parameter("action_id", "path")
    outcome = parameter("outcome", "query", description="Only jobs with this outcome.")
    after = parameter("after", "query", description="The id of the last job that was seen.")
    action = {JSON: {"schema": ref(shapes.Action.__name__)}}
    place = {"Location": {"schema": {"type": "string"}, "description": "Where it is shown."}}
    wish = {JSON: {"schema": ref(shapes.ActionRequest.__name__)}}
    return {
        "/actions": {
            "post": {
                "summary": "Cancel, run again or delete many jobs",
                "description": "Of few it is done when this answers; of many the workers' clock"
                " does it. Jobs that come to match later are left alone.",
                "parameters": [key],
                "requestBody": {"required": True, "content": wish},
                "responses": {
                    "202": {**answer("It is asked for", action), "headers": place},
                    "200": {**answer("It was asked for before", action), "headers": place},
                    **problems((400, 401, 422, 503)),
                },
            }
        },
        "/actions/{action_id}": {
            "get": get("Show what is done to many jobs", shapes.Action, [one], wrong=(404,))
        },
        "/actions/{action_id}/jobs": {
            "get": get(
                "List the jobs of an action by their outcomes",
                shapes.ActionJobs,
                [one, outcome, after],
                wrong=(400, 404),
            )
        },
        "/actions/{action_id}/undo": {
            "post": {
                "summary": "Take an action back, as far as that can be done",
                "parameters": [one],
                "responses": {
                    "202": {**answer("It is asked for", action), "headers": place},
                    **problems((401, 404, 409, 503)),
                },
            }
        },
    }
