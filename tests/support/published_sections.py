"""What a small hall publishes, always the same."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.pack import (
    BadgeKey,
    HallSection,
    Names,
    PublishedPost,
    PublishedRevocation,
    PublishedService,
    PublishedStaff,
    Sections,
)
from shared.signed_line import encode_base64url
from tests.support.signed_hall import HALL, derive_key

if TYPE_CHECKING:
    from tests.support.signed_hall import SignedHall

SEALING_PRIVATE: Final = hashlib.sha256(b"servicehall vector hall sealing").digest()
SEALING_PUBLIC: Final = X25519PrivateKey.from_private_bytes(SEALING_PRIVATE).public_key().public_bytes_raw()


def published_sections(hall: SignedHall) -> Sections:
    """Return one of everything that is published today."""
    name = Names(zh="东湖区政务服务大厅", en="East Lake District Service Hall")
    return Sections(
        badge_keys=[BadgeKey(id=1, key=derive_key(f"{hall.name} badge").public.text, hall=HALL, hall_name=name)],
        hall=HallSection(
            id=HALL,
            keys=hall.keys_line.decode(),
            name=name,
            sealing_key=encode_base64url(SEALING_PUBLIC),
            timezone="Asia/Shanghai",
        ),
        posts=[
            PublishedPost(
                id="P-001",
                name=Names(zh="企业登记", en="Company registration"),
                department=Names(zh="市场监督管理局", en="Market Supervision"),
                window="3",
            )
        ],
        revocations=[PublishedRevocation(badge=9, serial=2, reason="lost")],
        services=[PublishedService(letter="A", name=Names(zh="社会保险", en="Social insurance"), windows="1-3")],
        staff=[PublishedStaff(id="S0001", name="王芳", post="P-001", badge=1, serial=1)],
    )
