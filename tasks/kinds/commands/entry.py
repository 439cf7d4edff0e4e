"""One entry of `commands.toml`: all that can be declared of a program, in the file's own words."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tasks.kinds.commands.inputs import Input
from tasks.kinds.commands.quantities import Duration, Size

Code = Annotated[int, Field(ge=0, le=255)]


class Reports(BaseModel):
    """How far the program is, as it says itself.

    Where the pattern has neither `done` nor `percent`, each line that it fits is a step: one that
    is done, or one that has begun. `total` is an input: a number, or that many files or values.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    pattern: str
    total: str | None = None
    steps: Literal["done", "begun"] = "done"


class Entry(BaseModel):
    """A program, and what a person is asked before it runs.

    `command` is its argument vector, with `{names}` of inputs; a list in it is a group, which is
    left out as a whole where one of its inputs is empty. Durations are in seconds, sizes in bytes.
    `version` is any text; another one says that the program does something else now.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    title: Annotated[str, Field(min_length=1, max_length=80)]
    help: str = ""
    icon: str = "terminal"
    queue: str = "default"
    command: Annotated[list[str | list[str]], Field(min_length=1)]
    inputs: dict[str, Input] = {}
    stdin: str | None = None
    stdout: str | None = None
    outputs: list[str] = []
    environment: dict[str, str] = {}
    inherit: list[str] = []
    progress: Reports | None = None
    success: Annotated[list[Code], Field(min_length=1)] = [0]
    exit_codes: dict[str, str] = {}
    time_limit: Duration = 1500.0
    grace: Annotated[Duration, Field(le=8)] = 1.0
    retries: Annotated[int, Field(ge=0, le=20)] = 0
    retry_delay: Duration = 10.0
    retry_for: list[Code] | None = None
    max_memory: Size | None = None
    max_file_size: Size | None = None
    repeatable: bool = True
    version: str = ""

    @property
    def program(self) -> str:
        """What is run, as the file names it."""
        first = self.command[0]
        return first if isinstance(first, str) else ""
