"""Reading a request's body with a bound on every size, before anything is parsed.

A body is read as it travels and inflated piece by piece; neither what travels nor what it unfolds
to ever exceeds its limit by more than one piece. Nothing here looks at what the bytes mean.
"""

from __future__ import annotations

import zlib
from typing import IO, TYPE_CHECKING, Final

from shared.errors import MalformedInput
from shared.limits import MAX_BATCH_BYTES, MAX_BATCH_WIRE_BYTES

if TYPE_CHECKING:
    from flask import Request

_PIECE: Final = 64 * 1024
_GZIP_WINDOW: Final = zlib.MAX_WBITS | 16
_MAX_GZIP_MEMBERS: Final = 64
"""A writer that flushes a member for each line of a small batch; 50,000 empty ones would cost seconds."""


def read_body(request: Request, *, max_bytes: int) -> bytes:
    """Return a body that travels as it is, at most ``max_bytes`` long.

    Raises:
        MalformedInput: ``length_required``, ``body_too_large``, ``body_cut``,
            ``content_encoding_unsupported``.
    """
    if _encoding(request) != "identity":
        raise MalformedInput("content_encoding_unsupported")
    return _read(request, max_bytes)


def read_batch_body(request: Request) -> bytes:
    """Return the body of a batch, inflated where it travelled as gzip.

    Raises:
        MalformedInput: as :func:`read_body`, or ``body_not_gzip``.
    """
    encoding = _encoding(request)
    if encoding not in {"identity", "gzip"}:
        raise MalformedInput("content_encoding_unsupported")
    wire = _read(request, MAX_BATCH_WIRE_BYTES)
    return inflate(wire, max_bytes=MAX_BATCH_BYTES) if encoding == "gzip" else wire


def inflate(wire: bytes, *, max_bytes: int) -> bytes:
    """Return what one or several gzip members (RFC 1952, 2.2) unfold to. Pure.

    Raises:
        MalformedInput: ``body_not_gzip``, ``body_cut`` (a member ends early), ``body_too_large``.
    """
    pieces: list[bytes] = []
    size, members, rest = 0, 0, wire
    while rest:
        members += 1
        if members > _MAX_GZIP_MEMBERS:
            raise MalformedInput("body_too_large", limit=_MAX_GZIP_MEMBERS)
        member = zlib.decompressobj(_GZIP_WINDOW)
        while not member.eof:
            try:
                piece = member.decompress(rest, _PIECE)
            except zlib.error as error:
                raise MalformedInput("body_not_gzip") from error
            size += len(piece)
            if size > max_bytes:
                raise MalformedInput("body_too_large", limit=max_bytes)
            pieces.append(piece)
            rest = member.unconsumed_tail
            if not rest and not piece and not member.eof:
                raise MalformedInput("body_cut")
        rest = member.unused_data
    if not wire:
        raise MalformedInput("body_cut")
    return b"".join(pieces)


def _encoding(request: Request) -> str:
    return request.headers.get("Content-Encoding", "identity").strip().lower()


def _read(request: Request, max_bytes: int) -> bytes:
    announced = request.content_length
    if announced is None:
        raise MalformedInput("length_required")
    if announced > max_bytes:
        raise MalformedInput("body_too_large", size=announced, limit=max_bytes)
    body = _read_exactly(request.stream, announced)
    if len(body) != announced:
        raise MalformedInput("body_cut", size=len(body), announced=announced)
    return body


def _read_exactly(stream: IO[bytes], size: int) -> bytes:
    pieces: list[bytes] = []
    while size > 0 and (piece := stream.read(min(size, _PIECE))):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)
