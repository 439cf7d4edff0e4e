"""Other task queues beside Postroom, all on the same work, in turn, on the same machine.

    python -m bench.peers [--only NAME,…] [--jobs N] [--rounds N]

docs/performance.md says how each is set up, what is measured, and what came of it. A system is a
row in `systems.py`, a module in `apps/` that runs in an environment of its own, and a file in
`requirements/` that pins what is installed there.
"""
