"""A person runs a job again with its file, hears that it ran already, and keeps the form."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import insert

from ledger.waiting_tables import run_times
from tests.browser.conftest import Witness
from tests.running import Postroom

pytestmark = [pytest.mark.browser, pytest.mark.broker]


def test_a_form_foresees_how_long_its_own_file_takes_also_after_a_correction(
    page: Page, postroom: Postroom, witness: Witness, tmp_path: Path
) -> None:
    witness.expected.append("status of 422")  # The correction.
    runs = [[1, 30, True]] * 5 + [[60, 1_000_000, True]] * 5
    values = {"kind": "compare", "runs": runs, "ended_at": datetime.now(UTC)}
    with postroom.ledger.database.write() as connection:
        connection.execute(insert(run_times).values(values))
    text = tmp_path / "before.txt"
    text.write_text("thirty bytes, or nearly so many\n", encoding="utf-8")
    page.goto("/new/compare")
    typical = page.locator("#waiting")
    expect(typical).to_contain_text("(10 runs)")
    page.get_by_label("Before").set_input_files(text)
    expect(typical).to_contain_text("(5 runs with files of a similar size)")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was submitted yet")
    expect(typical).to_contain_text("(5 runs with files of a similar size)")
    page.get_by_role("checkbox", name="before.txt").uncheck()
    expect(typical).to_contain_text("(10 runs)")


def test_a_job_runs_again_with_its_file_and_its_form_becomes_a_preset(
    page: Page, postroom: Postroom, witness: Witness, tmp_path: Path
) -> None:
    witness.expected.append("status of 409")  # The offer.
    table = tmp_path / "again.csv"
    table.write_text("town,parcels\nUlm,17\n", encoding="utf-8")
    page.goto("/new/tables")
    page.get_by_label("File").set_input_files(table)
    expect(page.get_by_role("checkbox", name="again.csv")).to_be_checked()
    page.get_by_role("button", name="Submit").click()
    page.wait_for_url("**/jobs/*")
    first = page.url.rpartition("/")[2]
    assert postroom.settled(first).state == "SUCCESS"

    page.get_by_role("link", name="Edit and run again").click()
    expect(page.get_by_text("Filled in as it was for")).to_be_visible()
    expect(page.get_by_role("checkbox", name="again.csv")).to_be_checked()
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="This already ran")).to_be_visible()
    expect(page.get_by_role("link", name="See its result")).to_be_focused()
    expect(page.locator("section.alert")).not_to_contain_text("UTC")  # but the reader's time
    page.get_by_role("button", name="Run anyway").first.click()
    page.wait_for_url("**/jobs/*")
    second = page.url.rpartition("/")[2]
    assert second != first
    files = [postroom.ledger.files.uploads_of(job) for job in (first, second)]
    assert files[0] == files[1] != []

    page.get_by_role("link", name="Edit and run again").click()
    page.get_by_role("button", name="Save as preset").click()
    page.get_by_label("Name").fill("Ulm each week")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("navigation", name="Presets").get_by_role("link", name="Ulm").click()
    expect(page.get_by_text("Filled in from the preset")).to_be_visible()
    expect(page.get_by_role("checkbox", name="again.csv")).to_be_checked()
    page.goto("/new/tables")
    other = tmp_path / "other.csv"
    other.write_text("town,parcels\nBonn,3\n", encoding="utf-8")
    page.get_by_label("File").set_input_files(other)
    expect(page.get_by_role("checkbox", name="other.csv")).to_be_checked()
    page.reload()
    expect(page.get_by_role("checkbox", name="other.csv")).to_be_checked()
    page.goto("/")
    page.get_by_role("link", name="Ulm each week").click()
    expect(page.get_by_role("checkbox", name="again.csv")).to_be_checked()
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("checkbox", name="other.csv")).to_have_count(0)
    expect(page.get_by_role("heading", name="Profile and clean a table")).to_be_visible()
