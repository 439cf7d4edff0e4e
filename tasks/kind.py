"""`@kind`: a typed function becomes what a person can pick, fill in and run."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from tasks.app import app
from tasks.inputs import Accept, Locate, LongText, Upload, inputs_model, secrets_of, summary

__all__ = [
    "Accept",
    "BadInput",
    "Kind",
    "LongText",
    "ProgramFailed",
    "Upload",
    "hours",
    "kind",
    "longest",
    "minutes",
    "seconds",
]

KILL_GRACE = 30  # seconds between a kind's time limit and the end of its process
MARGIN = 120  # seconds; RabbitMQ looks once a minute, and a job has its end to record


class BadInput(Exception):
    """What a person gave can't be worked on; the words say why, and what to do instead.

    Raised inside a kind it ends the job as failed, with the words and without a traceback.
    """


class ProgramFailed(Exception):
    """A program that a kind started did not do its work; the words say why.

    It ends the job like any other error, but without a traceback, which tells nothing of a program.
    """


def seconds(number: float) -> float:
    """Return a duration as `kind` takes it."""
    return float(number)


def minutes(number: float) -> float:
    """Return a duration as `kind` takes it."""
    return 60.0 * number


def hours(number: float) -> float:
    """Return a duration as `kind` takes it."""
    return 3600.0 * number


def longest() -> float:
    """Return the longest limit that RabbitMQ's acknowledgement timeout (ACK_TIMEOUT) allows.

    For kinds whose jobs take as long as what they are given is large.
    """
    return max(1.0, app.settings.ack_timeout - KILL_GRACE - MARGIN)


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of job. Calling it calls the plain function, without a job.

    Durations are in seconds. `retries` says how often an attempt that fails with one of
    `retry_for` is followed by another; `retry_delay` is the pause before the first of them, which
    doubles each time. `repeatable` says that the same inputs bring the same result as long as the
    code is the same, of which `version` is what its source does not tell.
    """

    name: str
    title: str
    help: str
    icon: str
    function: Callable[..., Any]
    inputs: type[BaseModel]
    queue: str
    time_limit: float
    retries: int
    retry_for: tuple[type[Exception], ...]
    retry_delay: float
    secrets: frozenset[str] = field(repr=False)
    repeatable: bool = True
    version: str = ""
    preload: tuple[str, ...] = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the function itself."""
        return self.function(*args, **kwargs)

    def parse(self, values: Mapping[str, Any], locate: Locate | None = None) -> BaseModel:
        """Return the values as typed inputs.

        Args:
            values: one for each parameter that has no default.
            locate: finds an upload's bytes, inside a running job.

        Raises:
            pydantic.ValidationError: with every message.
        """
        return self.inputs.model_validate(values, context={"locate": locate} if locate else None)

    def summary(self, row: Mapping[str, Any]) -> str:
        """Return stored inputs in one line without secrets."""
        return summary(row, self.secrets)

    @property
    def task(self) -> Any:
        """The kind's Celery task."""
        return app.tasks[self.name]

    def delay(self, **inputs: Any) -> Any:
        """Submit a job from Python, as Celery's tasks do; return its `AsyncResult`.

        Raises:
            pydantic.ValidationError: an input is wrong.
            LedgerUnavailable: it is not known whether the job was accepted.
        """
        return self.task.apply_async(kwargs=inputs)

    def delay_many(
        self, inputs: Iterable[Mapping[str, Any]], idempotency_key: str | None = None
    ) -> Any:
        """Submit a batch from Python, all or none; return its `GroupResult`, in the same order.

        Args:
            inputs: those of each job; at most `ledger.batches.LARGEST` of them.
            idempotency_key: whoever comes again with the same one gets the same batch.

        Raises:
            ExceptionGroup: of a pydantic.ValidationError for each job with a wrong input, which
                has a note that tells its place. Nothing was submitted.
            ValueError: there are no jobs, or too many.
            LedgerUnavailable: it is not known whether the jobs were accepted.
        """
        return self.task.apply_many(inputs, idempotency_key)


def kind(  # noqa: PLR0913 - a declaration: each is named where it is used
    *,
    title: str,
    icon: str = "gear",
    queue: str = "default",
    time_limit: float = 1500.0,
    retries: int = 0,
    retry_for: tuple[type[Exception], ...] = (),
    retry_delay: float = 10.0,
    inputs: type[BaseModel] | None = None,
    repeatable: bool = True,
    version: str = "",
    preload: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Kind]:
    """Declare a kind from a typed function; its docstring is the form's help.

    Args:
        title: what the page calls it.
        icon: the name of a Bootstrap icon.
        queue: one of celeryconfig.QUEUES.
        time_limit: seconds; the function then gets SoftTimeLimitExceeded and KILL_GRACE more
            seconds to clean up before its process is killed. The default suits a RabbitMQ that
            takes messages back after 30 minutes, as it does by itself; for longer jobs see
            ACK_TIMEOUT.
        retries: see `Kind`.
        retry_for: see `Kind`.
        retry_delay: see `Kind`.
        inputs: the model of the inputs, where the function's own signature does not say them.
        repeatable: False where the same inputs bring something else each time, as of the time or
            the network; then nobody is told that the same has run already.
        version: of what the kind does, as far as its source does not tell: any words.
        preload: modules that a worker loads once, before it forks its processes, which then share
            them. Not those that start threads when they are loaded, for none of these is in a
            forked process.

    Raises:
        TypeError: a parameter can't become a field of a form.
    """

    def declare(function: Callable[..., Any]) -> Kind:
        model = inputs or inputs_model(function)
        declared = Kind(
            name=function.__name__,
            title=title,
            help=inspect.getdoc(function) or "",
            icon=icon,
            function=function,
            inputs=model,
            queue=queue,
            time_limit=time_limit,
            retries=retries,
            retry_for=retry_for,
            retry_delay=retry_delay,
            secrets=secrets_of(model),
            repeatable=repeatable,
            version=version,
            preload=preload,
        )
        app.task(
            function,
            name=declared.name,
            kind=declared,
            typing=False,  # The inputs' model checks; Celery would count arguments again.
            soft_time_limit=time_limit,
            time_limit=time_limit + KILL_GRACE,
        )
        return declared

    return declare


def kinds() -> dict[str, Kind]:
    """Return every kind by name, in the order of `imports` in celeryconfig.py."""
    app.loader.import_default_modules()
    found = [task.kind for task in app.tasks.values() if hasattr(task, "kind")]
    order = {module: place for place, module in enumerate(app.conf.imports)}
    found.sort(key=lambda one: order.get(one.function.__module__, len(order)))
    return {one.name: one for one in found}
