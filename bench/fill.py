"""Fills the queue before a measurement, in a process of its own: python -m bench.fill APP JOBS."""

import sys


def main(app: str, jobs: int) -> None:
    """Submit that many no-ops to one of the apps."""
    if app == "bench.bare":
        from bench.bare import hello

        for _ in range(jobs):
            hello.apply_async()
        return
    from tasks import app as ours
    from tasks.kind import kinds

    ours.ledger.upgrade()
    kind = kinds()["hello"]
    for _ in range(jobs):
        kind.delay(name="Ada", seconds=0)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
