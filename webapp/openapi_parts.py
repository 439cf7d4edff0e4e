"""The words of OpenAPI that a description of the API is put together from."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from pydantic import BaseModel

from webapp import shapes

JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"

Part = dict[str, Any]


def get(
    summary: str,
    shape: type[BaseModel],
    parameters: list[Part],
    *,
    wrong: Iterable[int] = (),
    also: Mapping[str, Any] | None = None,
) -> Part:
    """Describe what reads: one shape as JSON, and where it may be wrong with what statuses."""
    content = {JSON: {"schema": ref(shape.__name__)}, **(also or {})}
    return {
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": answer("As asked", content), **problems((401, *wrong, 503))},
    }


def answer(words: str, content: Part) -> Part:
    """Describe an answer, by its media types."""
    return {"description": words, "content": content}


def problems(statuses: Iterable[int]) -> Part:
    """Describe the answers that are problems, by their statuses."""
    problem = {PROBLEM: {"schema": ref(shapes.Problem.__name__)}}
    return {str(status): answer(HTTPStatus(status).phrase, problem) for status in statuses}


def query(model: type[BaseModel]) -> list[Part]:
    """Describe the parameters of a query, a field of the model each."""
    template = "#/components/schemas/{model}"
    properties = model.model_json_schema(ref_template=template)["properties"]
    return [parameter(name, "query", schema=schema) for name, schema in properties.items()]


def parameter(name: str, place: str, **more: Any) -> Part:
    """Describe a parameter; one of the path is never left out."""
    needed = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": {"type": "string"}} | needed | more


def ref(name: str) -> Part:
    """Name a schema that stands among the components."""
    return {"$ref": f"#/components/schemas/{name}"}
