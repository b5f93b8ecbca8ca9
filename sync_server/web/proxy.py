"""Believes the reverse proxy on this machine, and nobody else, about who asks and whether it was over TLS.

nginx ends TLS and overwrites ``X-Forwarded-For`` and ``X-Forwarded-Proto``. A request whose peer is not
this machine keeps its peer's address, whatever it says of itself; so nobody chooses the place from
which the tries of a password are counted.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class LocalProxy:
    """WSGI in between: takes address and scheme from a proxy on this machine."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request as it left the browser."""
        address = environ.pop("HTTP_X_FORWARDED_FOR", None)
        scheme = environ.pop("HTTP_X_FORWARDED_PROTO", None)
        if is_this_machine(environ.get("REMOTE_ADDR", "")):
            if address and (parsed := _parse(address.rpartition(",")[2].strip())):
                environ["REMOTE_ADDR"] = str(parsed)
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        return self._app(environ, start_response)


def is_this_machine(address: str) -> bool:
    """Tell whether a peer is on this machine; a Unix socket has no address. Pure."""
    parsed = _parse(address)
    return not address if parsed is None else parsed.is_loopback


def _parse(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None
