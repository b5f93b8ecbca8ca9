"""Which paths an address answers."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SYNC_PREFIX: Final = "/sync/"
_NOT_FOUND: Final = f"{HTTPStatus.NOT_FOUND.value} {HTTPStatus.NOT_FOUND.phrase}"


class SyncOnly:
    """The program as kiosks see it: nothing but paths below ``/sync/``."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass on what is below ``/sync/``."""
        if environ.get("PATH_INFO", "").startswith(SYNC_PREFIX):
            return self._app(environ, start_response)
        return _refuse(start_response)


class PagesOnly:
    """The program as people see it: nothing below ``/sync/``."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass on what is not below ``/sync/``."""
        if environ.get("PATH_INFO", "").startswith(SYNC_PREFIX):
            return _refuse(start_response)
        return self._app(environ, start_response)


def _refuse(start_response: StartResponse) -> Iterable[bytes]:
    start_response(_NOT_FOUND, [("Content-Type", "text/plain"), ("Content-Length", "0")])
    return [b""]
