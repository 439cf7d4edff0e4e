"""RabbitMQ's acknowledgement timeout: how long a job may run before its message is taken back."""

import re
from collections.abc import Iterable

from tasks.kind import KILL_GRACE, MARGIN, Kind

_BITES = re.compile(
    r"delivery acknowledgement .*timed out.*Timeout value used: (\d+) ms", re.DOTALL
)


class AckTimeoutTooShort(Exception):
    """A kind may run longer than RabbitMQ waits; `repair` says what to change."""

    def __init__(self, words: str, repair: str) -> None:
        self.words = words
        self.repair = repair
        super().__init__(f"{words}\n{repair}")


def check(kinds: Iterable[Kind], ack_timeout: float) -> None:
    """Make sure that RabbitMQ waits for the longest job.

    Raises:
        AckTimeoutTooShort: it does not.
    """
    needs = {kind: kind.time_limit + KILL_GRACE + MARGIN for kind in kinds}
    short = [
        f"Kind {kind.name} may run for {kind.time_limit:g} s, so RabbitMQ has to wait {need:g} s"
        " for its acknowledgement."
        for kind, need in needs.items()
        if need > ack_timeout
    ]
    if short:
        longest = max(needs.values())
        raise AckTimeoutTooShort(
            f"RabbitMQ takes a message back after {ack_timeout:g} s (ACK_TIMEOUT).\n"
            + "\n".join(short),
            f"Set consumer_timeout = {longest * 1000:.0f} or more in rabbitmq.conf and"
            f" ACK_TIMEOUT={longest:.0f} here, or lower the kinds' time_limit.",
        )


def bitten(error: BaseException) -> float | None:
    """Return RabbitMQ's limit in seconds, if that is what closed a channel; None otherwise."""
    found = _BITES.search(str(error))
    return None if found is None else int(found[1]) / 1000
