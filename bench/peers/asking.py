"""The bench's end of the conversation with a turn's client."""

import json
import select
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.peers import workers

ANSWER_SECONDS = 120
END_SECONDS = 10


class Failed(Exception):
    """A system did not do what is measured; the words say what happened."""


class Asking:
    """A client process that obeys one order at a time; gone when left.

    Args:
        module: the system's, which the client imports.
        environment: what the client is told, beside this process's own.
        programs: the folder of its Python.
        folder: where it runs and leaves its log.
    """

    def __init__(
        self, module: str, environment: Mapping[str, str], programs: Path, folder: Path
    ) -> None:
        self._log = folder / "client.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(programs / "python"), "-m", "bench.peers.client", module],
                cwd=folder,
                env=workers.surroundings(environment, programs),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,  # A Ctrl-C is for the bench.
                preexec_fn=workers.die_with_bench,  # noqa: PLW1509 - there are no threads here
            )

    def ask(self, *words: object) -> Any:
        """Give an order and return its answer.

        Raises:
            Failed: the client ended, or took too long; its last words are in the message.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(*words, file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise Failed(self._last_words(f"{words[0]}: the client ended")) from None
        ready, _, _ = select.select([self._process.stdout], [], [], ANSWER_SECONDS)
        if not ready:
            raise Failed(self._last_words(f"{words[0]}: no answer in {ANSWER_SECONDS} s"))
        answer = self._process.stdout.readline()
        if not answer:
            raise Failed(self._last_words(f"{words[0]}: the client ended"))
        return json.loads(answer)

    def __enter__(self) -> Self:
        """It has been started already."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """Kill it: it has nothing to finish."""
        self._process.kill()
        self._process.wait(END_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _last_words(self, what: str) -> str:
        said = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return ": ".join((what, *said[-1:]))
