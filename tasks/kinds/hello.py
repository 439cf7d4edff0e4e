"""Greet somebody: the smallest kind, to learn from and to drill with."""

import logging
import os
import signal
import time
from typing import Annotated, Literal

from pydantic import Field

from tasks.context import checkpoint, output, resume, track
from tasks.kind import kind, minutes

logger = logging.getLogger(__name__)


# To see it run is all that it is for, so nobody is told that it ran before.
@kind(title="Say hello", icon="emoji-smile", time_limit=minutes(20), repeatable=False)
def hello(
    name: Annotated[str, Field(min_length=1, max_length=100, description="who is greeted")],
    seconds: Annotated[int, Field(ge=0, le=600, description="how long it takes")] = 3,
    ending: Annotated[
        Literal["succeed", "fail", "die once", "die every time"],
        Field(description="try what happens when work goes wrong; to die is to lose its process"),
    ] = "succeed",
) -> dict[str, str]:
    """Greets somebody, one second at a time.

    Try the console with it: watch a job run, fail, or die and come back.
    """
    for second in track(range(seconds), "greeting"):
        logger.info("Second %d of %d.", second + 1, seconds)
        time.sleep(1)
    if ending == "fail":
        raise RuntimeError(f"{name} did not want to be greeted.")
    if ending == "die every time" or (ending == "die once" and resume() is None):
        checkpoint("died")
        os.kill(os.getpid(), signal.SIGKILL)
    greeting = f"Hello, {name}!"
    if seconds:
        output("greeting.txt").write_text(greeting + "\n", encoding="utf-8")
    return {"greeting": greeting}
