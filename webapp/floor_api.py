"""The API's verbs for queues and workers."""

from typing import Any, Final, TypeVar

from flask import abort
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError

from ledger.errors import NoSuchWorker
from webapp import api, queues, workers
from webapp import floor_shapes as shapes
from webapp.api import json_body
from webapp.mistakes import WrongInputs, mistakes_in
from webapp.security import owner
from webapp.services import services

Model = TypeVar("Model", bound=BaseModel)

blueprint: Final = api.blueprint


@blueprint.get("/queues")
def list_queues() -> dict[str, Any]:
    """List the queues as they stand."""
    seen = queues.look(services())
    away = None if seen.away is None else f"{seen.away} {seen.away.repair}"
    return shapes.Queues(queues=[shapes.Queue.of(one) for one in seen.queues], away=away).answer()


@blueprint.get("/queues/<name>")
def show_queue(name: str) -> dict[str, Any]:
    """Show a queue as it stands."""
    found = {one.name: one for one in queues.look(services()).queues}
    if name not in found:
        abort(404, f"There is no queue {name}.")
    return shapes.Queue.of(found[name]).answer()


@blueprint.post("/queues/<name>/pause")
def pause_queue(name: str) -> ResponseReturnValue:
    """Have nothing of a queue started until it is resumed; an earlier pause of it stands."""
    if name not in queues.known(services()):
        abort(404, f"There is no queue {name}.")
    queues.pause(services(), name, owner(), _parsed(shapes.PauseRequest).why)
    return show_queue(name)


@blueprint.post("/queues/<name>/resume")
def resume_queue(name: str) -> ResponseReturnValue:
    """Have a queue's jobs started again; one that is not paused stays as it is."""
    services().ledger.queues.resume(name)
    return show_queue(name)


@blueprint.get("/workers")
def list_workers() -> dict[str, Any]:
    """List the workers as they stand."""
    seen = workers.look(services())
    found = [shapes.Worker.of(one) for one in (*seen.here, *seen.gone)]
    return shapes.Workers(workers=found).answer()


@blueprint.get("/workers/<worker_id>")
def show_worker(worker_id: str) -> dict[str, Any]:
    """Show a worker as it stands."""
    seen = workers.look(services())
    for one in (*seen.here, *seen.gone):
        if one.worker.id == worker_id:
            return shapes.Worker.of(one).answer()
    raise NoSuchWorker(worker_id)


@blueprint.post("/workers/<worker_id>/drain", defaults={"verb": "drain"})
@blueprint.post("/workers/<worker_id>/resume", defaults={"verb": "resume"})
@blueprint.post("/workers/<worker_id>/renew", defaults={"verb": "renew"})
@blueprint.post("/workers/<worker_id>/stop", defaults={"verb": "stop"})
def steer_worker(worker_id: str, verb: str) -> ResponseReturnValue:
    """Ask something of a worker, which it heeds within a second."""
    workers.ask(services(), worker_id, verb, owner())
    return show_worker(worker_id), 202


@blueprint.post("/workers/<worker_id>/processes")
def resize_worker(worker_id: str) -> ResponseReturnValue:
    """Ask a worker to have another number of processes; one too many ends after its job."""
    services().ledger.wishes.want(worker_id, _parsed(shapes.ProcessesRequest).processes)
    return show_worker(worker_id), 202


def _parsed(model: type[Model]) -> Model:
    try:
        return model.model_validate(json_body())
    except ValidationError as error:
        raise WrongInputs(mistakes_in(error)) from error
