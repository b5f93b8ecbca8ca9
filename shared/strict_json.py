r"""The one spelling of json that is signed: a check before signing and before using, never the thing verified.

One UTF-8 object; keys ``[a-z_][a-z0-9_]*`` at every depth, sorted; no spaces; short escapes, lower-case
``\u00xx``, all else raw; integers only, within +-(2^53-1); no NUL; depth at most 6. Decoding and
encoding again must give the same bytes, which finds duplicate keys, order, spaces and escapes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from shared.errors import MalformedInput
from shared.limits import MAX_JSON_BYTES, MAX_JSON_DEPTH, MAX_SAFE_INTEGER

if TYPE_CHECKING:
    from collections.abc import Iterable

_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder()
_key: Final = re.compile(r"[a-z_][a-z0-9_]*")
_string: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)
"""A string, or all that follows a quote never closed; possessive, so that no input costs more than its length."""

_MAX_MET_KEYS: Final = 4096
_met_keys: Final[set[str]] = set()
"""Keys that were found good: a record's are looked up at once, not matched one by one."""

_NUL: Final = b"\\u0000"
"""The one spelling of NUL that is json; it may also be a backslash before ``u0000``."""

_bracket: Final = re.compile(rb"[][{}]")


def encode(fields: object, *, max_bytes: int = MAX_JSON_BYTES) -> bytes:
    """Return the strict json of a mapping or a msgspec struct, checked as a reader would. Pure.

    Raises:
        MalformedInput: the value has no strict spelling (a float, a lone surrogate, a bad key, too long).
    """
    try:
        raw = _encoder.encode(fields)
    except (TypeError, ValueError, msgspec.MsgspecError) as error:
        raise MalformedInput("json_not_encodable") from error
    parse(raw, max_bytes=max_bytes)
    return raw


def parse(raw: bytes, *, max_bytes: int = MAX_JSON_BYTES) -> dict[str, Any]:
    """Return the object that ``raw`` spells, if it is spelt strictly. Pure.

    Raises:
        MalformedInput: ``json_too_long``, ``json_too_deep``, ``json_malformed``, ``json_not_object``,
            ``json_not_strict`` (another spelling of the same object), ``json_value_refused``.
    """
    if len(raw) > max_bytes:
        raise MalformedInput("json_too_long", size=len(raw), limit=max_bytes)
    if raw.count(b"{") + raw.count(b"[") > MAX_JSON_DEPTH and _depth(raw) > MAX_JSON_DEPTH:
        raise MalformedInput("json_too_deep", limit=MAX_JSON_DEPTH)
    try:
        fields = _decoder.decode(raw)
        respelt = _encoder.encode(fields)
    except (ValueError, msgspec.MsgspecError) as error:
        raise MalformedInput("json_malformed") from error
    if type(fields) is not dict:
        raise MalformedInput("json_not_object")
    if respelt != raw:
        raise MalformedInput("json_not_strict")
    _check_values(fields, may_hold_nul=_NUL in raw)
    return fields


def _depth(raw: bytes) -> int:
    depth = deepest = 0
    for bracket in _bracket.findall(_string.sub(b"", raw)):
        depth += 1 if bracket in b"{[" else -1
        deepest = max(deepest, depth)
    return deepest


def _check_values(fields: dict[str, Any], *, may_hold_nul: bool) -> None:
    """Walk all that lies in ``fields``; few calls, for every record of a hall passes here."""
    unseen: list[Any] = [fields]
    while unseen:
        node = unseen.pop()
        if type(node) is dict:
            if not _met_keys.issuperset(node):
                _meet_keys(node)
            node = node.values()
        for value in node:
            kind = type(value)
            if kind is int:
                if not -MAX_SAFE_INTEGER <= value <= MAX_SAFE_INTEGER:
                    raise MalformedInput("json_value_refused", why="integer")
            elif kind is dict or kind is list:
                unseen.append(value)
            elif kind is float:
                raise MalformedInput("json_value_refused", why="float")
            elif may_hold_nul and kind is str and "\0" in value:
                raise MalformedInput("json_value_refused", why="nul")


def _meet_keys(keys: Iterable[str]) -> None:
    for key in keys:
        if _key.fullmatch(key) is None:
            raise MalformedInput("json_value_refused", why="key")
    if len(_met_keys) < _MAX_MET_KEYS:
        _met_keys.update(keys)
