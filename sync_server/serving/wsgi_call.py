"""Calling the program for one request that has come whole (PEP 3333)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from sync_server.serving.request_head import RequestHead

_BODILESS: Final = ("1", "204", "304")
_OURS: Final = frozenset({"content-length", "connection", "transfer-encoding"})


@dataclass(frozen=True)
class Answer:
    """``status``: code and phrase; ``fields``: without length and connection, which the front says."""

    status: str
    fields: list[tuple[str, str]]
    body: bytes

    @property
    def is_bodiless(self) -> bool:
        """Whether this status has no body by definition (RFC 9110, 6.4.1)."""
        return self.status.startswith(_BODILESS)


def call_wsgi(
    app: WSGIApplication, request: RequestHead, body: IO[bytes], peer: str, address: tuple[str, int]
) -> Answer:
    """Return what ``app`` answers."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:  # noqa: ANN401 - PEP 3333
        started[:] = [(status, headers)]
        return lambda _piece: None

    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": request.path,
        "QUERY_STRING": request.query,
        "SERVER_NAME": address[0],
        "SERVER_PORT": str(address[1]),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "https",
        "wsgi.input": body,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in request.fields.items():
        key = name.upper().replace("-", "_")
        environ[key if name in {"content-type", "content-length"} else f"HTTP_{key}"] = value
    pieces = app(environ, start_response)
    try:
        content = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    status, headers = started[0]
    return Answer(status, [(name, value) for name, value in headers if name.lower() not in _OURS], content)
