"""What a badge may go through, and how long it is good. Pure."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from shared.errors import RuleViolation

MAX_SERIAL: Final = 255
"""The serial is one byte of the badge code."""

GOOD_FOR_YEARS: Final = 3
"""A badge carries a photo; a face changes."""


class BadgeState(StrEnum):
    """What a badge of one serial is now."""

    ISSUED = "issued"
    REVOKED = "revoked"


class RevocationReason(StrEnum):
    """Why a badge ends (R1.3)."""

    LOST = "lost"
    DAMAGED = "damaged"
    ALTERED = "altered"
    LENT = "lent"
    RETURNED = "returned"
    DETAILS_CHANGED = "details_changed"


REISSUABLE: Final = frozenset(RevocationReason) - {RevocationReason.RETURNED}
"""Reasons after which the same person gets the next serial."""


class BadgeAct(StrEnum):
    """What was done with a badge, as its life tells it."""

    ISSUED = "issued"
    REVOKED = "revoked"
    REISSUED = "reissued"
    CARD_MADE = "card_made"


def parse_reason(text: str) -> RevocationReason:
    """Return the reason that a form sent.

    Raises:
        RuleViolation: ``badge_reason_unknown``.
    """
    try:
        return RevocationReason(text)
    except ValueError as error:
        raise RuleViolation("badge_reason_unknown") from error


def derive_expiry(issued_on: date) -> date:
    """Return the last day of a badge issued that day: the day before its anniversary. Pure."""
    day = issued_on - timedelta(days=1)
    try:
        return day.replace(year=day.year + GOOD_FOR_YEARS)
    except ValueError:
        return date(day.year + GOOD_FOR_YEARS, 2, 28)


def next_serial(newest: int) -> int:
    """Return the serial that follows ``newest``.

    Raises:
        RuleViolation: ``badge_serials_used_up``.
    """
    if newest >= MAX_SERIAL:
        raise RuleViolation("badge_serials_used_up")
    return newest + 1


def check_lost_on(lost_on: date | None, reason: RevocationReason, today: date) -> None:
    """Refuse a day of loss that is missing, out of place or still to come.

    Raises:
        RuleViolation: ``badge_lost_day_missing``, ``badge_lost_day_ahead``.
    """
    if reason is RevocationReason.LOST and lost_on is None:
        raise RuleViolation("badge_lost_day_missing")
    if lost_on is not None and lost_on > today:
        raise RuleViolation("badge_lost_day_ahead")


def format_badge(badge: int) -> str:
    """Return the number as it is spoken and printed, ``0412``. Pure."""
    return f"{badge:04d}"
