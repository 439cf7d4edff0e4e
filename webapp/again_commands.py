"""The command line's verbs for running again with changes, and for presets."""

from collections.abc import Callable
from contextlib import ExitStack

import click

from ledger.users import User
from tasks.kind import Kind
from tasks.queue import submit
from webapp import options
from webapp.keeping import name_of_preset, to_keep, with_changes
from webapp.mistakes import Mistake, WrongInputs
from webapp.questions import Sort, questions
from webapp.restored import Source, restore, secrets_in
from webapp.services import services
from webapp.submission import find, gather, inputs_of
from webapp.terminal import Command

Who = Callable[[str | None], User]
Decorator = Callable[[click.Command], click.Command]

_set = click.Option(
    ["--set", "changes"],
    multiple=True,
    metavar="INPUT=VALUE",
    help="Another value; of a file its path. Can be given several times.",
)


def again(person: Who, of_user: Decorator) -> click.Command:
    """Return the verb that submits a job's inputs once more, some of them changed."""

    def run(job_id: str, changes: tuple[str, ...], user: str | None) -> None:
        found = services()
        job = found.ledger.jobs.get(job_id)
        kind, asker = find(found.kinds, job.kind), person(user).name
        restored = restore(found.ledger, kind, Source.of_job(job), asker)
        for change in restored.changes:
            click.echo(f"{change.label} {change.words}.", err=True)
        click.echo(_submit(kind, Source.of_job(job), changes, asker))

    return of_user(
        Command(
            "again",
            params=[click.Argument(["job_id"], metavar="ID"), _set],
            callback=run,
            help="Submit a job's inputs once more, some of them changed, and print the new id."
            " What its kind asks for otherwise since then is said.",
        )
    )


def presets(person: Who, of_user: Decorator) -> click.Group:
    """Return the command `preset` with its verbs."""

    def show(kind: str | None, user: str | None) -> None:
        for one in services().ledger.presets.usable(person(user).name, kind):
            whom = "for all" if one.shared else "own"
            click.echo(f"{one.id}  {one.kind:<12} {whom:<8} {one.owner:<12} {one.name}")

    def run(preset: str, changes: tuple[str, ...], user: str | None) -> None:
        found, asker = services(), person(user).name
        kept = found.ledger.presets.get(preset, asker)
        click.echo(_submit(find(found.kinds, kept.kind), Source.of_preset(kept), changes, asker))

    def keep(name: str, job_id: str, user: str | None, *, shared: bool) -> None:
        found, asker = services(), person(user).name
        job = found.ledger.jobs.get(job_id)
        kind = find(found.kinds, job.kind)
        secrets = secrets_in(kind, found.ledger.signatures.get(job.signature))
        values = with_changes(kind, job.inputs, {}, secrets)
        given = gather(found.ledger, kind, values, (), asker)
        called, kept = name_of_preset(name), to_keep(kind, given)
        click.echo(found.ledger.presets.add(kind.name, asker, called, kept, shared=shared))

    def delete(preset: str, user: str | None) -> None:
        services().ledger.presets.delete(preset, person(user).name)

    of_kind = click.Option(["--kind"], metavar="KIND", help="Only those of this kind.")
    for_all = click.Option(["--for-all", "shared"], is_flag=True, help="Everybody may use it.")
    of_job = click.Option(["--job", "job_id"], metavar="ID", required=True, help="Whose inputs.")
    preset = click.Argument(["preset"], metavar="PRESET")
    name = click.Argument(["name"])
    made = click.Group("preset", help="Submit what was kept under a name, or keep it.")
    verbs: tuple[tuple[str, list[click.Parameter], Callable[..., None], str], ...] = (
        ("list", [of_kind], show, "List presets."),
        ("run", [preset, _set], run, "Submit what a preset keeps, some of it changed."),
        ("save", [name, of_job, for_all], keep, "Keep the inputs of a job under a name."),
        ("delete", [preset], delete, "Delete a preset."),
    )
    for verb, params, callback, words in verbs:
        made.add_command(of_user(Command(verb, params=params, callback=callback, help=words)))
    return made


def _submit(kind: Kind, source: Source, changes: tuple[str, ...], asker: str) -> str:
    """Submit stored inputs with changes, and return the job's id."""
    found = services()
    texts = _texts(kind, changes)
    asked = questions(kind.inputs)
    for name, question in asked.items():
        if question.sort is Sort.SECRET and question.required and name not in texts:
            texts[name] = [click.prompt(question.label, hide_input=True, err=True)]
    values = {
        name: asked[name].read(one) for name, one in texts.items() if not asked[name].of_files
    }
    paths = {name: one for name, one in texts.items() if asked[name].of_files}
    kept = {name: value for name, value in source.inputs.items() if name not in paths}
    secrets = secrets_in(kind, found.ledger.signatures.get(source.signature))
    wanted = with_changes(kind, kept, values, secrets)
    files, limit = found.ledger.files, found.settings.max_upload
    with ExitStack() as stack:
        arrived = options.files_in(kind, paths, files, limit, stack)
        given = gather(found.ledger, kind, wanted, arrived, asker)
        typed = inputs_of(kind, given)
    return submit(found.ledger, found.publisher, kind, typed, owner=asker).job


def _texts(kind: Kind, changes: tuple[str, ...]) -> dict[str, list[str]]:
    """Return the texts that were given for inputs.

    Raises:
        WrongInputs: the kind has no such input.
    """
    texts: dict[str, list[str]] = {}
    for change in changes:
        name, equals, text = change.partition("=")
        name = name.replace("-", "_")
        if not equals or name not in questions(kind.inputs):
            known = ", ".join(questions(kind.inputs))
            raise WrongInputs([Mistake("changes", f"{change}: write INPUT=VALUE, of {known}.")])
        texts.setdefault(name, []).append(text)
    return texts
