"""HTTPS to the one server this kiosk was enrolled at, and to nobody else (T37).

No proxy or credentials from the environment, no redirects, a timeout on everything, a bounded body,
and only the enrolment's CA is believed. Whatever comes back is bytes and a status; that either means
anything is for :mod:`shared.sync_session` to say.
"""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

import requests
from urllib3.exceptions import HTTPError

from shared.errors import Unavailable
from shared.limits import MAX_LINE_BYTES, MAX_PACK_BYTES
from shared.sync_messages import BASE_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONNECT_S: Final = 5
READ_S: Final = 20
"""Between two bytes. A batch of 500 records is durable on a slow disk within seconds."""

TOTAL_S: Final = 120
"""For one whole answer: a body that drips one byte a second ends here."""

LONG_POLL_S: Final = 40
"""The server answers a long poll after 25 s at the latest."""

MAX_REPLY_BYTES: Final = 8 * (MAX_LINE_BYTES + 1)
MAX_PACK_REPLY_BYTES: Final = MAX_LINE_BYTES + 1 + MAX_PACK_BYTES
GZIP_FROM_BYTES: Final = 1400
"""What fits one packet is not worth packing."""

_CHUNK: Final = 64 * 1024


class Reply(NamedTuple):
    """What came back, whole. ``content_type``: without parameters, lower case."""

    status: int
    content_type: str
    body: bytes


@dataclass
class HttpsTransport:
    """One thread's connection. ``ca_file``: PEM of the private CA; ``server_url``: ``https://host:port``.

    ``patience_s``: the shortest of them ends every wait, whatever a call asks for.
    """

    server_url: str
    ca_file: Path
    patience_s: float = TOTAL_S
    _session: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Make a session that believes nothing from the environment."""
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"User-Agent": "servicehall-kiosk", "Accept-Encoding": "identity"})

    def post(self, path: str, body: bytes, *, token: str | None = None, packed: bool = False) -> Reply:
        """Send ``body``; ``packed``: gzip it where that is worth it. Raises as :meth:`send`."""
        headers = {"Content-Type": "application/vnd.servicehall.lines"}
        if packed and len(body) > GZIP_FROM_BYTES:
            body = gzip.compress(body, 3, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return self.send("POST", path, body=body, token=token, headers=headers)

    def put(self, path: str, body: bytes, *, token: str) -> Reply:
        """Hand over a blob. Raises as :meth:`send`."""
        return self.send("PUT", path, body=body, token=token, headers={"Content-Type": "application/octet-stream"})

    def get(
        self, path: str, *, token: str | None = None, read_s: float = READ_S, limit: int = MAX_REPLY_BYTES
    ) -> Reply:
        """Ask for ``path``. Raises as :meth:`send`."""
        return self.send("GET", path, token=token, read_s=read_s, limit=limit)

    def send(  # noqa: PLR0913 - the parts of a request
        self,
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        read_s: float = READ_S,
        limit: int = MAX_REPLY_BYTES,
    ) -> Reply:
        """Return the whole answer.

        Raises:
            Unavailable: ``server_unreachable`` (no connection, no answer in time, another CA, cut off)
                or ``reply_too_long``.
        """
        told = dict(headers or {})
        if token is not None:
            told["Authorization"] = f"Bearer {token}"
        deadline = time.monotonic() + self.patience_s
        try:
            with self._session.request(
                method,
                self.server_url.rstrip("/") + BASE_PATH + path,
                data=body,
                headers=told,
                timeout=(min(CONNECT_S, self.patience_s), min(read_s, self.patience_s)),
                allow_redirects=False,
                verify=str(self.ca_file),
                stream=True,
            ) as response:
                return Reply(response.status_code, _content_type(response), _read(response, limit, deadline))
        except (requests.RequestException, HTTPError, OSError) as error:
            raise Unavailable("server_unreachable", why=type(error).__name__) from error

    def close(self) -> None:
        """Drop the connection."""
        self._session.close()


def _content_type(response: requests.Response) -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _read(response: requests.Response, limit: int, deadline: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    for part in response.raw.stream(_CHUNK, decode_content=False):
        size += len(part)
        if size > limit:
            raise Unavailable("reply_too_long", limit=limit)
        if time.monotonic() > deadline:
            raise Unavailable("server_unreachable", why="too slow")
        parts.append(part)
    return b"".join(parts)
