"""The app that acceptance tests start workers of: the real one, with kinds that misbehave."""

from tasks import app

app.conf.imports = (*app.conf.imports, "tests.acceptance.kinds", "tests.acceptance.greedy")

__all__ = ["app"]
