"""How the API's description tells of running again, of what ran already, and of presets."""

from collections.abc import Iterable
from typing import Final

from pydantic import BaseModel

from webapp import again_shapes as shapes
from webapp.openapi_parts import JSON, Part, answer, get, parameter, problems, ref

SHAPES: Final = (
    shapes.AgainRequest,
    shapes.Again,
    shapes.Same,
    shapes.PresetRequest,
    shapes.Preset,
    shapes.Presets,
)


def paths(key: Part) -> Part:
    """Return the paths; `key` describes the header with an idempotency key."""
    job_id, preset_id = parameter("job_id", "path"), parameter("preset_id", "path")
    kind = parameter("kind", "query", description="Only presets of this kind.")
    change = (404, 409, 422)
    return {
        "/jobs/{job_id}/again": {
            "get": get("Show with what it would run again", shapes.Again, [job_id], wrong=(404,)),
            "post": _submit("Submit the same with some inputs changed", [job_id, key]),
        },
        "/jobs/{job_id}/same": {
            "get": get("Show jobs that did the same", shapes.Same, [job_id], wrong=(404,))
        },
        "/same": {
            "post": {
                "summary": "Show jobs that did what such a request would submit",
                "requestBody": _body({"type": "object", "required": ["kind"]}),
                "responses": _answers(200, shapes.Same, (400, 404, 422)),
            }
        },
        "/presets": {
            "get": get("List presets", shapes.Presets, [kind]),
            "post": _keep("Keep inputs under a name", 201, [], change),
        },
        "/presets/{preset_id}": {
            "get": get("Show a preset", shapes.Preset, [preset_id], wrong=(404,)),
            "put": _keep("Overwrite a preset", 200, [preset_id], change),
            "delete": {
                "summary": "Delete a preset",
                "parameters": [preset_id],
                "responses": {
                    "204": {"description": "It is gone"},
                    **problems((401, 404, 503)),
                },
            },
        },
        "/presets/{preset_id}/jobs": {
            "post": _submit("Submit what a preset keeps, some inputs changed", [preset_id, key])
        },
    }


def _submit(summary: str, parameters: list[Part]) -> Part:
    job = {JSON: {"schema": ref("Job")}}
    return {
        "summary": summary,
        "parameters": parameters,
        "requestBody": _body(ref(shapes.AgainRequest.__name__), needed=False),
        "responses": {
            "202": answer("It is accepted", job),
            "200": answer("It was accepted before", job),
            **problems((400, 401, 404, 422, 503, 507)),
        },
    }


def _keep(summary: str, status: int, parameters: list[Part], wrong: Iterable[int]) -> Part:
    return {
        "summary": summary,
        "parameters": parameters,
        "requestBody": _body(ref(shapes.PresetRequest.__name__)),
        "responses": _answers(status, shapes.Preset, wrong),
    }


def _answers(status: int, shape: type[BaseModel], wrong: Iterable[int]) -> Part:
    content = {JSON: {"schema": ref(shape.__name__)}}
    return {str(status): answer("As asked", content), **problems((401, *wrong, 503))}


def _body(schema: Part, *, needed: bool = True) -> Part:
    return {"required": needed, "content": {JSON: {"schema": schema}}}
