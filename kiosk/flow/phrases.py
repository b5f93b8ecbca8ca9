"""Times and ages as a person says them: 今天 08:52, 周三 17:00, 3 分钟前. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from shared.instants import from_unix_ms

if TYPE_CHECKING:
    from kiosk.flow.texts import Words

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86400
_WEEKDAY_SAYS_ENOUGH: Final = timedelta(days=6)
"""A weekday names a day without doubt for so long; seven days ago has today's name."""


def format_time(unix_ms: int, zone: tzinfo) -> str:
    """Return hour and minute on the hall's clock, ``08:52``."""
    return f"{_on_the_wall(unix_ms, zone):%H:%M}"


def format_date(unix_ms: int, zone: tzinfo, words: Words) -> str:
    """Return the day in words, ``11月23日 星期一``."""
    day = _on_the_wall(unix_ms, zone)
    return words(
        "day.date", month=words(f"day.month_{day.month}"), day=day.day, weekday=words(f"day.weekday_{day.weekday()}")
    )


def format_moment(unix_ms: int, now_ms: int, zone: tzinfo, words: Words) -> str:
    """Return an instant of the past as one says it now, ``昨天 17:03``."""
    moment, now = _on_the_wall(unix_ms, zone), _on_the_wall(now_ms, zone)
    time = f"{moment:%H:%M}"
    since = now.date() - moment.date()
    if not since:
        return words("day.today", time=time)
    if since == timedelta(days=1):
        return words("day.yesterday", time=time)
    if timedelta(0) < since <= _WEEKDAY_SAYS_ENOUGH:
        return words("day.on", day=words(f"day.short_{moment.weekday()}"), time=time)
    day = words("day.date_short", month=words(f"day.month_{moment.month}"), day=moment.day)
    return words("day.on", day=day, time=time)


def format_age(age_s: int, words: Words) -> str:
    """Return how long ago it was, ``3 分钟前``; an age below zero, by a clock set back, is ``刚刚``."""
    return _spoken(age_s, words, "age.")


def format_duration(age_s: int, words: Words) -> str:
    """Return how long it has lasted, ``3 分钟``."""
    return _spoken(age_s, words, "age.for_")


def _spoken(age_s: int, words: Words, stem: str) -> str:
    if age_s < _MINUTE_S:
        return words(f"{stem}now")
    if age_s < _HOUR_S:
        return words(f"{stem}minutes", n=age_s // _MINUTE_S)
    if age_s < _DAY_S:
        return words(f"{stem}hours", n=age_s // _HOUR_S)
    if age_s < 2 * _DAY_S:
        return words(f"{stem}day")
    return words(f"{stem}days", n=age_s // _DAY_S)


def _on_the_wall(unix_ms: int, zone: tzinfo) -> datetime:
    return from_unix_ms(unix_ms).astimezone(zone)
