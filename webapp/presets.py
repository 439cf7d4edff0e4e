"""The pages of presets: a filled form gets a name, and its owner changes or deletes it later."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.errors import NameTaken
from ledger.presets import Filled, Preset
from tasks.inputs import shown
from tasks.kind import Kind
from webapp.forms import JobForm
from webapp.keeping import LONGEST_NAME, name_of_preset, to_keep
from webapp.mistakes import WrongInputs
from webapp.new import FORM_KEY, FROM_PRESET, PRESET, arrived, page, restored_for
from webapp.questions import questions
from webapp.security import owner
from webapp.services import services
from webapp.submission import Given, find, gather

NAME = "preset-name"  # No parameter of a function can be called so.
SHARED = "preset-for-all"
OVERWRITE = "preset-overwrite"

blueprint = Blueprint("presets", __name__, url_prefix="/presets")


@blueprint.app_template_filter()
def preset_link(preset: Preset) -> str:
    """Return the address of the form that a preset fills in."""
    kind = services().kinds.get(preset.kind)
    taken = kind is not None and PRESET in questions(kind.inputs)
    word = FROM_PRESET if taken else PRESET
    values: dict[str, Any] = {word: preset.id}
    return url_for("new.show", kind=preset.kind, **values)


@blueprint.get("")
def index() -> str:
    """List the presets that this person may use, by their kinds."""
    found = services()
    usable = found.ledger.presets.usable(owner())
    by_kind = {
        name: [one for one in usable if one.kind == name] for name in {one.kind for one in usable}
    }
    order = sorted(by_kind, key=lambda name: (name not in found.kinds, name))
    shown = {name: by_kind[name] for name in order}
    return render_template("presets.html", presets=shown, reader=owner())


@blueprint.post("/name/<kind>")
def name(kind: str) -> ResponseReturnValue:
    """Ask how a filled form shall be called; or show the form again with what is wrong in it."""
    asked = find(services().kinds, kind)
    form, given = _filled(asked)
    try:
        kept = to_keep(asked, given)
    except WrongInputs as error:
        return _again(asked, form, given, error), 422
    return _naming(asked, form, given, kept)


@blueprint.post("/keep/<kind>")
def keep(kind: str) -> ResponseReturnValue:
    """Keep a filled form under its name, over one of the same name where the person says so."""
    presets = services().ledger.presets
    asked = find(services().kinds, kind)
    form, given = _filled(asked)
    try:
        kept = to_keep(asked, given)
    except WrongInputs as error:
        return _again(asked, form, given, error), 422
    shared = SHARED in request.form
    try:
        called = name_of_preset(request.form.get(NAME, ""))
        presets.add(kind, owner(), called, kept, shared=shared)
    except WrongInputs as error:
        return _naming(asked, form, given, kept, wrong=error.mistakes[0].message), 422
    except NameTaken:
        mine = _mine(kind, called)
        if mine is None or request.form.get(OVERWRITE) != mine.id:
            return _naming(asked, form, given, kept, taken=mine), 409
        presets.overwrite(mine.id, owner(), kept)
        presets.change(mine.id, owner(), name=called, shared=shared)
    flash(f"The preset {called} is kept.", "success")
    return redirect(url_for("new.show", kind=kind), 303)


def _filled(kind: Kind) -> tuple[JobForm, Given]:
    found = services()
    form = JobForm(kind, found.settings.max_upload, request.form)
    files = arrived(kind, request.files.items(multi=True))
    return form, gather(found.ledger, kind, form.values(), files, owner())


def _again(kind: Kind, form: JobForm, given: Given, error: WrongInputs) -> str:
    restored = restored_for(services(), kind, request.form)
    form.show(given.files, error.mistakes, restored.notes if restored else {})
    return page(kind, form, request.form.get(FORM_KEY, ""), restored)


def _mine(kind: str, called: str) -> Preset | None:
    usable = services().ledger.presets.usable(owner(), kind)
    return next((one for one in usable if one.owner == owner() and one.name == called), None)


def _naming(  # noqa: PLR0913 - each is a part of one page
    kind: Kind,
    form: JobForm,
    given: Given,
    kept: Filled,
    *,
    wrong: str = "",
    taken: Preset | None = None,
) -> str:
    usable = services().ledger.presets.usable(owner(), kind.name)
    used = request.form.get(FROM_PRESET)
    opened = next((one for one in usable if one.id == used and one.owner == owner()), None)
    called = request.form.get(NAME, opened.name if opened else "")
    return render_template(
        "preset_name.html",
        kind=kind,
        hidden=list(_hidden(kind, form, given)),
        kept=kept,
        asked=questions(kind.inputs),
        shown=shown,
        files=given.files,
        secrets=[questions(kind.inputs)[one].label for one in kind.secrets],
        called=called,
        shared=SHARED in request.form or (NAME not in request.form and opened and opened.shared),
        wrong=wrong,
        taken=taken,
        longest=LONGEST_NAME,
    )


def _hidden(kind: Kind, form: JobForm, given: Given) -> Iterator[tuple[str, str]]:
    """Yield the answers once more, for the page that asks for the name; but no secret."""
    if used := request.form.get(FROM_PRESET):
        yield FROM_PRESET, used
    for answer in form:
        if answer.question.of_files:
            yield from ((answer.name, file.id) for file in given.files.get(answer.name, ()))
        elif answer.name not in kind.secrets:
            yield from ((answer.name, text) for text in answer.data)


@blueprint.get("/<preset_id>")
def show(preset_id: str) -> str:
    """Show what can be changed of a preset."""
    preset = services().ledger.presets.get(preset_id, owner())
    return _shown(preset, preset.name)


def _shown(preset: Preset, called: str, wrong: str = "") -> str:
    kind = services().kinds.get(preset.kind)
    return render_template(
        "preset.html",
        preset=preset,
        kind=kind,
        called=called,
        wrong=wrong,
        own=preset.owner == owner(),
        longest=LONGEST_NAME,
    )


@blueprint.post("/<preset_id>")
def change(preset_id: str) -> ResponseReturnValue:
    """Call a preset otherwise, or give it to all or to oneself alone."""
    presets = services().ledger.presets
    preset, text = presets.get(preset_id, owner()), request.form.get(NAME, "")
    try:
        called = name_of_preset(text)
        presets.change(preset_id, owner(), name=called, shared=SHARED in request.form)
    except WrongInputs as error:
        return _shown(preset, text, error.mistakes[0].message), 422
    except NameTaken:
        return _shown(preset, text, f"Another preset of yours is called {called}."), 409
    flash(f"The preset {called} is changed.", "success")
    return redirect(url_for("presets.index"), 303)


@blueprint.post("/<preset_id>/delete")
def delete(preset_id: str) -> ResponseReturnValue:
    """Delete a preset; jobs that were made with it stay."""
    presets = services().ledger.presets
    preset = presets.get(preset_id, owner())
    presets.delete(preset_id, owner())
    flash(f"The preset {preset.name} is deleted.", "success")
    return redirect(url_for("presets.index"), 303)
