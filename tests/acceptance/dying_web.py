"""A web process that dies while it submits: `python -m tests.acceptance.dying_web MOMENT KEY …`."""

import os
import signal
import sys

from ledger import Ledger, Settings
from ledger.outbox import Unsent
from tasks.kind import kinds
from tasks.publisher import Publisher
from tasks.queue import submit
from tests.acceptance.app import app


class DyingPublisher(Publisher):
    """Dies before it sends, or after."""

    moment = ""

    def send(self, job: Unsent, summary: str) -> None:
        if self.moment == "after":
            super().send(job, summary)
        os.kill(os.getpid(), signal.SIGKILL)


def main(moment: str, key: str, trace: str, gate: str) -> None:
    kind = kinds()["stays"]
    publisher = DyingPublisher(app)
    publisher.moment = moment
    inputs = kind.parse({"trace": trace, "gate": gate})
    submit(Ledger(Settings()), publisher, kind, inputs, owner="ada", idempotency_key=key)


if __name__ == "__main__":
    main(*sys.argv[1:])
