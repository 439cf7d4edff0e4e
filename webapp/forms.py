"""The form of a kind, made from its questions: what it shows, and what was answered.

What is shown is text, as it was typed; WTForms keeps and draws it. Nothing is checked here.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from werkzeug.datastructures import MultiDict
from wtforms import Field, widgets
from wtforms.form import BaseForm
from wtforms.utils import unset_value

from ledger.record import StoredFile
from tasks.kind import Kind
from webapp.hints import hint
from webapp.mistakes import Mistake, by_field
from webapp.questions import JSONSchema, Question, Sort, questions

FEW: Final = 5  # choices that are shown side by side; more of them go into a menu
ON: Final = frozenset({"true", "on", "yes", "y", "1"})

_WIDGETS: Final[Mapping[Sort, Any]] = {
    Sort.LONG_TEXT: widgets.TextArea(),
    Sort.LINES: widgets.TextArea(),
    Sort.JSON: widgets.TextArea(),
    Sort.SECRET: widgets.PasswordInput(),  # It never shows what was typed.
    Sort.NUMBER: widgets.NumberInput(),
    Sort.DATE: widgets.DateInput(),
    Sort.MOMENT: widgets.DateTimeLocalInput(),
    Sort.TIME: widgets.TimeInput(),
    Sort.SWITCH: widgets.CheckboxInput(),
    Sort.FILE: widgets.FileInput(),
    Sort.FILES: widgets.FileInput(multiple=True),
}


class Answer(Field):
    """One question with its answer: `data` is the texts, as typed; `files` those already here."""

    def __init__(self, question: Question, max_upload: int, **options: Any) -> None:
        super().__init__(
            label=question.label,
            description=question.description[:1].upper() + question.description[1:].rstrip("."),
            id=f"input-{question.name}",
            widget=_WIDGETS.get(question.sort, widgets.TextInput()),
            render_kw=dict(_attributes(question)),
            **options,
        )
        self.question = question
        self.hint = hint(question, max_upload)
        self.files: Sequence[StoredFile] = ()
        self.notes: Sequence[str] = ()

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take the texts that were sent; without any, the field is empty."""
        del data, extra_filters
        self.data: list[str] = formdata.getlist(self.name) if formdata is not None else []
        self.errors: Sequence[str] = ()

    @property
    def drawn(self) -> str:
        """How it is drawn: as "field", "menu", "radio", "checkboxes", "switch" or "files"."""
        question = self.question
        if question.of_files:
            return "files"
        if question.sort is Sort.CHOICES:
            return "checkboxes"
        if question.sort is Sort.CHOICE:
            few = len(question.choices) <= FEW and not question.optional
            return "radio" if few else "menu"
        return "switch" if question.sort is Sort.SWITCH else "field"

    @property
    def on(self) -> bool:
        """Whether a switch is on."""
        return bool(self.data) and self.data[-1].lower() in ON

    def _value(self) -> str:
        return "\n".join(self.data) if self.question.several else "".join(self.data[-1:])

    def choices(self) -> Iterator[tuple[str, bool]]:
        """Yield what can be chosen, and whether it is."""
        for text in self.question.choices:
            yield text, text in self.data

    def answer(self) -> Any:
        """Return the answer that a page gave, as a raw value, or ABSENT."""
        if self.question.sort is Sort.SWITCH:
            return self.on  # A box without its tick sends nothing, and means no.
        return self.question.read(self.data)


class JobForm(BaseForm):
    """The form of one kind."""

    def __init__(self, kind: Kind, max_upload: int, texts: MultiDict[str, str]) -> None:
        asked = questions(kind.inputs)
        super().__init__({name: Answer(one, max_upload) for name, one in asked.items()})
        self.process(texts)

    def values(self) -> dict[str, Any]:
        """Return every answer as a raw value, or ABSENT."""
        return {answer.name: answer.answer() for answer in self}

    def show(
        self,
        files: Mapping[str, list[StoredFile]],
        mistakes: Sequence[Mistake],
        notes: Mapping[str, Sequence[str]] = MappingProxyType({}),
    ) -> None:
        """Put files that are already here, what is wrong, and notes beside their fields."""
        messages = by_field(mistakes)
        for answer in self:
            answer.files = files.get(answer.name, ())
            answer.errors = messages.get(answer.name, ())
            answer.notes = notes.get(answer.name, ())


def filled(
    kind: Kind,
    max_upload: int,
    wanted: MultiDict[str, str],
    earlier: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> JobForm:
    """Return a new form: defaults, over them earlier texts, and over those the texts of a link."""
    texts: MultiDict[str, str] = MultiDict()
    for name, question in questions(kind.inputs).items():
        texts.setlist(name, list(earlier.get(name, question.default)))
        if name in wanted and question.sort is not Sort.SECRET:
            texts.setlist(name, wanted.getlist(name))
    return JobForm(kind, max_upload, texts)


def _attributes(question: Question) -> Iterator[tuple[str, Any]]:
    """Yield what the browser may know: keyboards, bounds and what a file dialogue offers."""
    yield from _BY_SORT.get(question.sort, {}).items()
    if question.required:
        yield "required", True
    if question.sort is Sort.NUMBER:
        yield from _of_number(question.schema)
    if question.accept:
        yield "accept", ",".join(question.accept)
    if examples := question.schema.get("examples"):
        yield "placeholder", str(examples[0])


_BY_SORT: Final[Mapping[Sort, Mapping[str, Any]]] = {
    Sort.SECRET: {"autocomplete": "off"},
    Sort.LONG_TEXT: {"rows": 6},
    Sort.LINES: {"rows": 4, "spellcheck": "false"},
    Sort.JSON: {"rows": 4, "spellcheck": "false"},
    Sort.MOMENT: {"step": "any"},
    Sort.TIME: {"step": "any"},
}


def _of_number(schema: JSONSchema) -> Iterator[tuple[str, Any]]:
    whole = schema["type"] == "integer"
    nearest = 1 if whole else 0  # HTML has no bound that is itself out of bounds.
    yield "step", schema.get("multipleOf") or (1 if whole else "any")
    yield "inputmode", "numeric" if whole else "decimal"
    if "minimum" in schema:
        yield "min", schema["minimum"]
    elif "exclusiveMinimum" in schema:
        yield "min", schema["exclusiveMinimum"] + nearest
    if "maximum" in schema:
        yield "max", schema["maximum"]
    elif "exclusiveMaximum" in schema:
        yield "max", schema["exclusiveMaximum"] - nearest
