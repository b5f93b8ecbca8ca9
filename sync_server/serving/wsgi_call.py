"""Calling the program for one request that has come whole (PEP 3333)."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

if TYPE_CHECKING:
    import h11
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment


@dataclass(frozen=True)
class Answer:
    """What goes back; ``fields`` as the program gave them, its length among them."""

    status: int
    reason: str
    fields: list[tuple[str, str]]
    body: bytes


def derive_environ(request: h11.Request, body: IO[bytes], peer: str, address: tuple[str, int]) -> WSGIEnvironment:
    """Return what the program is told of a request. Pure. Repeated fields are joined by a comma."""
    path, _, query = request.target.partition(b"?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method.decode("ascii"),
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query.decode("ascii"),
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
    for name, value in request.headers:
        key = name.decode("ascii").upper().replace("-", "_")
        key = key if name in {b"content-type", b"content-length"} else f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def call_wsgi(app: WSGIApplication, environ: WSGIEnvironment) -> Answer:
    """Return what ``app`` answers."""
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> Any:  # noqa: ANN401 - PEP 3333
        started[:] = [(status, headers)]
        return lambda _piece: None

    pieces = app(environ, start_response)
    try:
        content = b"".join(pieces)
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    status, fields = started[0]
    code, _, reason = status.partition(" ")
    return Answer(int(code), reason, fields, content)
