"""What two jobs must share to do the same."""

import json
from typing import Annotated

from pydantic import BaseModel, Field, SecretStr

from tasks.alike import code_of, fingerprint, signature_of
from tasks.inputs import Upload, inputs_model, secrets_of, to_row
from tasks.kind import Kind, kinds


def resize(
    pictures: list[Upload] | None = None,
    width: int = 10,
    tags: set[str] | None = None,
    phrase: SecretStr | None = None,
) -> None:
    """Stands for any kind."""


def shrink(width: Annotated[int, Field(le=5)] = 10) -> None:
    """Stands for the same kind a week later."""


def of(function: object = resize, **more: object) -> Kind:
    model: type[BaseModel] = inputs_model(function)  # type: ignore[arg-type]  # a test's own function
    declared = {"queue": "q", "time_limit": 1.0, "retries": 0, "retry_for": (), "retry_delay": 1.0}
    words = {"name": "resize", "title": "Resize", "help": "", "icon": "gear"}
    rest = {"function": function, "inputs": model, "secrets": secrets_of(model)}
    return Kind(**{**words, **declared, **rest, **more})  # type: ignore[arg-type]  # as above


def print_of(kind: Kind | None = None, owner: str = "ada", **values: object) -> str | None:
    kind = kind or of()
    return fingerprint(kind, to_row(kind.parse(values)), owner)


def picture(content: str, name: str = "a.png", file: str = "1") -> Upload:
    return Upload(id=file, name=name, size=1, sha256=content)


def test_an_input_left_out_is_the_same_as_its_default() -> None:
    assert print_of() == print_of(width=10) == print_of(width="10")
    assert print_of() != print_of(width=11)


def test_a_file_counts_by_its_contents_and_suffix_and_not_by_id_or_name() -> None:
    one = print_of(pictures=[picture("x")])
    assert one == print_of(pictures=[picture("x", "a (1).PNG", "2")])
    assert one != print_of(pictures=[picture("y")])
    assert one != print_of(pictures=[picture("x", "a.jpg")])


def test_files_count_in_their_order_and_sets_have_none() -> None:
    x, y = picture("x"), picture("y")
    assert print_of(pictures=[x, y]) != print_of(pictures=[y, x])
    kind, row = of(), to_row(of().parse({"tags": ["a", "b"]}))
    turned = {**row, "tags": list(reversed(row["tags"]))}
    assert fingerprint(kind, row, "ada") == fingerprint(kind, turned, "ada")


def test_with_a_secret_only_jobs_of_one_person_are_alike() -> None:
    assert print_of(owner="ada") == print_of(owner="bob")
    assert print_of(owner="ada", phrase="x") != print_of(owner="bob", phrase="x")
    assert print_of(phrase="x") != print_of(phrase="y")


def test_other_code_and_another_version_do_something_else() -> None:
    assert code_of(of()) != code_of(of(version="2"))
    assert print_of(of()) != print_of(of(version="2"))
    found = kinds()
    codes = {code_of(found[name]) for name in ("hello", "tables", "images", "media")}
    assert len(codes) == 4


def test_a_kind_may_say_that_nothing_repeats() -> None:
    assert print_of(of(repeatable=False)) is None


def test_a_signature_tells_what_is_asked_for_and_no_default() -> None:
    before, after = signature_of(of()), signature_of(of(shrink))
    assert before.digest != after.digest
    assert after.asked["properties"]["width"] == {"maximum": 5, "title": "Width", "type": "integer"}
    assert signature_of(of()).digest == before.digest
    json.dumps(before.asked)
