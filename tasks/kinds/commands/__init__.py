"""Kinds that nobody programs: each entry of `commands.toml` runs a program that a team has."""

DECLARED_BY = "tasks.kinds.commands.kinds"  # the module that all of them say they are from
