"""Ticket numbers that no two kiosks can both issue: service letter, kiosk character, count of the day.

``A2-017`` is the seventeenth ticket of service A at kiosk 2 today; it is spoken "A 2 0 1 7". A new
epoch of a kiosk, or the server's ``ticket_floor``, goes on at the next full hundred, so a disk that
forgot today's numbers does not issue them again. A cloned disk can repeat one until first contact.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from shared.errors import MalformedInput, RuleViolation
from shared.ids import parse_kiosk_id

KIOSK_CHARACTERS: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Kiosk 1 to 33 of a hall; I and O are left out, they are read as 1 and 0."""

MAX_COUNT: Final = 999
_NUMBER: Final = re.compile(r"([A-Z])([1-9A-HJ-NP-Z])-([0-9]{3})")


@dataclass(frozen=True, slots=True)
class TicketNumber:
    """``service``: A to Z; ``kiosk``: one of KIOSK_CHARACTERS; ``count``: 1 to 999."""

    service: str
    kiosk: str
    count: int

    def __str__(self) -> str:
        """Return it as it is shown, ``A2-017``."""
        return f"{self.service}{self.kiosk}-{self.count:03d}"


def kiosk_character(kiosk: str) -> str:
    """Return the character of a kiosk's name, ``H1-K02`` -> ``2``. Pure.

    Raises:
        MalformedInput: not a kiosk's name.
        RuleViolation: ``kiosk_without_ticket_character``: number 0 or above 33.
    """
    _, number = parse_kiosk_id(kiosk)
    if not 1 <= number <= len(KIOSK_CHARACTERS):
        raise RuleViolation("kiosk_without_ticket_character", number=number)
    return KIOSK_CHARACTERS[number - 1]


def next_count(last: int, *, floor: int, epoch_is_new: bool) -> int:
    """Return the count of the next ticket. Pure.

    ``last``: newest count of the day and service known on this disk, 0 if none; ``floor``: the
    server's ``ticket_floor`` if it was named today, else 0; ``epoch_is_new``: numbers that an epoch
    before gave may be missing here (not the first epoch, and the first ticket of the service in it).

    Raises:
        RuleViolation: ``ticket_numbers_exhausted``: the day's 999 are used up.
    """
    reached = max(last, floor - 1, 0)
    if epoch_is_new:
        reached = (reached // 100 + 1) * 100 - 1
    count = reached + 1
    if count > MAX_COUNT:
        raise RuleViolation("ticket_numbers_exhausted")
    return count


def parse_ticket_number(text: str) -> TicketNumber:
    """Return the parts of ``A2-017``. Pure; raises MalformedInput ``ticket_number_malformed``."""
    match = _NUMBER.fullmatch(text)
    if match is None or match[3] == "000":
        raise MalformedInput("ticket_number_malformed")
    return TicketNumber(match[1], match[2], int(match[3]))


def spoken_characters(number: TicketNumber) -> list[str]:
    """Return what a voice says one after another, ``A2-017`` -> ``["A", "2", "0", "1", "7"]``. Pure."""
    return [number.service, number.kiosk, *f"{number.count:03d}"]
