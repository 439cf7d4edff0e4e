"""How the API's description tells of batches."""

from collections.abc import Iterable
from typing import Final

from ledger.batches import LARGEST
from webapp import batch_shapes as shapes
from webapp.openapi_parts import JSON, Part, answer, get, parameter, problems, ref

SHAPES: Final = (shapes.Batch,)


def paths(key: Part, jobs: Iterable[Part]) -> Part:
    """Return the paths of batches.

    Args:
        key: describes the header with an idempotency key.
        jobs: the bodies that a job can be submitted with, a schema each.
    """
    batch = {JSON: {"schema": ref(shapes.Batch.__name__)}}
    place = {"Location": {"schema": {"type": "string"}, "description": "Where it is shown."}}
    several = {"type": "array", "minItems": 1, "maxItems": LARGEST, "items": {"oneOf": [*jobs]}}
    body = {
        "type": "object",
        "required": ["jobs"],
        "additionalProperties": False,
        "properties": {"jobs": several},
    }
    return {
        "/batches": {
            "post": {
                "summary": "Submit many jobs as one",
                "description": "All of them are accepted, or none. A mistake names its job by its"
                " place in the list, counted from 0: 17.name is the input of that name of the"
                " eighteenth.",
                "parameters": [key],
                "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
                "responses": {
                    "202": {**answer("It is accepted", batch), "headers": place},
                    "200": {**answer("It was accepted before", batch), "headers": place},
                    **problems((400, 401, 413, 422, 503, 507)),
                },
            }
        },
        "/batches/{batch_id}": {
            "get": get(
                "Show how far a batch is",
                shapes.Batch,
                [parameter("batch_id", "path")],
                wrong=(404,),
            )
        },
    }
