"""What repairs a failure that is not the kind's own fault: in words, with the setting to change."""

from datetime import timedelta
from typing import Final

from ledger import Settings
from ledger.causes import Reason
from ledger.record import Cause
from tasks.kind import Kind
from webapp.words import duration, size

IN_C: Final = ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGILL", "SIGFPE")


def repair(reason: Reason, kind: Kind | None, settings: Settings) -> str:
    """Return what an operator can do about a cause, or nothing where only its code helps."""
    match reason.cause:
        case Cause.CRASHED:
            return _of_a_crash(reason.message, settings)
        case Cause.TIMEOUT if reason.error_type == "AcknowledgementTimeout":
            return (
                "Raise consumer_timeout in rabbitmq.conf, tell the workers by ACK_TIMEOUT"
                f" (now {duration(timedelta(seconds=settings.ack_timeout))}), and retry them."
            )
        case Cause.TIMEOUT:
            now = f" (now {duration(timedelta(seconds=kind.time_limit))})" if kind else ""
            return f"Raise the kind's time_limit{now}, or give it less at a time; then retry them."
    if reason.error_type == "MemoryError":
        return f"{_memory(settings)} Or give it less at a time; then retry them."
    if "No space left" in reason.message:
        return "Make room on the disk that is full, then retry them."
    return ""


def _of_a_crash(how: str, settings: Settings) -> str:
    if "SIGKILL" in how:
        return (
            "Killed from outside, and nearly always by the kernel because the machine had no"
            f" memory left. {_less_memory(settings)} Or give the machine more memory, or its"
            " workers fewer processes (CONCURRENCY); then requeue them."
        )
    if any(signal in how for signal in IN_C):
        return (
            "A library that is not written in Python crashed, as a rule over one odd file. Look at"
            " what the inputs have in common, update the library, then requeue them."
        )
    if "exitcode" in how:
        return (
            "Its code, or a library, ended the process by itself. Repair that, then requeue them."
        )
    return (
        "Its workers vanished while it ran. Look at what happened to their machines in that time;"
        f" after MAX_LOSSES losses (now {settings.max_losses}) a job is stopped. Then requeue them."
    )


def _less_memory(settings: Settings) -> str:
    if settings.max_memory:
        return (
            f"Each process may use {size(settings.max_memory)}, and all together used more than"
            " there is: lower MAX_MEMORY, so that a job fails by itself and says so."
        )
    return _memory(settings)


def _memory(settings: Settings) -> str:
    if settings.max_memory:
        return (
            f"A process may use {size(settings.max_memory)}; raise MAX_MEMORY if the machine has"
            " more."
        )
    return (
        "Set MAX_MEMORY, in bytes, so that a job which asks for too much fails by itself and says"
        " so."
    )
