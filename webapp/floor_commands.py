"""The command line's verbs for queues and workers."""

from collections.abc import Callable
from typing import Any

import click

from ledger.errors import NoSuchWorker
from ledger.users import User
from ledger.wishes import MOST_PROCESSES
from webapp import queues, words, workers
from webapp.services import services
from webapp.terminal import Command

Who = Callable[[str | None], User]
Option = Callable[[Any], Any]


@click.command("queues", cls=Command)
def list_queues() -> None:
    """List the queues: what waits and runs in each, and who pauses or takes it."""
    seen = queues.look(services())
    for one in seen.queues:
        waiting = f"{one.backlog.waiting}{'' if one.backlog.counted else '+'} waiting"
        told = f"{waiting}, {one.running} running, {len(one.listening)} workers"
        click.echo(f"{one.name:<20} {one.label.word:<16} {told}")
        if one.pause is not None:
            click.echo(f"{'':<20} by {one.pause.by}: {one.pause.why}")
    if seen.away is not None:
        click.echo(f"{seen.away}\n→ {seen.away.repair}", err=True)


@click.command("workers", cls=Command)
def list_workers() -> None:
    """List the workers: how each is and what it runs."""
    seen = workers.look(services())
    for one in (*seen.here, *seen.gone):
        told = f"{len(one.running)} of {one.worker.concurrency} processes busy"
        click.echo(f"{one.worker.name:<30} {one.label.word:<10} {told}")
        for job in one.running:
            ran = words.duration(seen.at - job.since)
            click.echo(f"{'':<30} {job.job}  {job.kind}, for {ran}")


def queue_group(person: Who, of_user: Option) -> click.Group:
    """Return the command `queue` with its verbs.

    Args:
        person: finds whoever asks, by name; without one it is the first person.
        of_user: the option that takes the name.
    """
    group = click.Group("queue", help="Pause and resume queues.")

    @group.command("pause", cls=Command)
    @click.argument("queue")
    @click.option("--why", required=True, help="For the others to read.")
    @of_user
    def pause(queue: str, why: str, user: str | None) -> None:
        """Have workers start nothing of a queue until it is resumed."""
        paused = queues.pause(services(), queue, person(user).name, why)
        click.echo(f"{queue} is paused." if paused else f"{queue} was paused already.")

    @group.command("resume", cls=Command)
    @click.argument("queue")
    def resume(queue: str) -> None:
        """Have workers take a queue's jobs again."""
        resumed = services().ledger.queues.resume(queue)
        click.echo(f"{queue} is open again." if resumed else f"{queue} was not paused.")

    return group


def worker_group(person: Who, of_user: Option) -> click.Group:
    """Return the command `worker` with its verbs; it takes a worker's name or id."""
    group = click.Group("worker", help="Drain, resume, renew, resize and stop workers.")
    for verb, (told, words_of_help) in _VERBS.items():
        group.add_command(of_user(_verb(verb, told, words_of_help, person)))

    @group.command("processes", cls=Command)
    @click.argument("worker")
    @click.argument("number", type=click.IntRange(1, MOST_PROCESSES))
    def processes(worker: str, number: int) -> None:
        """Have a worker run so many jobs at a time."""
        found = services().ledger.wishes.want(_id_of(worker), number)
        click.echo(f"{found.name} is to have {number} processes.")

    return group


_VERBS = {
    "drain": ("finishes its jobs and takes no more", "Have it finish its jobs and take no more."),
    "resume": ("takes jobs again", "Have it take jobs again after a drain."),
    "renew": ("gets new processes, each after its job", "Replace its processes by new ones."),
    "stop": ("stops after its jobs", "Have it stop after its jobs."),
}


def _verb(verb: str, told: str, words_of_help: str, person: Who) -> click.Command:
    def act(worker: str, user: str | None) -> None:
        found = workers.ask(services(), _id_of(worker), verb, person(user).name)
        click.echo(f"{found.name} {told}.")

    return Command(verb, params=[click.Argument(["worker"])], callback=act, help=words_of_help)


def _id_of(worker: str) -> str:
    """Return the id of the worker of this name or id that is there.

    Raises:
        NoSuchWorker: there is none.
    """
    for one in workers.look(services()).here:
        if worker in {one.worker.name, one.worker.id}:
            return one.worker.id
    raise NoSuchWorker(worker)
