"""Kinds that nobody programs: each entry of `commands.toml` runs a program that a team has."""
