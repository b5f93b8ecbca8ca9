"""Names that stand in signed bytes: their alphabets, and nothing about what they name."""

from __future__ import annotations

import re
from typing import Annotated, Final

from msgspec import Meta

from shared.errors import MalformedInput
from shared.limits import MAX_SAFE_INTEGER

HallId = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{1,8}\Z")]
KioskId = Annotated[str, Meta(pattern=r"\A[A-Z0-9]{1,8}-K([0-9]{2}|[1-9][0-9]{2})\Z")]
"""Two digits, three from 100 on: one spelling a kiosk, else K01 and K001 would share a ticket character."""

StaffId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,32}\Z")]
PostId = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9-]{1,32}\Z")]
ServiceLetter = Annotated[str, Meta(pattern=r"\A[A-Z]\Z")]
Hex64 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Hex32 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")]
Hex16 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{16}\Z")]
Hex8 = Annotated[str, Meta(pattern=r"\A[0-9a-f]{8}\Z")]
Base64Key = Annotated[str, Meta(pattern=r"\A[A-Za-z0-9_-]{43}\Z")]
Count = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
Position = Annotated[int, Meta(ge=1, le=MAX_SAFE_INTEGER)]
UnixMs = Annotated[int, Meta(ge=0, le=MAX_SAFE_INTEGER)]
BadgeId = Annotated[int, Meta(ge=1, le=MAX_SAFE_INTEGER)]
BadgeSerial = Annotated[int, Meta(ge=1, le=255)]
Day = Annotated[str, Meta(pattern=r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")]

_KIOSK: Final = re.compile(r"([A-Z0-9]{1,8})-K([0-9]{2}|[1-9][0-9]{2})")
CROCKFORD: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_CROCKFORD_READ: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
CODE_CHARACTERS: Final = 10


def parse_kiosk_id(text: str) -> tuple[str, int]:
    """Return hall and number of a kiosk's name, ``H1-K01`` -> ``("H1", 1)``. Pure.

    Raises:
        MalformedInput: ``kiosk_name_malformed``.
    """
    match = _KIOSK.fullmatch(text)
    if match is None:
        raise MalformedInput("kiosk_name_malformed")
    return match[1], int(match[2])


def parse_enrolment_code(text: str) -> str:
    """Return the ten Crockford characters that a person typed, whatever the case and dashes. Pure.

    Raises:
        MalformedInput: ``enrolment_code_malformed``.
    """
    folded = text.strip().upper().translate(_CROCKFORD_READ)
    if len(folded) != CODE_CHARACTERS or any(character not in CROCKFORD for character in folded):
        raise MalformedInput("enrolment_code_malformed")
    return folded
