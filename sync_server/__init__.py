"""The server: receives what kiosks record, keeps it, and shows the office what it means."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Flask

from sync_server.accounts import views as accounts_views
from sync_server.attendance import views as attendance_views
from sync_server.badges import views as badges_views
from sync_server.calendar import views as calendar_views
from sync_server.clock import Clock, SystemClock
from sync_server.db import Database
from sync_server.fleet import sync_views as fleet_sync_views
from sync_server.fleet import views as fleet_views
from sync_server.ingest import views as ingest_views
from sync_server.ingest.clock_watch import watch_clock
from sync_server.ingest.incarnation import ensure_incarnation
from sync_server.ingest.state import StateBell
from sync_server.keyring import Keyring
from sync_server.migrations.upgrade import upgrade_to_newest
from sync_server.posts import views as posts_views
from sync_server.publishing import sync_views as publishing_sync_views
from sync_server.queue import views as queue_views
from sync_server.runtime import EXTENSION, Runtime
from sync_server.staff import views as staff_views
from sync_server.web import views as web_views
from sync_server.web.site import install_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync_server.config import Settings

BLUEPRINTS: Final[Sequence[Blueprint]] = (
    accounts_views.blueprint,
    attendance_views.blueprint,
    calendar_views.blueprint,
    badges_views.blueprint,
    fleet_sync_views.blueprint,
    fleet_views.blueprint,
    ingest_views.blueprint,
    posts_views.blueprint,
    publishing_sync_views.blueprint,
    queue_views.blueprint,
    staff_views.blueprint,
    web_views.blueprint,
)
"""Every blueprint of the program, by name; a page that is not here does not exist."""


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """Return the program with its database at the newest version and its keys loaded.

    Raises:
        Unavailable: ``keys_unreadable``: the hall was never set up.
    """
    keyring = Keyring.load(settings.keys_path)
    app = Flask(__name__, static_folder=None)
    app.secret_key = _load_cookie_key(Path(settings.secret_file))
    database = Database(settings.database_url)
    upgrade_to_newest(database)
    runtime = Runtime(
        settings=settings,
        database=database,
        clock=clock or SystemClock(settings.clock_offset_ms),
        keyring=keyring,
    )
    ensure_incarnation(database, settings.data_path, settings.hall, runtime.clock)
    app.extensions[EXTENSION] = runtime
    app.extensions[ingest_views.CLOCK_WATCH] = watch_clock(runtime.clock, database)
    app.extensions[ingest_views.BELL] = StateBell(database, settings.hall)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    install_site(app, runtime)
    return app


def _load_cookie_key(path: Path) -> bytes:
    """Return the key of cookies and form tokens, made at the first start."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_bytes()
    key = secrets.token_bytes(32)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(key)
    except OSError:
        path.unlink()  # an empty key would be taken for one at the next start
        raise
    return key
