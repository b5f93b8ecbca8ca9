"""How a page says an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from sync_server.clock import StandingClock
from sync_server.runtime import EXTENSION
from sync_server.web.language import format_ago, format_clock_time, format_day, format_moment, install_language

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 23, 0, 30, tzinfo=UTC)


@pytest.fixture(params=["zh", "en"])
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    app = Flask("sync_server")
    app.extensions[EXTENSION] = SimpleNamespace(
        clock=StandingClock(int(NOW.timestamp() * 1000)), settings=SimpleNamespace(zone=ZoneInfo("Asia/Shanghai"))
    )
    install_language(app)
    with app.test_request_context(f"/?lang={request.param}"):
        yield request.param


@pytest.mark.parametrize(
    ("instant", "zh", "en"),
    [
        (NOW, "今天 08:30", "today 08:30"),
        (NOW - timedelta(hours=8, minutes=30), "今天 00:00", "today 00:00"),
        (NOW - timedelta(hours=8, minutes=31), "昨天 23:59", "yesterday 23:59"),
        (NOW - timedelta(days=2), "11-21 08:30", "11-21 08:30"),
        (NOW - timedelta(days=400), "2025-10-19 08:30", "2025-10-19 08:30"),
        (NOW + timedelta(days=1), "11-24 08:30", "11-24 08:30"),
        (None, "—", "—"),
    ],
)
def test_an_instant_is_said_as_a_person_says_it(language: str, instant: datetime | None, zh: str, en: str) -> None:
    assert format_moment(instant) == (zh if language == "zh" else en)


@pytest.mark.parametrize(
    ("age", "zh", "en"),
    [
        (timedelta(seconds=59), "刚刚", "just now"),
        (timedelta(seconds=-30), "刚刚", "just now"),
        (timedelta(minutes=1), "1 分钟前", "1 minute ago"),
        (timedelta(minutes=59), "59 分钟前", "59 minutes ago"),
        (timedelta(hours=1), "1 小时前", "1 hour ago"),
        (timedelta(days=90), "90 天前", "90 days ago"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(language: str, age: timedelta, zh: str, en: str) -> None:
    assert (zh if language == "zh" else en) in format_ago(NOW - age)


def test_times_and_days_are_the_halls(language: str) -> None:
    assert format_clock_time(NOW) == "08:30"
    assert format_day(NOW) == ("2026-11-23 周一" if language == "zh" else "2026-11-23 Mon")
    assert (format_clock_time(None), format_day(None), format_ago(None)) == ("—", "—", "—")
