from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from shared.instants import from_badge_day, from_unix_ms, hall_day, to_badge_day, to_unix_ms

SHANGHAI = ZoneInfo("Asia/Shanghai")


def test_instant_survives_the_wire_to_the_millisecond() -> None:
    instant = datetime(2027, 1, 4, 8, 52, 7, 123_000, tzinfo=timezone(timedelta(hours=8)))
    assert from_unix_ms(to_unix_ms(instant)) == instant


def test_part_of_a_millisecond_is_rounded_down() -> None:
    assert to_unix_ms(datetime(1970, 1, 1, 0, 0, 0, 1_999, tzinfo=UTC)) == 1


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 31, 16, 0, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_day_turns_at_midnight_of_the_hall(instant: datetime, day: date) -> None:
    assert hall_day(to_unix_ms(instant), SHANGHAI) == day


@pytest.mark.parametrize(("days", "day"), [(0, date(2020, 1, 1)), (65_535, date(2199, 6, 6))])
def test_badge_days_count_from_2020(days: int, day: date) -> None:
    assert from_badge_day(days) == day
    assert to_badge_day(day) == days
