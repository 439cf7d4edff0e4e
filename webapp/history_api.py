"""A kind's past for programs, in the pieces that its page shows."""

from typing import Any, Final

from webapp import api
from webapp.history import Past, asked_period
from webapp.history_shapes import History
from webapp.services import services
from webapp.submission import find

blueprint: Final = api.blueprint


@blueprint.get("/kinds/<kind>/history")
def kind_history(kind: str) -> dict[str, Any]:
    """Tell the past of a kind."""
    found = services()
    name = find(found.kinds, kind).name
    past = Past.of(found.ledger, name, asked_period()[1])
    return History.of(name, past.slots, past.jobs, past.ended, past.typical).answer()
