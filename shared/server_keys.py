"""The server's keys as a kiosk trusts them: the keys line, key ids, the fingerprints people compare.

The identity key signs keys lines and nothing else; it lives offline. What it names signs all the
rest online: enrolment, session, receipt, state, revocation, export, pack. A keys line of a lower
number than one already held is never taken.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

from shared.errors import MalformedInput, OutOfOrder, Untrusted
from shared.ids import Base64Key, Hex16, Position
from shared.signed_line import PublicKey, Purpose, SignedLine, split_line, verify_line
from shared.strict_json import parse

if TYPE_CHECKING:
    from collections.abc import Mapping

ONLINE_PURPOSES = frozenset(
    {
        Purpose.ENROLMENT,
        Purpose.SESSION,
        Purpose.RECEIPT,
        Purpose.STATE,
        Purpose.REVOCATION,
        Purpose.EXPORT,
        Purpose.PACK,
    }
)


class NamedKey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One online key of a keys line.

    A purpose that is not known here is for programs newer than this one; the key is trusted with nothing.
    """

    id: Hex16
    key: Base64Key
    purpose: Annotated[str, Meta(pattern=r"\A[a-z_]{1,40}\Z")]


class KeysFields(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The json of a keys line; ``number`` counts up with each change."""

    keys: Annotated[list[NamedKey], Meta(min_length=1, max_length=40)]
    number: Position
    server: Base64Key
    v: Literal[1]


class ServerKeys:
    """The online keys that one identity key vouched for, by id."""

    def __init__(self, line: bytes, fields: KeysFields, by_id: Mapping[str, tuple[Purpose, PublicKey]]) -> None:
        """Use :func:`verify_keys_line`; this only keeps what it found."""
        self.line = line
        self.number = fields.number
        self.identity = PublicKey.from_text(fields.server)
        self._by_id = dict(by_id)

    def key_for(self, key_id: str, purpose: Purpose) -> PublicKey:
        """Return the key of that id, if it is for that purpose.

        Raises:
            Untrusted: ``key_unknown`` or ``key_purpose_wrong``.
        """
        known = self._by_id.get(key_id)
        if known is None:
            raise Untrusted("key_unknown", purpose=purpose.value)
        if known[0] is not purpose:
            raise Untrusted("key_purpose_wrong", purpose=purpose.value)
        return known[1]

    def verify_server_line(self, line: bytes, purpose: Purpose) -> SignedLine:
        """Return the parts of a server line after checking that the key it names signed it for ``purpose``.

        Raises:
            MalformedInput: not a line, or its json names no ``key``.
            Untrusted: the key is unknown, for another purpose, or did not sign this.
        """
        parts = split_line(line)
        key_id = parse(parts.json).get("key")
        if not isinstance(key_id, str):
            raise MalformedInput("line_names_no_key")
        self.key_for(key_id, purpose).verify(purpose, parts.signature, parts.json)
        return parts


def verify_keys_line(line: bytes, identity: PublicKey, *, held_number: int = 0) -> ServerKeys:
    """Return the keys of a line that ``identity`` signed and that is not older than what is held.

    Raises:
        MalformedInput: not a keys line; an id that is not that of its key; a weak key.
        Untrusted: another identity signed it, or it names another.
        OutOfOrder: ``keys_line_older`` than ``held_number``.
    """
    fields = verify_line(line, Purpose.KEYS, identity)
    try:
        keys = msgspec.convert(fields, KeysFields)
    except msgspec.ValidationError as error:
        raise MalformedInput("keys_line_malformed") from error
    if keys.server != identity.text:
        raise Untrusted("keys_line_of_another_server")
    if keys.number < held_number:
        raise OutOfOrder("keys_line_older", number=keys.number, held=held_number)
    by_id = {}
    for named in keys.keys:
        if named.purpose not in ONLINE_PURPOSES:
            continue
        purpose = Purpose(named.purpose)
        public = PublicKey.from_text(named.key)
        if public.key_id(purpose) != named.id:
            raise MalformedInput("keys_line_malformed", why="id")
        by_id[named.id] = (purpose, public)
    return ServerKeys(line, keys, by_id)


def server_fingerprint(identity: PublicKey) -> str:
    """Return the first 32 hex of SHA-256 of the identity key, as auditors write it down. Pure."""
    return hashlib.sha256(identity.raw).hexdigest()[:32]


def enrolment_fingerprint(kiosk: PublicKey, identity: PublicKey, ca_sha256: bytes, root_sha256: bytes) -> str:
    """Return the 32 hex that both screens show before a kiosk is approved. Pure.

    ``ca_sha256``: SHA-256 of the CA certificate in DER; ``root_sha256``: SHA-256 of the first
    root of the published packs. Whoever stands in the middle must show another one.
    """
    return hashlib.sha256(
        b"servicehall fingerprint v1\n" + kiosk.raw + identity.raw + ca_sha256 + root_sha256
    ).hexdigest()[:32]
