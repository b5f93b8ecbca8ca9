"""Problem documents (RFC 9457): every refusal below ``/sync/v1``, whatever went wrong.

``kiosk_action`` tells a kiosk what to do; the document itself never acknowledges anything. A fault
of ours is told as "retry" and logged with its kind, never with what was sent.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from shared.errors import MalformedInput, OutOfOrder, RuleViolation, ServicehallError, Unavailable, Untrusted
from shared.sync_messages import KioskAction, Problem
from sync_server.database_failures import is_of_database

PROBLEM_TYPE: Final = "application/problem+json"

_log = logging.getLogger(__name__)

_STATUS_BY_FAULT: Final[dict[type[ServicehallError], tuple[HTTPStatus, KioskAction]]] = {
    MalformedInput: (HTTPStatus.UNPROCESSABLE_ENTITY, KioskAction.ATTEND),
    Untrusted: (HTTPStatus.FORBIDDEN, KioskAction.ATTEND),
    OutOfOrder: (HTTPStatus.CONFLICT, KioskAction.HELLO_AGAIN),
    RuleViolation: (HTTPStatus.FORBIDDEN, KioskAction.ATTEND),
    Unavailable: (HTTPStatus.SERVICE_UNAVAILABLE, KioskAction.RETRY),
}

_BY_CODE: Final[dict[str, tuple[HTTPStatus, KioskAction]]] = {
    "session_unknown": (HTTPStatus.UNAUTHORIZED, KioskAction.HELLO_AGAIN),
    "challenge_late": (HTTPStatus.CONFLICT, KioskAction.HELLO_AGAIN),
    "body_too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, KioskAction.HALVE),
    "batch_lines_too_many": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, KioskAction.HALVE),
    "blob_too_large": (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, KioskAction.ATTEND),
    "body_cut": (HTTPStatus.BAD_REQUEST, KioskAction.RETRY),
    "body_hash_wrong": (HTTPStatus.BAD_REQUEST, KioskAction.RETRY),
    "content_encoding_unsupported": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, KioskAction.ATTEND),
    "content_type_unsupported": (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, KioskAction.ATTEND),
    "length_required": (HTTPStatus.LENGTH_REQUIRED, KioskAction.RETRY),
    "kiosk_unknown": (HTTPStatus.FORBIDDEN, KioskAction.REENROL),
    "chain_unknown": (HTTPStatus.FORBIDDEN, KioskAction.REENROL),
    "provisional_chains_exhausted": (HTTPStatus.TOO_MANY_REQUESTS, KioskAction.ATTEND),
    "quarantine_full": (HTTPStatus.TOO_MANY_REQUESTS, KioskAction.ATTEND),
    "not_found": (HTTPStatus.NOT_FOUND, KioskAction.ATTEND),
}


def problem_response(code: str, status: int, action: KioskAction) -> Response:
    """Return a problem document."""
    return Response(_encode(code, HTTPStatus(status), action, {}), status=int(status), content_type=PROBLEM_TYPE)


def _encode(code: str, status: HTTPStatus, action: KioskAction, members: dict[str, Any]) -> bytes:
    """Return the json. ``members``: extension members (RFC 9457, 3.2), such as ``head``."""
    problem = Problem(
        type=f"urn:servicehall:problem:{code}",
        title=status.phrase,
        status=status.value,
        code=code,
        kiosk_action=action,
    )
    fields = {key: value for key, value in msgspec.to_builtins(problem).items() if value is not None}
    return msgspec.json.encode(fields | members)


def respond_to_error(error: ServicehallError) -> Response:
    """Return the problem document of one of our errors; its facts stay in the log, but for ``head``."""
    status, content_type, body = problem_document(error)
    return Response(body, status=status, content_type=content_type)


def problem_document(error: ServicehallError) -> tuple[int, str, bytes]:
    """Return status, content type and body for one of our errors. Pure."""
    status, action = _BY_CODE.get(error.code) or _by_fault(error)
    head = error.facts.get("head_fields")
    return status.value, PROBLEM_TYPE, _encode(error.code, status, action, {} if head is None else {"head": head})


def _by_fault(error: ServicehallError) -> tuple[HTTPStatus, KioskAction]:
    for fault, answer in _STATUS_BY_FAULT.items():
        if isinstance(error, fault):
            return answer
    return HTTPStatus.SERVICE_UNAVAILABLE, KioskAction.RETRY


def register_problem_handlers(blueprint: Blueprint) -> None:
    """Answer every error in ``blueprint`` with a problem document; nothing sent gets a bare 500."""
    blueprint.register_error_handler(ServicehallError, _answer_refusal)
    blueprint.register_error_handler(HTTPException, _answer_http_error)
    blueprint.register_error_handler(Exception, _answer_fault)


def _answer_refusal(error: ServicehallError) -> Response:
    level = logging.ERROR if is_of_database(error) else logging.INFO
    told = str(error) if is_of_database(error) else error.code
    _log.log(level, "refused", extra={"code": told, "path": request.path})
    return respond_to_error(error)


def _answer_http_error(error: HTTPException) -> Response:
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return problem_response(HTTPStatus(status).name.lower(), status, KioskAction.RETRY if ours else KioskAction.ATTEND)


def _answer_fault(error: Exception) -> Response:
    _log.error("fault", extra={"kind": type(error).__name__, "path": request.path}, exc_info=error)
    return problem_response("server_fault", HTTPStatus.SERVICE_UNAVAILABLE, KioskAction.RETRY)
