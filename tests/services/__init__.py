"""Real servers for tests and measurements: a private RabbitMQ and a private PostgreSQL.

Each lives in a temporary folder, listens on free loopback ports, and is gone when closed. Neither
touches a server of the system. Both are used as context managers, or started and closed.
"""

from tests.services.missing import MissingProgramError
from tests.services.postgresql import PostgreSQL
from tests.services.rabbitmq import RabbitMQ, are_registered

__all__ = ["MissingProgramError", "PostgreSQL", "RabbitMQ", "are_registered"]
