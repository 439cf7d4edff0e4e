"""How pages say that a limit of a person's jobs holds one of them back."""

from markupsafe import Markup

from ledger.turns import Turns
from webapp.words import number


def own_limit(turns: Turns | None, reader: str | None) -> tuple[Markup, Markup]:
    """Return what a held job waits for, and what helps.

    Args:
        turns: its owner's, None where nobody knows them any more.
        reader: who reads it; None for somebody whose name is not known.
    """
    if turns is None:
        return Markup("A limit of its owner's jobs holds it back."), Markup()
    mine = turns.owner == reader
    whose = Markup("Your own limit") if mine else Markup("The limit of {}").format(turns.owner)
    one = turns.taken == 1
    jobs = f"{number(turns.taken)} of {'your' if mine else 'their'} jobs {'is' if one else 'are'}"
    why = Markup("{}: {} in line or under way, {}.").format(whose, jobs, _then(turns, mine=mine))
    repair = Markup(
        "Cancel {} to let this one go sooner. The limit is {} at a time; who runs the workers"
        " can raise it with {}."
    ).format(
        "it" if one else "one of them", number(turns.limit), Markup("<code>JOBS_PER_PERSON</code>")
    )
    return why, repair


def _then(turns: Turns, *, mine: bool) -> str:
    ends = "when it ends" if turns.taken == 1 else "when one of them ends"
    if not turns.before:
        return f"and this one is sent {ends}"
    others = "another one" if turns.before == 1 else f"{number(turns.before)} others"
    of_whom = "of yours" if mine else "of theirs"
    verb = "goes" if turns.before == 1 else "go"
    return f"and {others} {of_whom} {verb} before this one"
