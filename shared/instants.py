"""Instants as integers of unix milliseconds on the wire, aware UTC inside, hall time at the edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BADGE_DAY_ZERO = date(2020, 1, 1)


def to_unix_ms(instant: datetime) -> int:
    """Return unix milliseconds of an aware instant, rounded down. Pure."""
    since = instant - EPOCH
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def from_unix_ms(unix_ms: int) -> datetime:
    """Return the aware UTC instant of unix milliseconds. Pure."""
    return EPOCH + timedelta(milliseconds=unix_ms)


def hall_day(unix_ms: int, zone: tzinfo) -> date:
    """Return the calendar day in the hall's zone at that instant. Pure."""
    return from_unix_ms(unix_ms).astimezone(zone).date()


def to_badge_day(day: date) -> int:
    """Return days since 2020-01-01, the two-byte dates of a badge code. Pure."""
    return (day - BADGE_DAY_ZERO).days


def from_badge_day(days: int) -> date:
    """Return the day of a badge code's two-byte date. Pure."""
    return BADGE_DAY_ZERO + timedelta(days=days)
