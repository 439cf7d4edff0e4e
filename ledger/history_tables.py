"""The tables of what is counted of the past: of each hour by kind, of each minute by queue."""

from sqlalchemy import JSON, CheckConstraint, Column, Integer, String, Table

from ledger.database import Timestamp
from ledger.schema import metadata

hours = Table(
    "hours",
    metadata,
    # The row of kind "" is of all kinds together, and says that the hour was counted.
    Column("kind", String(100), primary_key=True),
    Column("begins_at", Timestamp, primary_key=True),
    Column("counted_at", Timestamp, nullable=False),
    Column("succeeded", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("cancelled", Integer, nullable=False),
    # How many waited and ran how long: numbers by rounded microseconds (ledger/durations.py).
    Column("waits", JSON, nullable=False),
    Column("runs", JSON, nullable=False),
    CheckConstraint("begins_at % 3600000000 = 0", name="begins_on_the_hour"),
)

queue_samples = Table(
    "queue_samples",
    metadata,
    Column("queue", String(100), primary_key=True),
    Column("at", Timestamp, primary_key=True),
    Column("waiting", Integer, nullable=False),
    Column("running", Integer, nullable=False),
    CheckConstraint("at % 60000000 = 0", name="at_a_minute"),
)
