"""What all inputs of an entry have in common: how one becomes a field, and a value its words."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import SchemaError


class Asked(BaseModel):
    """One input, as the file declares it."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    label: str | None = None
    help: str | None = None
    required: bool = True

    @property
    def plural(self) -> bool:
        """Whether its value is a list."""
        return False

    @property
    def many(self) -> bool:
        """Whether it can become several words, or none although something was given."""
        return self.plural

    def field(self, *, dash: bool) -> tuple[Any, Any]:
        """Return type and default, as a model takes them.

        Args:
            dash: whether a text may begin with a dash.
        """
        annotation, default = self._type(dash=dash), self._default()
        if not self.required and not self.plural:
            annotation |= None
        return Annotated[annotation, Field(title=self.label, description=self.help)], default

    def _type(self, *, dash: bool) -> Any:
        raise NotImplementedError

    def _default(self) -> Any:
        given = getattr(self, "default", None)
        if given is None and self.required:
            return ...
        return [] if given is None and self.plural else given

    def wrong(self) -> tuple[str, str] | None:
        """Return the key whose value will not do, and why; None where all is right."""
        annotation, default = self.field(dash=True)
        try:
            adapter = TypeAdapter(annotation)
        except SchemaError as error:
            reason = " ".join(str(error).rpartition("SchemaError: ")[2].split())
            return "pattern", f"the pattern will not do: {reason}"
        try:
            if default is not ...:
                adapter.validate_python(default)
        except ValidationError as error:
            return "default", f"the default will not do: {error.errors()[0]['msg']}"
        return None

    def words(self, value: Any) -> list[str] | None:
        """Return what the program gets for a value; None if nothing was given."""
        values = value if isinstance(value, list) else [value]
        given = [one for one in values if one is not None and one != ""]
        return [word for one in given for word in self._words(one)] if given else None

    def _words(self, value: Any) -> list[str]:
        return [str(value)]


class Plural(Asked):
    """An input that can be a list, and how long that may be."""

    at_least: Annotated[int, Field(ge=0)] | None = None
    at_most: Annotated[int, Field(ge=1)] | None = None


class Repeatable(Plural):
    """An input of which there may be several, where the entry says so."""

    several: bool = False

    @property
    def plural(self) -> bool:
        """Whether its value is a list."""
        return self.several

    def _type(self, *, dash: bool) -> Any:
        one = self._one(dash=dash)
        return list_of(one, self) if self.several else one

    def _one(self, *, dash: bool) -> Any:
        raise NotImplementedError


def list_of(one: Any, asked: "Plural") -> Any:
    """Return the type of several of one type, as many as the entry allows."""
    least = asked.at_least if asked.at_least is not None else int(asked.required)
    return Annotated[list[one], Field(min_length=least, max_length=asked.at_most)]
