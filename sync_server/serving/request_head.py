"""Reading the head of an HTTP/1.1 request (RFC 9112), strictly. Pure.

What two readers could understand differently is refused: folded lines, two lengths, a length beside
a transfer coding. The rest of HTTP is left to Flask.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from shared.errors import MalformedInput

MAX_HEAD_BYTES: Final = 16 * 1024
"""A kiosk's head is 300 bytes; what is longer is nobody we know."""

_REQUEST_LINE: Final = re.compile(rb"([A-Z]{3,7}) (/[\x21-\x7e]*) HTTP/1\.([01])")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*")
_LENGTH: Final = re.compile(rb"[0-9]{1,15}")


@dataclass(frozen=True)
class RequestHead:
    """Method, target and fields. ``fields``: lower-case names; repeated ones are joined by a comma."""

    method: str
    path: str
    query: str
    keeps_alive: bool
    fields: dict[str, str]
    length: int | None

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits for a word before it sends the body."""
        return self.fields.get("expect", "").lower() == "100-continue"


def parse_head(head: bytes) -> RequestHead:
    """Return the parts of a head, given with its empty line.

    Raises:
        MalformedInput: ``request_malformed``, or ``length_required`` for a transfer coding.
    """
    lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    start = _REQUEST_LINE.fullmatch(lines[0])
    if start is None:
        raise MalformedInput("request_malformed", why="start")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise MalformedInput("request_malformed", why="field")
        name, value = match[1].decode("ascii").lower(), match[2].decode("latin-1")
        if name in fields and name in {"content-length", "host", "authorization", "content-encoding"}:
            raise MalformedInput("request_malformed", why="repeated")
        fields[name] = f"{fields[name]},{value}" if name in fields else value
    if "transfer-encoding" in fields:
        raise MalformedInput("length_required")
    path, _, query = start[2].partition(b"?")
    connection = fields.get("connection", "").lower()
    return RequestHead(
        method=start[1].decode("ascii"),
        path=unquote_to_bytes(path).decode("latin-1"),
        query=query.decode("ascii"),
        keeps_alive=start[3] == b"1" and "close" not in connection,
        fields=fields,
        length=_length(fields.get("content-length")),
    )


def _length(text: str | None) -> int | None:
    if text is None:
        return None
    if _LENGTH.fullmatch(text.encode("latin-1")) is None:
        raise MalformedInput("request_malformed", why="length")
    return int(text)
