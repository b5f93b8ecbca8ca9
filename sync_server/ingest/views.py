"""What kiosks call, below ``/sync/v1``. The URL table is the last thing in the file.

Each view reads with a bound, calls one operation and returns bytes; every refusal is a problem
document. Only hello and enrolment come without a bearer token: they prove themselves otherwise.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import Response, current_app, request

from shared.errors import MalformedInput
from shared.limits import MAX_BLOB_BYTES, MAX_HELLO_BYTES, MAX_SAFE_INTEGER, STATE_POLL_S
from shared.sync_messages import BASE_PATH
from sync_server.accounts.policy import MACHINES
from sync_server.ingest.batches import receive_batch
from sync_server.ingest.blobs import BlobAnswer, receive_blob
from sync_server.ingest.body import read_batch_body, read_body
from sync_server.ingest.hello import receive_hello
from sync_server.ingest.sessions import find_session, is_touch_due, touch_session
from sync_server.ingest.state import StateBell, sign_state
from sync_server.problems import register_problem_handlers
from sync_server.publishing.queries import state_version
from sync_server.runtime import get_runtime
from sync_server.web.routing import Route, blueprint_of

if TYPE_CHECKING:
    from sync_server.ingest.clock_watch import ClockWatch
    from sync_server.ingest.models import SessionRow

LINES_TYPE: Final = "application/vnd.servicehall.lines"
BELL: Final = "servicehall_state_bell"
CLOCK_WATCH: Final = "servicehall_clock_watch"
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_COUNT: Final = re.compile(r"[0-9]{1,16}")


def hello() -> Response:
    """Answer a hello."""
    return lines_response(receive_hello(get_runtime(), read_body(request, max_bytes=MAX_HELLO_BYTES)))


def batches() -> Response:
    """Take in a batch and return its receipt."""
    opened = require_session()
    return lines_response(receive_batch(get_runtime(), opened, read_batch_body(request)) + b"\n")


def blobs(sha256: str) -> Response:
    """Take in a sealed text."""
    opened = require_session()
    if _SHA256.fullmatch(sha256) is None:
        raise MalformedInput("blob_name_malformed")
    answer = receive_blob(get_runtime(), opened, sha256, read_body(request, max_bytes=MAX_BLOB_BYTES))
    return Response(status=HTTPStatus.GONE if answer is BlobAnswer.DELETED else HTTPStatus.NO_CONTENT)


def state() -> Response:
    """Return the live state, at once if it is newer than ``since``, else when it changes or time is up."""
    require_session()
    runtime, since = get_runtime(), read_count("since")
    with runtime.database.reading() as session:
        waits = since is not None and state_version(session, runtime.hall) == since
    if since is not None and waits:
        bell: StateBell = current_app.extensions[BELL]
        bell.wait_for_newer(since, STATE_POLL_S)
    return lines_response(sign_state(runtime))


def nothing_here(rest: str) -> Response:
    """Answer every other path below ``/sync/`` with a problem document."""
    raise MalformedInput("not_found", size=len(rest))


def lines_response(body: bytes) -> Response:
    """Return signed lines as they are."""
    return Response(body, content_type=LINES_TYPE, headers={"Cache-Control": "no-store"})


def check_clock() -> None:
    """Refuse to answer, and so to sign, while the server's clock is not to be believed."""
    watch: ClockWatch = current_app.extensions[CLOCK_WATCH]
    watch.check()


def require_session() -> SessionRow:
    """Return the session whose token the request bears, or raise Untrusted ``session_unknown``."""
    runtime = get_runtime()
    now = runtime.clock.now()
    with runtime.database.reading() as session:
        opened = find_session(session, request.headers.get("Authorization"), now)
    if request.method != "POST" and is_touch_due(opened, now):
        with runtime.database.transaction() as session:
            touch_session(session, opened.nonce, now)
    return opened


def read_count(name: str) -> int | None:
    """Return a count of the query, None where it is not given.

    Raises:
        MalformedInput: ``query_malformed``.
    """
    text = request.args.get(name)
    if text is None:
        return None
    if _COUNT.fullmatch(text) is None or int(text) > MAX_SAFE_INTEGER:
        raise MalformedInput("query_malformed", name=name)
    return int(text)


ROUTES: Final = (
    Route(f"{BASE_PATH}/hello", hello, None, ("POST",)),
    Route(f"{BASE_PATH}/batches", batches, MACHINES, ("POST",)),
    Route(f"{BASE_PATH}/blobs/<sha256>", blobs, MACHINES, ("PUT",)),
    Route(f"{BASE_PATH}/state", state, MACHINES),
    Route("/sync/<path:rest>", nothing_here, None, ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")),
)

blueprint = blueprint_of("ingest", __name__, ROUTES)
blueprint.before_request(check_clock)
register_problem_handlers(blueprint)
