"""The published file over HTTP, below ``/sync/v1``: the newest one as it was signed, or nothing newer."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from flask import Response

from shared.errors import Unavailable
from shared.sync_messages import BASE_PATH
from sync_server.accounts.policy import MACHINES
from sync_server.ingest.views import read_count, require_session
from sync_server.problems import register_problem_handlers
from sync_server.publishing.queries import newest_pack, newest_version
from sync_server.runtime import get_runtime
from sync_server.web.routing import Route, blueprint_of

PACK_TYPE: Final = "application/vnd.servicehall.pack"


def hall_pack() -> Response:
    """Return the newest published file, 304 where the kiosk has it.

    Raises:
        Unavailable: ``nothing_published``.
    """
    require_session()
    runtime, have = get_runtime(), read_count("have")
    with runtime.database.reading() as session:
        if have is not None and have >= newest_version(session, runtime.hall):
            return Response(status=HTTPStatus.NOT_MODIFIED)
        pack = newest_pack(session, runtime.hall)
    if pack is None:
        raise Unavailable("nothing_published")
    return Response(pack.raw, content_type=PACK_TYPE, headers={"Cache-Control": "no-store"})


ROUTES: Final = (Route(f"{BASE_PATH}/packs/hall", hall_pack, MACHINES),)

blueprint = blueprint_of("packs", __name__, ROUTES)
register_problem_handlers(blueprint)
