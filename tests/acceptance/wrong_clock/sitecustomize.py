"""Sets the clock of every Python that starts with this folder on its path, and of it alone.

Python imports a module of this name before anything else, so whoever reads the time reads this
one; what Python waits by, the monotonic clock, goes on as it is.
"""  # noqa: INP001 - Python looks for it by this name, outside of any package

import os
from datetime import UTC, datetime, timedelta

import time_machine

_ahead = timedelta(seconds=float(os.environ["SECONDS_AHEAD"]))
time_machine.travel(datetime.now(UTC) + _ahead, tick=True).start()
