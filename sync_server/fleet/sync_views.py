"""Enrolment over HTTP, below ``/sync/v1``; a kiosk that is not trusted yet bears no token."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Final

import msgspec
from flask import Response, request

from shared.errors import MalformedInput
from shared.strict_json import encode
from shared.sync_messages import BASE_PATH
from sync_server.fleet.enrolment import MAX_REQUEST_BYTES, EnrolmentState, enrolment_status, receive_enrolment
from sync_server.ingest.body import read_body
from sync_server.ingest.views import lines_response
from sync_server.problems import register_problem_handlers
from sync_server.runtime import get_runtime
from sync_server.web.routing import Route, blueprint_of

_CHAIN: Final = re.compile(r"[0-9a-f]{64}")
_JSON: Final = "application/json"


def enrolment() -> Response:
    """Take in an opening with a one-time code."""
    if request.mimetype != _JSON:
        raise MalformedInput("content_type_unsupported")
    answer = receive_enrolment(get_runtime(), read_body(request, max_bytes=MAX_REQUEST_BYTES))
    return Response(encode(answer, max_bytes=MAX_REQUEST_BYTES), status=HTTPStatus.ACCEPTED, content_type=_JSON)


def enrolment_of_chain(chain: str) -> Response:
    """Tell a waiting kiosk how its enrolment stands."""
    if _CHAIN.fullmatch(chain) is None:
        raise MalformedInput("not_found")
    runtime = get_runtime()
    status = enrolment_status(runtime, chain)
    if status.certificate_line is not None:
        return lines_response(status.certificate_line + b"\n" + runtime.keyring.keys_line + b"\n")
    code = HTTPStatus.ACCEPTED if status.state is EnrolmentState.PENDING else HTTPStatus.FORBIDDEN
    return Response(msgspec.json.encode({"state": status.state.value}), status=code, content_type=_JSON)


ROUTES: Final = (
    Route(f"{BASE_PATH}/enrolment", enrolment, None, ("POST",)),
    Route(f"{BASE_PATH}/enrolment/<chain>", enrolment_of_chain, None),
)

blueprint = blueprint_of("enrolment", __name__, ROUTES)
register_problem_handlers(blueprint)
