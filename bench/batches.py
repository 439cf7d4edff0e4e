"""How long a batch of 10,000 takes: until it is in the ledger, and until RabbitMQ has all of it."""

import http.client
import json
import threading
import time
from pathlib import Path
from typing import Any

from ledger import Ledger, Settings
from ledger.batches import LARGEST


def batch(database: str, var: Path, url: str, system: Any) -> None:
    """Submit the largest batch over HTTP, and print when it was accepted and when it was sent."""
    ledger = Ledger(Settings(postroom_var=var, database_url=url, storage_url=""))
    inputs = [{"trace": str(system.trace), "number": number} for number in range(LARGEST)]
    body = json.dumps({"jobs": [{"kind": "stamp", "inputs": one} for one in inputs]})
    token = system.request.partition("Authorization: ")[2].partition("\r\n")[0]
    headers = {"Authorization": token, "Content-Type": "application/json"}
    answered: list[tuple[float, dict[str, Any]]] = []

    def post() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", system.port)
        connection.request("POST", "/api/v1/batches", body, headers)
        told = json.load(connection.getresponse())
        answered.append((time.perf_counter(), told))

    before = newest(ledger)
    began = time.perf_counter()
    poster = threading.Thread(target=post)
    poster.start()
    while newest(ledger) == before:
        time.sleep(0.01)
    accepted = time.perf_counter() - began
    poster.join()
    at, told = answered[0]
    while told["unsent"] and ledger.batches.get(told["id"]).unsent:
        time.sleep(0.05)
    sent = time.perf_counter() - began if told["unsent"] else at - began
    print(
        f"{database}: a batch of {LARGEST:,} is accepted after {accepted:.2f} s, answered after"
        f" {at - began:.2f} s with {told['unsent']} still to be sent, all sent after {sent:.2f} s",
        flush=True,
    )
    ledger.close()


def newest(ledger: Ledger) -> str:
    """Return the id of the last job there is."""
    return next((job.id for job in ledger.jobs.page(limit=1)), "")
