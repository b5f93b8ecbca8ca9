"""A hall of a few people, published and signed, for tests that need only the kiosk."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.badge_code import format_badge_code
from shared.pack import (
    BadgeKey,
    HallSection,
    Names,
    Pack,
    PublishedPost,
    PublishedService,
    PublishedStaff,
    Sections,
    format_pack,
    verify_pack,
)
from shared.server_keys import KeysFields, NamedKey, ServerKeys, verify_keys_line
from shared.signed_line import Purpose, SigningKey, encode_base64url, sign_line

HALL: Final = "H1"
KIOSK: Final = "H1-K01"
ISSUED_MS: Final = 1_790_000_000_000
BADGE_KEY_ID: Final = 1
_SEED: Final = b"small hall "


def _key(name: str) -> SigningKey:
    return SigningKey((_SEED + name.encode()).ljust(32, b"."))


@dataclass(frozen=True)
class SmallHall:
    """``people`` members of staff with badges 1, 2, 3, … at one post each."""

    people: int = 3
    badge_key: SigningKey = field(default_factory=lambda: _key("badge"))
    pack_key: SigningKey = field(default_factory=lambda: _key("pack"))
    identity_key: SigningKey = field(default_factory=lambda: _key("identity"))

    @property
    def server_keys(self) -> ServerKeys:
        """What a kiosk that is enrolled here trusts."""
        public = self.pack_key.public
        named = [NamedKey(id=public.key_id(Purpose.PACK), key=public.text, purpose=Purpose.PACK.value)]
        fields = KeysFields(keys=named, number=1, server=self.identity_key.public.text, v=1)
        line = sign_line(self.identity_key, Purpose.KEYS, fields)
        return verify_keys_line(line, self.identity_key.public)

    def code(self, badge: int, serial: int = 1) -> str:
        """Return the text in a badge's QR code."""
        return format_badge_code(
            self.badge_key,
            key_id=BADGE_KEY_ID,
            badge=badge,
            serial=serial,
            issued=date(2026, 1, 1),
            expires=date(2099, 1, 1),
        )

    def pack(self, version: int = 1) -> Pack:
        """Return the published sections under a version."""
        raw = format_pack(self._sections(), version=version, issued=ISSUED_MS + version, key=self.pack_key)
        return verify_pack(raw, self.server_keys, hall=HALL)

    def _sections(self) -> Sections:
        sealing = X25519PrivateKey.from_private_bytes(_key("sealing").seed).public_key().public_bytes_raw()
        numbers = range(1, self.people + 1)
        return Sections(
            badge_keys=[BadgeKey(id=BADGE_KEY_ID, key=self.badge_key.public.text, hall=HALL, hall_name=_HALL_NAME)],
            hall=HallSection(
                id=HALL,
                keys=self.server_keys.line.decode(),
                name=_HALL_NAME,
                sealing_key=encode_base64url(sealing),
                timezone="Asia/Shanghai",
            ),
            posts=[
                PublishedPost(
                    id=f"P-{number:03}",
                    name=Names(zh=f"综合窗口 {number}", en=f"General window {number}"),
                    department=Names(zh="综合科", en="General section"),
                    window=str(number),
                )
                for number in numbers
            ],
            revocations=[],
            services=[PublishedService(letter="A", name=Names(zh="社会保险", en="Social insurance"), windows="1-3")],
            staff=[
                PublishedStaff(id=f"S{number:04}", name=f"张{number}", post=f"P-{number:03}", badge=number, serial=1)
                for number in numbers
            ],
        )


_HALL_NAME: Final = Names(zh="清河区政务服务大厅", en="Qinghe District Service Hall")
