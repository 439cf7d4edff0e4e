"""From submit to the first line of code while nothing else runs, one job after the other.

Run by `bench.accepts` in a process of its own:
python -m bench.idle ours|plain|PORT TRACE JOBS REQUEST
"""

import json
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.client import whole

WARM = 5  # jobs that are not counted
GLANCE = 0.0005  # seconds between two looks for the first line


def submitter(how: str, trace: str, request: str) -> Callable[[int], object]:
    """Return what submits a job with a number."""
    if how == "ours":
        from bench.stamped import stamp

        return lambda number: stamp.delay(trace=trace, number=number)
    if how == "plain":
        from bench.plain import stamp as task

        return lambda number: task.apply_async(kwargs={"trace": trace, "number": number})
    connection = socket.create_connection(("127.0.0.1", int(how)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(_number: int) -> None:
        connection.sendall(request.encode())
        answer = bytearray()
        while not whole(answer):
            answer += connection.recv(65_536)
        assert answer.startswith(b"HTTP/1.1 202"), answer

    return post


def main(how: str, trace: str, jobs: int, request: str) -> None:
    """Print the milliseconds that each job took, as JSON."""
    submit, path = submitter(how, trace, request), Path(trace)
    path.touch()
    took = []
    for number in range(WARM + jobs):
        began, size = time.time(), path.stat().st_size
        submit(number)
        while path.stat().st_size == size:
            time.sleep(GLANCE)
        first = float(path.read_text(encoding="ascii").split()[-1])
        took.append(1000 * (first - began))
    print(json.dumps(took[WARM:]))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4])
