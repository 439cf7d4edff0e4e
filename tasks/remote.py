"""Celery's remote commands that would steer a worker past the ledger are refused in words."""

from typing import Any, Final

from celery.worker.control import Panel

# By Celery's name, and with what its command line takes; Flower's buttons send the same.
REFUSED: Final = {
    "pool_grow": [("n", int)],
    "pool_shrink": [("n", int)],
    "pool_restart": [],
    "autoscale": [("max", int), ("min", int)],
    "add_consumer": [("queue", str)],
    "cancel_consumer": [("queue", str)],
}
WORDS: Final = (
    "Postroom keeps in its ledger what workers do, so that it outlives them: use its pages of"
    " queues and workers, or `flask --app webapp worker` and `queue`."
)


def refuse_steering() -> None:
    """Put our answer in the place of Celery's: the next look at the ledger would undo its effect.

    A queue that is paused would even be listened to until the worker's next connection.
    """
    for name, arguments in REFUSED.items():
        Panel.register(name=name, args=arguments)(_answer(name))


def _answer(name: str) -> Any:
    def refuse(_state: Any, **_arguments: Any) -> dict[str, str]:
        return {"error": WORDS}

    refuse.__name__, refuse.__doc__ = name, WORDS
    return refuse
