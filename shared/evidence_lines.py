"""The lines of an export one after another: bounded, counted, hashed, each told by what it is.

Owns no verdict. However the bytes come (whole or in pieces), memory holds one line and one piece.
"""

from __future__ import annotations

import hashlib
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from shared import strict_json
from shared.errors import MalformedInput
from shared.limits import MAX_LINE_BYTES
from shared.signed_line import split_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PIECE_BYTES: Final = 64 * 1024


class LineKind(Enum):
    """What a line is, by the field that only lines of that kind have."""

    KEYS = "keys"
    OPENING = "from"
    CERTIFICATE = "ca"
    POSITION = "prev"
    RECEIPT = "accepted"
    END = "lines"
    REVOCATION = "reason"


class ExportLine(NamedTuple):
    """One line without its LF. ``number``: from 1; ``fields``: its strict json; nothing is verified."""

    number: int
    raw: bytes
    json: bytes
    kind: LineKind
    fields: dict[str, Any]


class ExportLines:
    """A file's lines with one to look ahead at; ``digest`` covers every byte before the line looked at."""

    def __init__(self, source: bytes | Iterable[bytes]) -> None:
        """Take the bytes, or pieces of them of any size."""
        self.number = 0
        """Number of the line that is being judged, for what is said of an error."""
        self._count = 0
        self.has_rest = False
        """Whether bytes follow the last LF; known once :meth:`peek` has returned None."""
        self._lines = self._split(_cut(source) if isinstance(source, bytes) else source)
        self._hash = hashlib.sha256()
        self._ahead: ExportLine | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the lines taken so far with their LF, 64 hex."""
        return self._hash.hexdigest()

    def peek(self) -> ExportLine | None:
        """Return the next line without taking it, None where the whole lines end.

        Raises:
            MalformedInput: it is longer than a line may be, or not a line of an export.
        """
        if self._ahead is None:
            raw = next(self._lines, None)
            if raw is None:
                return None
            self._count += 1
            self.number = self._count
            self._ahead = _read(self._count, raw)
        self.number = self._ahead.number
        return self._ahead

    def take(self, line: ExportLine) -> None:
        """Step over the line that :meth:`peek` returned."""
        self._hash.update(line.raw + b"\n")
        self._ahead = None

    def _split(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Yield lines without LF; what follows the last LF is no line, unless it is too long for one."""
        rest = b""
        for piece in pieces:
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
            if len(rest) > MAX_LINE_BYTES:
                break
        self.has_rest = bool(rest)
        if len(rest) > MAX_LINE_BYTES:
            yield rest


def _read(number: int, raw: bytes) -> ExportLine:
    if len(raw) > MAX_LINE_BYTES:
        raise MalformedInput("line_too_long", limit=MAX_LINE_BYTES)
    json = split_line(raw).json
    fields = strict_json.parse(json)
    for kind in LineKind:
        if kind.value in fields:
            return ExportLine(number, raw, json, kind, fields)
    raise MalformedInput("line_of_no_kind")


def _cut(raw: bytes) -> Iterator[bytes]:
    return (raw[start : start + _PIECE_BYTES] for start in range(0, len(raw), _PIECE_BYTES))
