"""What kiosks call, below ``/sync/v1``."""

from __future__ import annotations

from flask import Response
from werkzeug.exceptions import NotFound

from shared.errors import MalformedInput
from sync_server.problems import register_problem_handlers
from sync_server.web.routing import Route, blueprint_of


def nothing_here(rest: str) -> Response:
    """Answer every other path below ``/sync/`` with a problem document."""
    raise MalformedInput("not_found", size=len(rest)) from NotFound()


ROUTES = (Route("/sync/<path:rest>", nothing_here, None, ("GET", "POST", "PUT", "DELETE", "PATCH")),)

blueprint = blueprint_of("ingest", __name__, ROUTES)
register_problem_handlers(blueprint)
