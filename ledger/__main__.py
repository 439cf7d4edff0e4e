"""`python -m ledger upgrade`: prepare the database from a shell, before anything else runs."""

import sys

from ledger import Ledger, Settings
from ledger.errors import LedgerUnavailable


def main(arguments: list[str]) -> int:
    """Run the one command there is and return the exit status."""
    if arguments != ["upgrade"]:
        sys.stderr.write("usage: python -m ledger upgrade\n")
        return 2
    ledger = Ledger(Settings())
    try:
        ledger.upgrade()
    except LedgerUnavailable as error:
        sys.stderr.write(f"The ledger's database does not answer: {error}\n")
        return 1
    sys.stdout.write(f"The ledger is ready: {ledger.database.engine.url!r}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
