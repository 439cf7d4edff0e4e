"""One module per system, each with the same two jobs and the same way in.

Such a module runs in its system's own environment: in the client that submits and in the workers.
It imports nothing but that system, the standard library and `bench.peers.marks`, and has

- `prepare()`: make what the system needs before its first job, in the client alone;
- `submit(name, number)`: submit the job `name` of `marks.JOBS`; on return the system holds it as
  durably as it can tell;
- `submit_many(numbers)`, where the system has a way of its own to take many no-ops at once.

What it needs to know is in the environment: `BENCH_BROKER`, `BENCH_DATABASE` and `BENCH_REDIS` are
the URLs of the servers, `BENCH_FOLDER` is a folder of this turn's own, and `BENCH_RECORD` says
which of its stores the system is to use, if it has a choice.
"""
