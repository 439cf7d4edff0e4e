"""One page of jobs as programs and terminals ask for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.filters import Filter
from ledger.listing import Place
from ledger.record import Job, State
from webapp.mistakes import Mistake, WrongInputs
from webapp.search import read_search
from webapp.services import services


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs, and how many at the most: by a search as the page takes it, or by their states.

    `asker` is who is meant by `by:me`; `before` is the id of a job, and older ones are wanted.
    """

    asker: str
    limit: int
    q: str | None = None
    states: Sequence[State] = ()
    kind: str | None = None
    before: str | None = None


def listed(wanted: Wanted) -> tuple[Sequence[Job], str | None]:
    """Return a page of jobs, and the id below which the next one begins, if there is one.

    Raises:
        WrongInputs: the search can't be read.
        LedgerUnavailable: the ledger does not answer.
    """
    if wanted.q is None:
        meant = Filter.of(wanted.states, wanted.kind)
    elif wanted.states or wanted.kind:
        words = "A search says state and kind by itself: state:failed kind:images."
        raise WrongInputs([Mistake("q", words)])
    else:
        meant = read_search(wanted.q, wanted.asker)
    place = Place(wanted.before) if wanted.before else None
    found = services().ledger.listing.page(meant, wanted.limit, place)
    return found.jobs, found.jobs[-1].id if found.older else found.further
