from dataclasses import replace

import pytest

from ledger import Settings
from tasks.acknowledgement import AckTimeoutTooShort, check
from tasks.app import app
from tasks.kind import Kind, longest
from tasks.kinds.hello import hello


@pytest.mark.parametrize("broker_waits", [400, 1800, 86_400])
def test_a_kind_may_take_all_the_time_that_the_broker_leaves(
    monkeypatch: pytest.MonkeyPatch, broker_waits: float
) -> None:
    monkeypatch.setitem(app.__dict__, "settings", Settings(ack_timeout=broker_waits))
    kind: Kind = replace(hello, time_limit=longest())

    check([kind], broker_waits)
    with pytest.raises(AckTimeoutTooShort, match=f"ACK_TIMEOUT={broker_waits:.0f}"):
        check([kind], broker_waits - 1)
