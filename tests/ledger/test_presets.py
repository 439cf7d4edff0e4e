import pytest

from ledger import Ledger
from ledger.errors import NameTaken, NoSuchFile, NoSuchPreset
from ledger.presets import Filled
from ledger.record import StoredFile
from tests.ledger.conftest import OwnTime, submit

DAY = 86_400


def upload(ledger: Ledger) -> StoredFile:
    writer = ledger.files.receive("a.csv", 100)
    writer.write(b"1")
    return ledger.files.accept(writer, "ada")


def filled(*uploads: StoredFile, **inputs: object) -> Filled:
    return Filled(inputs, [one.id for one in uploads], "s1")


def add(ledger: Ledger, name: str = "weekly", *uploads: StoredFile, shared: bool = False) -> str:
    return ledger.presets.add("hello", "ada", name, filled(*uploads, seconds=5), shared=shared)


def test_a_preset_keeps_what_was_filled_in(ledger: Ledger, time: OwnTime) -> None:
    kept = ledger.presets.get(add(ledger), "ada")
    assert (kept.kind, kept.name, kept.inputs, kept.signature) == (
        "hello",
        "weekly",
        {"seconds": 5},
        "s1",
    )
    assert kept.changed_at == time.now


def test_only_one_for_all_is_seen_by_others_and_only_its_owner_changes_it(ledger: Ledger) -> None:
    own, shared = add(ledger, "own"), add(ledger, "shared", shared=True)

    assert [one.id for one in ledger.presets.usable("bob", "hello")] == [shared]
    assert [one.id for one in ledger.presets.usable("ada")] == [own, shared]
    assert ledger.presets.usable("ada", "tables") == []
    with pytest.raises(NoSuchPreset):
        ledger.presets.get(own, "bob")
    with pytest.raises(NoSuchPreset):
        ledger.presets.overwrite(shared, "bob", filled())
    with pytest.raises(NoSuchPreset):
        ledger.presets.change(shared, "bob", name="mine", shared=False)
    with pytest.raises(NoSuchPreset):
        ledger.presets.delete(shared, "bob")
    assert ledger.presets.get(shared, "bob").name == "shared"


def test_a_name_is_taken_once_by_each_person_for_each_kind(ledger: Ledger) -> None:
    add(ledger, "weekly")
    other = add(ledger, "daily")
    with pytest.raises(NameTaken):
        add(ledger, "weekly")
    with pytest.raises(NameTaken):
        ledger.presets.change(other, "ada", name="weekly", shared=False)
    ledger.presets.add("hello", "bob", "weekly", filled(), shared=False)
    ledger.presets.add("tables", "ada", "weekly", filled(), shared=False)


def test_one_is_renamed_overwritten_and_deleted(ledger: Ledger, time: OwnTime) -> None:
    preset = add(ledger)
    time.passes(60)
    ledger.presets.change(preset, "ada", name="each week", shared=True)
    ledger.presets.overwrite(preset, "ada", filled(seconds=9))
    kept = ledger.presets.get(preset, "bob")
    assert (kept.name, kept.shared, kept.inputs) == ("each week", True, {"seconds": 9})
    assert kept.changed_at == time.now
    ledger.presets.delete(preset, "ada")
    with pytest.raises(NoSuchPreset):
        ledger.presets.get(preset, "ada")


def test_retention_spares_the_uploads_of_a_preset_until_it_needs_them_no_more(
    ledger: Ledger, time: OwnTime
) -> None:
    first, second = upload(ledger), upload(ledger)
    preset = add(ledger, "weekly", first)
    time.passes(2 * DAY)

    assert ledger.retention.forget_uploads(DAY, 9) == 1  # The second, which nobody uses.
    assert not ledger.files.remove_unused(first.id)
    assert ledger.files.uploads([first.id, second.id], "ada").keys() == {first.id}
    third = upload(ledger)
    ledger.presets.overwrite(preset, "ada", filled(third))
    time.passes(2 * DAY)
    assert ledger.retention.forget_uploads(DAY, 9) == 1
    assert ledger.files.uploads([first.id, third.id], "ada").keys() == {third.id}
    ledger.presets.delete(preset, "ada")
    assert ledger.retention.forget_uploads(DAY, 9) == 1


def test_to_delete_the_files_of_a_job_spares_those_of_a_preset(ledger: Ledger) -> None:
    file = upload(ledger)
    job = submit(ledger, uploads=[file.id])
    ledger.jobs.request_cancel(job)
    add(ledger, "weekly", file)

    assert ledger.retention.forget_files(job) == 0
    assert file.id in ledger.files.uploads([file.id], "ada")


def test_the_largest_files_name_the_preset_by_which_they_go(ledger: Ledger) -> None:
    file = upload(ledger)
    job = submit(ledger, uploads=[file.id])
    preset = add(ledger, "weekly", file)
    (kept,) = ledger.quota.largest("ada")
    assert (kept.job, kept.preset) == (job, preset)


def test_a_preset_for_all_lets_others_use_its_files(ledger: Ledger) -> None:
    file = upload(ledger)
    preset = add(ledger, "weekly", file)
    assert ledger.files.uploads([file.id], "bob") == {}
    ledger.presets.change(preset, "ada", name="weekly", shared=True)
    assert ledger.files.uploads([file.id], "bob").keys() == {file.id}


def test_a_file_that_is_gone_is_in_no_preset(ledger: Ledger) -> None:
    file = upload(ledger)
    ledger.files.remove_unused(file.id)
    with pytest.raises(NoSuchFile):
        add(ledger, "weekly", file)
    assert ledger.presets.usable("ada") == []


def test_what_a_kind_asked_for_is_remembered_once(ledger: Ledger) -> None:
    ledger.signatures.remember("d1", {"properties": {"name": {"type": "string"}}})
    ledger.signatures.remember("d1", {"another": "answer"})
    assert ledger.signatures.get("d1") == {"properties": {"name": {"type": "string"}}}
    assert ledger.signatures.get("d2") is None
    assert ledger.signatures.get(None) is None
