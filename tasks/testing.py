"""Runs a kind in a test as a worker does, but without a broker and a console.

    from tasks.testing import run_kind

    def test_words_are_counted(tmp_path):
        text = tmp_path / "a.txt"
        text.write_text("to be or not to be")
        done = run_kind(words, text=text, most=1)
        assert done.result == {"to": 2}

The ledger and the storage are real, in a temporary folder: limits, outputs, the log and checkpoints
are what they are in a worker. `Trial` also kills, cancels and continues a job.
"""

import atexit
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from celery.exceptions import Ignore

from ledger import Ledger, Settings
from ledger.files import key_of
from ledger.jobs import Submission
from ledger.record import JSON, Delivery, Job, LogLine, Progress
from ledger.workers import NewWorker
from tasks import guard
from tasks.app import app
from tasks.context import JobLog, current
from tasks.inputs import to_row, uploads_in
from tasks.interrupt import SOFT, Interrupts
from tasks.kind import Kind, Upload
from tasks.outcomes import JobFailed
from tasks.programs import sparing_what_runs
from tasks.run import Runner

LOOK_EVERY = 0.01  # seconds between two looks at a job that is to be killed or cancelled

_interrupts = Interrupts()


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job.

    `result` is what the job's page shows. `outputs` has the files by name, until the tests end.
    `log` is what was logged and printed. `progress` has every step that was told, `checkpoint` the
    last state that was kept.
    """

    result: JSON
    outputs: Mapping[str, Path]
    log: str
    progress: list[Progress]
    checkpoint: Any


def run_kind(kind: Kind, /, **inputs: Any) -> Done:
    """Run a job of the kind and return what came of it.

    Args:
        kind: what `@kind` made.
        inputs: as a form would give them; for a file its path on this machine.

    Raises:
        pydantic.ValidationError: an input is wrong.
        BaseException: whatever the kind raises, as it raised it.
        JobFailed: the job failed for another reason, such as a result that is no JSON.
    """
    return Trial(kind, **inputs).run()


class Trial:
    """One job of a kind, in a ledger and a storage of its own; each run is an attempt.

    Args:
        kind: what `@kind` made; to be killed it must be found in its module by other processes.
        inputs: as for `run_kind`.

    Raises:
        pydantic.ValidationError: an input is wrong.
    """

    def __init__(self, kind: Kind, /, **inputs: Any) -> None:
        self._kind = kind
        self._folder = Path(tempfile.mkdtemp(dir=_all_trials()))
        self._ledger = _ledger_in(self._folder)
        self._ledger.upgrade()
        self._ledger.workers.register(
            NewWorker("tests", "worker@tests", "tests", os.getpid(), [kind.queue], 1, "")
        )
        values = kind.parse({name: self._given(value) for name, value in inputs.items()})
        self._job, _new = self._ledger.jobs.submit(
            Submission(
                kind=kind.name,
                queue=kind.queue,
                inputs=to_row(values),
                owner="tests",
                uploads=[upload.id for upload in uploads_in(values)],
            )
        )

    def _given(self, value: Any) -> Any:
        """Return an input as the console hands it over: a path has become an upload."""
        if isinstance(value, list | tuple):
            return [self._given(one) for one in value]
        if not isinstance(value, Path):
            return value
        writer = self._ledger.files.receive(value.name, self._ledger.settings.max_upload)
        with value.open("rb") as file:
            shutil.copyfileobj(file, writer, 1 << 20)
        return Upload.of(self._ledger.files.accept(writer, "tests"))

    @property
    def job(self) -> Job:
        """The job as the ledger has it now."""
        return self._ledger.jobs.get(self._job)

    @property
    def log(self) -> str:
        """What all attempts have logged and printed, as far as it is written."""
        return "\n".join(line.text for line in self._lines())

    def _lines(self) -> list[LogLine]:
        return self._ledger.logs.after(self._job)

    def run(self) -> Done:
        """Run the job, or its next attempt where an earlier one was killed.

        Raises:
            BaseException: as `run_kind` does.
        """
        witness = _Witness()
        kind = replace(self._kind, function=witness.of(self._kind.function))
        try:
            with _as_in_a_worker():
                result = self._execute(kind)
        except (JobFailed, Ignore):
            if witness.error is None:
                raise
            raise witness.error from None
        return Done(result, self._outputs(), self.log, witness.progress, witness.checkpoint())

    def _execute(self, kind: Kind) -> JSON:
        # The message of a dead attempt comes again, counted; so a new attempt may take over.
        delivery = Delivery(self._job, "message", self.job.attempt)
        return Runner(self._ledger, "tests", _interrupts).execute(kind, delivery)

    def _outputs(self) -> dict[str, Path]:
        folder = self._folder / "outputs"
        folder.mkdir()
        found = {}
        for file in self._ledger.files.outputs_of(self._job):
            stored = Path(self._ledger.settings.storage_url) / key_of(file)
            found[file.name] = stored.rename(folder / file.name)
        return found

    def killed(self, when: Callable[[Job], bool], within: float = 60) -> Job:
        """Run the job in a process of its own, and kill that with SIGKILL; programs too.

        Args:
            when: is asked often, with the job as the ledger has it; a running job writes its
                progress there every half second.
            within: seconds.

        Returns:
            The job as it was when its process died; `run` continues it.

        Raises:
            AssertionError: the process ended by itself, or `when` did not come true in time.
        """
        with self._started() as process:
            deadline = time.monotonic() + within
            while not when(self.job):
                assert process.poll() is None, f"it ended by itself: {self.job}\n{self.log}"
                assert time.monotonic() < deadline, f"after {within:g} s: {self.job}\n{self.log}"
                time.sleep(LOOK_EVERY)
        return self.job

    @contextmanager
    def _started(self) -> Iterator[subprocess.Popen[bytes]]:
        """Run an attempt in another process for the length of the block."""
        function = self._kind.function
        attempt = (str(self._folder), function.__module__, self._kind.name, self._job)
        path = os.pathsep.join(dict.fromkeys([str(Path.cwd()), *filter(None, sys.path)]))
        process = subprocess.Popen(  # noqa: S603 - our own module, and names that the test gave
            [sys.executable, "-m", "tasks.testing", *attempt],
            env=os.environ | {"PYTHONPATH": path},
            start_new_session=True,
        )
        try:
            yield process
        finally:
            guard.end_session(process.pid)
            process.wait()

    def cancelled(self, when: Callable[[Job], bool]) -> float:
        """Run the job, and have somebody cancel it.

        Args:
            when: as for `killed`.

        Returns:
            How many seconds it took the job to end.

        Raises:
            AssertionError: the job came to another end.
        """
        asked: list[float] = []
        over = threading.Event()

        def ask() -> None:
            while not over.wait(LOOK_EVERY):
                if when(self.job):
                    asked.append(time.monotonic())
                    self._ledger.jobs.request_cancel(self._job)
                    return

        somebody = threading.Thread(target=ask)
        somebody.start()
        try:
            with _as_in_a_worker():
                self._execute(self._kind)
        except (Ignore, JobFailed):
            ended = time.monotonic()
        finally:
            over.set()
            somebody.join()
        assert self.job.state == "REVOKED", f"it ended otherwise: {self.job}"
        return ended - asked[0]


class _Witness:
    """Sees what a kind's function says and raises, where the ledger keeps but the last of it."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.progress: list[Progress] = []
        self.checkpoint: Callable[[], Any] = lambda: None

    def of(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, watched."""

        @wraps(function)
        def watched(**inputs: Any) -> Any:
            self._attend()
            try:
                return function(**inputs)
            except BaseException as error:
                self.error = error
                raise

        return watched

    def _attend(self) -> None:
        running = current()
        assert running is not None
        self.checkpoint = lambda: running.checkpoint.state
        move = running.move

        def seen(to: Progress) -> None:
            self.progress.append(to)
            move(to)

        running.move = seen  # type: ignore[method-assign]  # each step passes here


@contextmanager
def _as_in_a_worker() -> Iterator[None]:
    """Bring records to the job's log, and leave the process as it was."""
    root, handler, before = logging.getLogger(), JobLog(), signal.getsignal(SOFT)
    level = root.level
    root.addHandler(handler)
    root.setLevel(min(level, logging.INFO))
    try:
        with sparing_what_runs():
            yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        signal.signal(SOFT, before)


@cache
def _all_trials() -> Path:
    """Return a folder that is gone when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="postroom-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _ledger_in(folder: Path) -> Ledger:
    # Named even where that is the default: what the environment says must not reach a test.
    database = f"sqlite:///{folder / 'ledger.sqlite3'}"
    return Ledger(
        Settings(postroom_var=folder, database_url=database, storage_url=str(folder / "storage"))
    )


def _attempt(folder: str, module: str, kind: str, job: str) -> None:
    """Run one attempt, in a process that a test will kill."""
    import_module(module)
    ledger = _ledger_in(Path(folder))
    delivery = Delivery(job, "message", ledger.jobs.get(job).attempt)
    with _as_in_a_worker():
        Runner(ledger, "tests", _interrupts).execute(app.tasks[kind].kind, delivery)


if __name__ == "__main__":
    _attempt(*sys.argv[1:])
