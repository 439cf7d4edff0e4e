"""A job of a kind on trial: run, killed, cancelled and continued."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from celery.exceptions import Ignore

from ledger.files import kept_of, key_of
from ledger.jobs import Submission
from ledger.record import JSON, Job, LogLine, Progress
from ledger.workers import NewWorker
from tasks import guard
from tasks.inputs import to_row, uploads_in
from tasks.kind import Kind, Upload
from tasks.outcomes import JobFailed
from tasks.testing.witness import Witness
from tasks.testing.worker import WORKER, attempt, ledger_in

LOOK_EVERY = 0.01  # seconds between two looks at a job that is to be killed or cancelled


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
        self._ledger = ledger_in(self._folder)
        self._ledger.upgrade()
        self._ledger.workers.register(
            NewWorker(WORKER, "worker@tests", "tests", os.getpid(), [kind.queue], 1, "")
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

    @property
    def kept(self) -> list[Path]:
        """The files that its attempts have given to `checkpoint`, under names of the storage."""
        folder = Path(self._ledger.settings.storage_url) / kept_of(self._job)
        return [path for path in folder.rglob("*") if path.is_file()]

    def _lines(self) -> list[LogLine]:
        return self._ledger.logs.after(self._job)

    def run(self) -> Done:
        """Run the job, or its next attempt where an earlier one was killed.

        Raises:
            BaseException: as `run_kind` does.
        """
        witness = Witness()
        kind = replace(self._kind, function=witness.of(self._kind.function))
        try:
            result = attempt(self._ledger, kind, self._job)
        except (JobFailed, Ignore):
            if witness.error is None:
                raise
            raise witness.error from None
        return Done(result, self._outputs(), self.log, witness.progress, witness.checkpoint())

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
        names = (str(self._folder), function.__module__, self._kind.name, self._job)
        path = os.pathsep.join(dict.fromkeys([str(Path.cwd()), *filter(None, sys.path)]))
        process = subprocess.Popen(  # noqa: S603 - our own module, and names that the test gave
            [sys.executable, "-m", "tasks.testing.worker", *names],
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
            attempt(self._ledger, self._kind, self._job)
        except (Ignore, JobFailed):
            ended = time.monotonic()
        finally:
            over.set()
            somebody.join()
        assert self.job.state == "REVOKED", f"it ended otherwise: {self.job}"
        return ended - asked[0]


@cache
def _all_trials() -> Path:
    """Return a folder that is gone when this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="postroom-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
