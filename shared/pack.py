"""What is published to kiosks: the file's header and the schema of its sections. Data only.

A published file is one signed line (purpose ``pack``), LF, and the sections as strict json. The
header names version, size and SHA-256 of the sections; a version never goes back. Nothing in it is
code: no kv, no expression, no path.
"""

from __future__ import annotations

import hashlib
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from shared import strict_json
from shared.errors import MalformedInput, OutOfOrder, Untrusted
from shared.ids import (
    BadgeId,
    BadgeSerial,
    Base64Key,
    Count,
    HallId,
    Hex16,
    Hex64,
    Position,
    PostId,
    ServiceLetter,
    StaffId,
    UnixMs,
)
from shared.limits import MAX_LINE_BYTES, MAX_PACK_BYTES
from shared.sealing import check_sealing_key
from shared.server_keys import ServerKeys, verify_keys_line
from shared.signed_line import KEY_BYTES, PublicKey, Purpose, SigningKey, decode_base64url, sign_line
from shared.sync_messages import Message, parse_message

Text = Annotated[str, Meta(max_length=200)]


class PackHeader(Message, frozen=True):
    """First line of a published file. ``size`` and ``sha256`` are of the bytes after its LF."""

    hall: HallId
    issued: UnixMs
    key: Hex16
    sha256: Hex64
    size: Count
    version: Position
    v: Literal[1] = 1


class Names(Message, frozen=True):
    """A name as it is shown: 简体中文 and English."""

    zh: Annotated[str, Meta(min_length=1, max_length=200)]
    en: Annotated[str, Meta(min_length=1, max_length=200)]


class HallSection(Message, frozen=True):
    """The hall itself. ``keys``: the newest keys line; ``timezone``: IANA name.

    ``sealing_key``: X25519, by which visitors' words are sealed.
    """

    id: HallId
    keys: Annotated[str, Meta(max_length=MAX_LINE_BYTES)]
    name: Names
    sealing_key: Base64Key
    timezone: Annotated[str, Meta(max_length=40)]


class BadgeKey(Message, frozen=True):
    """A key that signs badges; ``id`` is the byte in the code; another hall's is known to refuse it by name."""

    id: Annotated[int, Meta(ge=0, le=255)]
    key: Base64Key
    hall: HallId
    hall_name: Names


class PublishedPost(Message, frozen=True):
    """A post as visitors see it."""

    id: PostId
    name: Names
    department: Names
    window: Text | None


class PublishedStaff(Message, frozen=True):
    """One member of staff and the badge in force; no telephone, no number of an identity card."""

    id: StaffId
    name: Text
    post: PostId | None
    badge: BadgeId
    serial: BadgeSerial


class PublishedRevocation(Message, frozen=True):
    """Serials up to ``serial`` of this badge are refused, at any age of the list."""

    badge: BadgeId
    serial: BadgeSerial
    reason: Annotated[str, Meta(pattern=r"\A[a-z_]{1,40}\Z")]


class PublishedService(Message, frozen=True):
    """A queue that numbers are drawn for."""

    letter: ServiceLetter
    name: Names
    windows: Text | None


class Sections(Message, frozen=True):
    """All that a kiosk shows, whole or not at all."""

    badge_keys: list[BadgeKey]
    hall: HallSection
    posts: list[PublishedPost]
    revocations: list[PublishedRevocation]
    services: list[PublishedService]
    staff: list[PublishedStaff]
    v: Literal[1] = 1


class Pack(msgspec.Struct, frozen=True):
    """A verified published file: header, sections, and the bytes as they came."""

    header: PackHeader
    sections: Sections
    raw: bytes


def format_pack(sections: Sections, *, version: int, issued: int, key: SigningKey) -> bytes:
    """Return the bytes of a published file. ``issued``: unix ms.

    Raises:
        MalformedInput: no strict spelling, or larger than MAX_PACK_BYTES.
    """
    body = strict_json.encode(sections, max_bytes=MAX_PACK_BYTES)
    header = PackHeader(
        hall=sections.hall.id,
        issued=issued,
        key=key.public.key_id(Purpose.PACK),
        sha256=hashlib.sha256(body).hexdigest(),
        size=len(body),
        version=version,
    )
    return sign_line(key, Purpose.PACK, header) + b"\n" + body


def verify_pack(raw: bytes, keys: ServerKeys, *, hall: str, held_version: int = 0) -> Pack:
    """Return the published file, if a key for packs signed it for this hall and it is not older.

    Raises:
        MalformedInput: cut, too long, or not of the schema; a weak key inside.
        Untrusted: no trusted key signed it, or it is another hall's.
        OutOfOrder: ``pack_older`` than ``held_version``.
    """
    line, separator, body = raw[: MAX_LINE_BYTES + 1 + MAX_PACK_BYTES + 1].partition(b"\n")
    if not separator:
        raise MalformedInput("pack_malformed", why="header")
    header = parse_message(keys.verify_server_line(line, Purpose.PACK).json, PackHeader)
    if header.hall != hall:
        raise Untrusted("pack_of_another_hall")
    if header.size != len(body) or header.sha256 != hashlib.sha256(body).hexdigest():
        raise MalformedInput("pack_malformed", why="body")
    if header.version < held_version:
        raise OutOfOrder("pack_older", version=header.version, held=held_version)
    sections = parse_message(body, Sections, max_bytes=MAX_PACK_BYTES)
    if sections.hall.id != hall:
        raise Untrusted("pack_of_another_hall")
    verify_keys_line(sections.hall.keys.encode(), keys.identity)
    check_sealing_key(decode_base64url(sections.hall.sealing_key, KEY_BYTES))
    for badge_key in sections.badge_keys:
        PublicKey.from_text(badge_key.key)
    return Pack(header, sections, raw)
