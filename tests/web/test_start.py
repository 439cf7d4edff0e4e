"""The start page: kinds as cards, the last jobs, and what to do while there are none."""

import pytest
from flask.testing import FlaskClient

from ledger import Ledger
from tests.ledger.conftest import submit
from webapp.look import local_url


def test_an_empty_console_says_what_to_do_next(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "Nothing has been posted yet." in page
    assert "Pick a card above" in page


def test_every_kind_is_a_card_with_the_first_sentence_of_its_help(client: FlaskClient) -> None:
    page = client.get("/").text
    assert "<h2>Say hello</h2>" in page
    assert "<p>Greets somebody, one second at a time.</p>" in page
    assert 'href="/new/hello"' in page


def test_the_last_jobs_are_listed_below(client: FlaskClient, ledger: Ledger) -> None:
    jobs = [submit(ledger) for _ in range(9)]
    page = client.get("/").text
    assert f"/jobs/{jobs[0]}" not in page
    assert all(f"/jobs/{job}" in page for job in jobs[1:])


def test_nothing_on_a_page_comes_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/", base_url="http://console.example").text
    assert "://" not in page.replace("http://www.w3.org", "")
    assert "style=" not in page


@pytest.mark.parametrize(
    ("console", "address"),
    [
        ("http://localhost:8000/", "http://localhost:5555/"),
        ("http://127.0.0.1:8000/", "http://localhost:5555/"),
        ("http://[::1]:8000/", "http://localhost:5555/"),
        ("https://jobs.example/", None),
        ("http://localhost.example/", None),
    ],
)
def test_flower_is_linked_only_where_it_can_be_reached(console: str, address: str | None) -> None:
    assert local_url(console, 5555) == address
