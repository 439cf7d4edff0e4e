"""What a browser, an API client and a shell see: `create_app` puts the parts together."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

from celery import Celery
from flask import Flask
from flask.json.provider import DefaultJSONProvider
from flask_bootstrap import Bootstrap5

from ledger import Ledger, Settings
from tasks.app import app as postroom
from tasks.kind import Kind
from tasks.kind import kinds as every_kind
from tasks.management import Management
from tasks.publisher import Publisher
from webapp import (
    accounts,
    action_api,
    actions,
    again_api,
    api,
    batch_api,
    commands,
    deletion,
    doctor,
    downloads,
    errors,
    failure_api,
    failures,
    floor_api,
    history_api,
    joblist,
    kind_pages,
    live,
    look,
    new,
    outgoing,
    outlooks,
    presets,
    queues,
    resumable,
    security,
    start,
    steering,
    uploads,
    workers,
)
from webapp.services import Services


def create_app(
    settings: Settings | None = None,
    ledger: Ledger | None = None,
    publisher: Publisher | None = None,
    kinds: Mapping[str, Kind] | None = None,
    celery: Celery | None = None,
) -> Flask:
    """Return the console as a WSGI app; it asks nobody anything until the first request.

    Args:
        settings: what an operator has set; the environment's by default.
        ledger: the record; by default the one that the settings name.
        publisher: sends messages; by default to the broker of the Celery app.
        kinds: what can be submitted, by name; by default every kind there is.
        celery: whose broker it is; by default the app that the workers run.

    Raises:
        OSError: the key that signs sessions can't be kept under `var`.
    """
    settings = settings or postroom.settings
    celery = celery or postroom
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.session_key(),
        # Cookies don't know ports: a name of our own keeps other programs on this host away.
        SESSION_COOKIE_NAME="postroom",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(days=30),
        # An answer on its way while somebody signs out must not bring the old session back.
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=None,  # A form may stay open for a day; the session bounds it.
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    app.extensions["postroom"] = Services(
        settings=settings,
        ledger=ledger or Ledger(settings),
        publisher=publisher or Publisher(celery),
        kinds=every_kind() if kinds is None else kinds,
        celery=celery,
        management=Management.of(settings),
    )
    cast(DefaultJSONProvider, app.json).sort_keys = False  # Inputs stay in their form's order.
    app.request_class = uploads.Request
    Bootstrap5(app)
    errors.tell(app)
    # The verbs for many jobs are added to the API's blueprint by being imported.
    parts_of_api = (
        *(action_api, again_api, batch_api, failure_api),
        *(floor_api, history_api, resumable),
    )
    security.guard(app, *(part.blueprint for part in parts_of_api))
    for part in (
        accounts,
        actions,
        api,
        deletion,
        doctor,
        downloads,
        errors,
        failures,
        joblist,
        kind_pages,
        live,
        look,
        new,
        outgoing,
        outlooks,
        presets,
        queues,
        resumable,
        start,
        steering,
        workers,
    ):
        app.register_blueprint(part.blueprint)
    commands.add_to(app)
    return app
