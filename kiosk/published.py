"""What the hall published, as the screens read it: one object made at activation, looked up at a touch.

Pure: no file is read here and nothing is remembered. A hall without a pack yet has none of these.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import MalformedInput
from shared.instants import hall_day
from shared.signed_line import KEY_BYTES, PublicKey, decode_base64url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from shared.pack import (
        BadgeKey,
        HallSection,
        Pack,
        PublishedPost,
        PublishedRevocation,
        PublishedService,
        PublishedStaff,
    )


@dataclass(frozen=True)
class PublishedHall:
    """One version in force. ``issued_ms``: server time of its making; ``sha256``: of its sections."""

    version: int
    sha256: str
    issued_ms: int
    hall: HallSection
    zone: ZoneInfo
    services: tuple[PublishedService, ...]
    posts: Mapping[str, PublishedPost]
    staff_by_badge: Mapping[int, PublishedStaff]
    revoked_serials: Mapping[int, PublishedRevocation]
    badge_keys: Mapping[int, tuple[PublicKey, BadgeKey]]

    @property
    def sealing_key(self) -> bytes:
        """The 32 bytes X25519 that visitors' words are sealed to."""
        return decode_base64url(self.hall.sealing_key, KEY_BYTES)

    def service(self, letter: str) -> PublishedService | None:
        """Return the service of that letter, if numbers are drawn for it."""
        return next((service for service in self.services if service.letter == letter), None)

    def day_of(self, unix_ms: int) -> date:
        """Return the hall's calendar day at an instant."""
        return hall_day(unix_ms, self.zone)


def arrange_pack(pack: Pack) -> PublishedHall:
    """Return the sections of a verified pack, ordered for lookup. Pure.

    Raises:
        MalformedInput: ``pack_timezone_unknown``: the hall's day cannot be told.
    """
    sections = pack.sections
    try:
        zone = ZoneInfo(sections.hall.timezone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise MalformedInput("pack_timezone_unknown") from error
    revoked: dict[int, PublishedRevocation] = {}
    for revocation in sections.revocations:
        known = revoked.get(revocation.badge)
        if known is None or known.serial < revocation.serial:
            revoked[revocation.badge] = revocation
    return PublishedHall(
        version=pack.header.version,
        sha256=pack.header.sha256,
        issued_ms=pack.header.issued,
        hall=sections.hall,
        zone=zone,
        services=tuple(sections.services),
        posts={post.id: post for post in sections.posts},
        staff_by_badge={member.badge: member for member in sections.staff},
        revoked_serials=revoked,
        badge_keys={key.id: (PublicKey.from_text(key.key), key) for key in sections.badge_keys},
    )
