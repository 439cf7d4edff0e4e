"""The doctor names what is wrong with a deployment, and the line that repairs it."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from kombu import Connection

from ledger import Ledger, Settings
from tasks.doctor import examine
from tasks.findings import Finding, Verdict
from tasks.kind import kinds
from tests.acceptance.conftest import Site, celery_at
from tests.proxy import Proxy
from tests.services import RabbitMQ

pytestmark = pytest.mark.broker


def findings(site: Site, **more: object) -> dict[str, Finding]:
    client = celery_at(site.environment["CELERY_BROKER_URL"])
    return {one.name: one for one in examine(site.ledger, client, kinds(), **more)}  # type: ignore[arg-type]  # now, if given


def test_a_deployment_that_works_is_found_good(site: Site) -> None:
    site.worker().ready()

    found = findings(site)

    assert {one.verdict for one in found.values()} == {Verdict.GOOD}, found
    assert {"ledger", "storage", "broker", "confirms", "queue default"} <= found.keys()
    assert "acknowledgement timeout" in found


def test_a_queue_that_nobody_serves_is_told_with_the_command_to_start_a_worker(
    site: Site,
) -> None:
    found = findings(site)["workers of default"]

    assert (found.verdict, found.repair) == (
        Verdict.WRONG,
        "celery -A tasks worker -Q default",
    )


def test_a_queue_with_other_arguments_is_told_with_its_repair(site: Site) -> None:
    with Connection(site.environment["CELERY_BROKER_URL"]) as connection:
        connection.default_channel.queue_declare("default", durable=True, auto_delete=False)

    found = findings(site)["queue default"]

    assert found.verdict is Verdict.WRONG
    assert found.repair.endswith("rabbitmqctl delete_queue default")


def test_a_repair_names_the_program_that_speaks_to_the_private_node(
    site: Site, rabbitmq: RabbitMQ
) -> None:
    node = site.ledger.settings.postroom_var / "rabbitmq"
    node.mkdir()
    (node / "rabbitmq.conf").write_text(
        f"listeners.tcp.default = 127.0.0.1:{rabbitmq.address.port}\n", encoding="utf-8"
    )
    with Connection(site.environment["CELERY_BROKER_URL"]) as connection:
        connection.default_channel.queue_declare("default", durable=True, auto_delete=False)

    found = findings(site)["queue default"]

    assert found.repair.endswith(f"{node / 'rabbitmqctl'} delete_queue default")


def test_a_broker_that_is_away_is_told(site: Site) -> None:
    site.environment["CELERY_BROKER_URL"] = "amqp://guest:guest@127.0.0.1:9//"

    found = findings(site)["broker"]

    assert found.verdict is Verdict.WRONG
    assert "CELERY_BROKER_URL" in found.repair
    assert "guest:guest" not in found.words


def test_a_broker_that_says_nothing_is_told_within_three_seconds(
    site: Site, rabbitmq: RabbitMQ
) -> None:
    with Proxy(rabbitmq.address.port) as proxy:
        site.environment["CELERY_BROKER_URL"] = proxy.url(site.environment["CELERY_BROKER_URL"])
        proxy.silence()
        began = time.monotonic()

        assert findings(site)["broker"].verdict is Verdict.WRONG
        assert time.monotonic() - began < 3


def test_a_broker_that_takes_no_messages_is_told_with_where_to_look(
    site: Site, rabbitmq: RabbitMQ
) -> None:
    rabbitmq.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
    try:
        found = findings(site)["confirms"]
    finally:
        rabbitmq.rabbitmqctl("set_vm_memory_high_watermark", "0.4")

    assert found.verdict is Verdict.WRONG
    assert "rabbitmqctl status" in found.repair


def test_a_kind_that_outlasts_the_acknowledgement_timeout_is_told_with_what_to_change(
    site: Site,
) -> None:
    settings = site.ledger.settings.model_copy(update={"ack_timeout": 400.0})
    site.ledger = Ledger(settings)

    found = findings(site)["acknowledgement timeout"]

    assert found.verdict is Verdict.WRONG
    assert "after 400 s (ACK_TIMEOUT)" in found.words
    assert "Kind stays may run for 300 s" in found.words
    assert found.repair.startswith("Set consumer_timeout = ")


def test_a_broker_that_is_too_old_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.broker_checks.OLDEST_BROKER", (99, 0))

    assert findings(site)["broker"].verdict is Verdict.WRONG


def test_the_default_user_on_another_machine_is_told(site: Site) -> None:
    # An address for documentation, where nobody answers; the check does not ask it.
    site.environment["CELERY_BROKER_URL"] = "amqp://guest:guest@127.1.2.3:9//"

    assert findings(site)["password"].verdict is Verdict.WRONG


def test_an_unprepared_ledger_is_told_with_the_command_that_prepares_it(
    site: Site, tmp_path: Path
) -> None:
    site.ledger = Ledger(Settings(postroom_var=tmp_path / "other"))

    found = findings(site)["ledger"]

    assert (found.verdict, found.repair) == (Verdict.WRONG, "python -m ledger upgrade")


def test_clocks_that_differ_are_told(site: Site) -> None:
    found = findings(site, now=lambda: datetime.now(UTC) - timedelta(minutes=1))["clocks"]

    assert found.verdict is Verdict.DOUBTFUL
    assert "60 s apart" in found.words


def test_a_storage_that_can_not_be_written_is_told(site: Site, tmp_path: Path) -> None:
    blocked = tmp_path / "a file"
    blocked.touch()
    site.ledger = Ledger(
        site.ledger.settings.model_copy(update={"storage_url": str(blocked / "storage")})
    )

    found = findings(site)["storage"]

    assert found.verdict is Verdict.WRONG
    assert "STORAGE_URL" in found.repair
