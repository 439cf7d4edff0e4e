"""How the API's description tells of queues and workers."""

from typing import Final

from pydantic import BaseModel

from webapp import floor_shapes as shapes
from webapp.openapi_parts import JSON, Part, answer, get, parameter, problems, ref

SHAPES: Final = (
    *(shapes.Queues, shapes.Queue, shapes.PauseRequest),
    *(shapes.Workers, shapes.Worker, shapes.ProcessesRequest),
)


def paths() -> Part:
    """Return the paths of queues and workers."""
    queue, worker = parameter("name", "path"), parameter("worker_id", "path")
    verbs = {
        "drain": "Have a worker finish what it runs and take no more",
        "resume": "Have a draining worker take jobs again",
        "renew": "Replace a worker's processes by new ones, each after its job",
        "stop": "Have a worker stop after its jobs",
    }
    return {
        "/queues": {"get": get("List the queues", shapes.Queues, [])},
        "/queues/{name}": {"get": get("Show a queue", shapes.Queue, [queue], wrong=(404,))},
        "/queues/{name}/pause": {
            "post": _change("Pause a queue", queue, 200, shapes.Queue, shapes.PauseRequest)
        },
        "/queues/{name}/resume": {"post": _change("Resume a queue", queue, 200, shapes.Queue)},
        "/workers": {"get": get("List the workers", shapes.Workers, [])},
        "/workers/{worker_id}": {
            "get": get("Show a worker", shapes.Worker, [worker], wrong=(404,))
        },
        **{
            f"/workers/{{worker_id}}/{verb}": {"post": _change(words, worker, 202, shapes.Worker)}
            for verb, words in verbs.items()
        },
        "/workers/{worker_id}/processes": {
            "post": _change(
                "Give a worker another number of processes",
                worker,
                202,
                shapes.Worker,
                shapes.ProcessesRequest,
            )
        },
    }


def _change(
    summary: str,
    which: Part,
    status: int,
    shape: type[BaseModel],
    wish: type[BaseModel] | None = None,
) -> Part:
    """Describe a verb, and what it takes where it takes anything."""
    body: Part = {}
    if wish is not None:
        content = {JSON: {"schema": ref(wish.__name__)}}
        body = {"requestBody": {"required": True, "content": content}}
    told = answer("It is asked for", {JSON: {"schema": ref(shape.__name__)}})
    wrong = (400, 401, 404, 422, 503) if wish else (401, 404, 503)
    return {
        "summary": summary,
        "parameters": [which],
        **body,
        "responses": {str(status): told, **problems(wrong)},
    }
