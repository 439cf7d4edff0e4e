"""Makes the queues on a broker, as a worker would: python -m bench.declare."""

from bench.plain import app
from tasks.line import declare

if __name__ == "__main__":
    with app.connection_for_write() as connection:
        declare(app, connection)
