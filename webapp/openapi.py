"""The API's own description, OpenAPI 3.1, with a schema for the inputs of each kind."""

from collections.abc import Mapping
from typing import Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from tasks.kind import Kind
from webapp import (
    action_openapi,
    again_openapi,
    batch_openapi,
    failure_openapi,
    floor_openapi,
    shapes,
)
from webapp.charts.periods import PERIODS
from webapp.history_shapes import History
from webapp.openapi_parts import JSON, Part, answer, get, parameter, problems, query, ref
from webapp.questions import questions
from webapp.waiting_shapes import JobInFull, OutlookQuery, Waiting

SHAPES: Final = (
    *action_openapi.SHAPES,
    *again_openapi.SHAPES,
    *batch_openapi.SHAPES,
    *failure_openapi.SHAPES,
    *floor_openapi.SHAPES,
    JobInFull,
    shapes.Jobs,
    shapes.Log,
    shapes.Files,
    shapes.Kinds,
    shapes.Problem,
    History,
)

PLACE: Final[Part] = {
    "Location": {"schema": {"type": "string"}, "description": "Where the job is shown."}
}


def document(kinds: Mapping[str, Kind], listing: type[BaseModel], longest_key: int) -> Part:
    """Return the description of the API as it is with these kinds.

    Args:
        kinds: what can be submitted.
        listing: the model of the query that lists jobs.
        longest_key: characters of an idempotency key.
    """
    key = parameter(
        "Idempotency-Key",
        "header",
        schema={"type": "string", "minLength": 1, "maxLength": longest_key},
        description="A second request with the same key makes no second job.",
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Postroom",
            "version": "1",
            "description": "Submit time-consuming work, watch it and fetch what it made. A token"
            " is printed by `flask --app webapp token NAME`.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}],
        "paths": {
            "/jobs": {
                "get": get("List jobs, newest first", shapes.Jobs, query(listing), wrong=(422,)),
                "post": _submit(kinds, key),
            },
            **_paths_of_a_job(key),
            **_uploads(),
            **again_openapi.paths(key),
            **action_openapi.paths(key),
            **batch_openapi.paths(key, (_as_json(kind) for kind in kinds.values())),
            **failure_openapi.paths(),
            **floor_openapi.paths(),
            "/kinds": {"get": get("List the kinds of jobs", shapes.Kinds, [])},
            "/kinds/{kind}/outlook": {"get": _outlook()},
            "/kinds/{kind}/history": {"get": _history()},
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(kinds),
        },
    }


def _outlook() -> Part:
    asked = [parameter("kind", "path"), *query(OutlookQuery)]
    return get("Say when a job would run, were it submitted now", Waiting, asked, wrong=(404, 422))


def _history() -> Part:
    period = parameter("period", "query", schema={"enum": list(PERIODS)})
    return get("Tell a kind's past", History, [parameter("kind", "path"), period], wrong=(404,))


def _paths_of_a_job(key: Part) -> Part:
    job_id, name = parameter("job_id", "path"), parameter("name", "path")
    after = parameter("after", "query", description="A cursor: attempt and number, as in 2.153.")
    text = {"text/plain": {"schema": {"type": "string"}}}
    log = get("Read a job's log", shapes.Log, [job_id, after], wrong=(400, 404), also=text)
    return {
        "/jobs/{job_id}": {"get": get("Show a job", JobInFull, [job_id], wrong=(404,))},
        "/jobs/{job_id}/cancel": {"post": _change("Ask a job to stop", job_id)},
        "/jobs/{job_id}/retry": {"post": _change("Have a job run again now", job_id, key)},
        "/jobs/{job_id}/log": {"get": log},
        "/jobs/{job_id}/files": {
            "get": get("List the files that a job made", shapes.Files, [job_id], wrong=(404,)),
            "delete": {
                "summary": "Delete the files of a job of one's own, and uploads that no other uses",
                "parameters": [job_id],
                "responses": {
                    "204": {"description": "They are gone"},
                    **problems((401, 403, 404, 409, 503)),
                },
            },
        },
        "/jobs/{job_id}/files.zip": {"get": _bytes("Fetch all files as one ZIP", [job_id], "zip")},
        "/jobs/{job_id}/files/{name}": {
            "get": _bytes("Fetch a file", [job_id, name], "octet-stream", in_ranges=True)
        },
    }


def _bytes(summary: str, parameters: list[Part], what: str, *, in_ranges: bool = False) -> Part:
    """Describe a download; one `in_ranges` can be asked for in parts."""
    content: Part = {f"application/{what}": {}}
    wanted = [parameter("Range", "header", description="As in bytes=1000-1999: one range.")]
    part: Part = {"206": answer("The bytes of the range", content), **problems((416,))}
    return {
        "summary": summary,
        "parameters": parameters + (wanted if in_ranges else []),
        "responses": {
            "200": answer("The bytes", content),
            **(part if in_ranges else {}),
            **problems((401, 404, 503)),
        },
    }


def _uploads() -> Part:
    """Describe uploads that go on where a connection broke, as the protocol tus 1.0 has them."""
    upload_id = parameter("upload_id", "path", description="Stands for the file in inputs.")
    whole: Part = {"type": "integer", "minimum": 0}
    begun = [parameter("Tus-Resumable", "header", schema={"const": "1.0.0"})]
    length = parameter("Upload-Length", "header", schema=whole, description="In bytes.")
    place = parameter("Upload-Offset", "header", schema=whole, description="Where they belong.")
    bytes_of: Part = {"content": {"application/offset+octet-stream": {}}}

    def verb(summary: str, status: int, parameters: list[Part], *wrong: int) -> Part:
        answers = {str(status): {"description": "Done"}, **problems((401, *wrong, 503))}
        return {"summary": summary, "parameters": begun + parameters, "responses": answers}

    part = verb("Send the bytes that follow", 204, [upload_id, place], 404, 409, 415, 422, 423)
    return {
        "/uploads": {"post": verb("Begin an upload (tus 1.0)", 201, [length], 400, 413, 422, 507)},
        "/uploads/{upload_id}": {
            "head": verb("Say how much is stored", 200, [upload_id], 404),
            "patch": {**part, "requestBody": bytes_of},
            "delete": verb("Remove an upload that no job uses", 204, [upload_id], 404, 409, 423),
        },
    }


def _change(summary: str, job_id: Part, key: Part | None = None) -> Part:
    """Describe a verb; one that takes a key may make another job, and says where that is."""
    job = {JSON: {"schema": ref(JobInFull.__name__)}}
    wrong = (401, 404, 409, 503)
    return {
        "summary": summary,
        "parameters": [job_id, key] if key else [job_id],
        "responses": {
            "202": answer("It is asked for", job) | ({"headers": PLACE} if key else {}),
            **problems((400, *wrong) if key else wrong),
        },
    }


def _submit(kinds: Mapping[str, Kind], key: Part) -> Part:
    job = {JSON: {"schema": ref(shapes.Job.__name__)}}
    as_json = {"oneOf": [_as_json(kind) for kind in kinds.values()]}
    as_parts = {"oneOf": [_as_parts(kind) for kind in kinds.values()]}
    return {
        "summary": "Submit a job",
        "parameters": [key],
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": as_json}, "multipart/form-data": {"schema": as_parts}},
        },
        "responses": {
            "202": {**answer("It is accepted", job), "headers": PLACE},
            "200": {**answer("It was accepted before", job), "headers": PLACE},
            **problems((400, 401, 404, 413, 415, 422, 503, 507)),
        },
    }


def _as_json(kind: Kind) -> Part:
    asked = questions(kind.inputs).values()
    return {
        "type": "object",
        "required": ["kind", *(["inputs"] if any(one.required for one in asked) else [])],
        "additionalProperties": False,
        "properties": {"kind": {"const": kind.name}, "inputs": ref(_inputs(kind))},
    }


def _as_parts(kind: Kind) -> Part:
    """Describe a form: a part for the kind, and one or several for each input."""
    schema = _schema_of(kind)
    return {
        "type": "object",
        "required": ["kind", *schema.get("required", [])],
        "properties": {"kind": {"const": kind.name}, **schema["properties"]},
    }


def _inputs(kind: Kind) -> str:
    return f"inputs.{kind.name}"


def _schema_of(kind: Kind) -> Part:
    # Each kind keeps its definitions: two kinds may call different things by one name.
    return shapes.schema_of(kind, f"#/components/schemas/{_inputs(kind)}/$defs/{{model}}")


def _schemas(kinds: Mapping[str, Kind]) -> Part:
    _, whole = models_json_schema(
        [(shape, "serialization") for shape in SHAPES],
        ref_template="#/components/schemas/{model}",
    )
    schemas: Part = dict(whole["$defs"])
    return schemas | {_inputs(kind): _schema_of(kind) for kind in kinds.values()}
