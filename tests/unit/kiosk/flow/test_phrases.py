"""Times as a person says them."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from kiosk.flow.phrases import format_age, format_date, format_duration, format_moment, format_time
from kiosk.flow.texts import load_texts
from tests.support.kiosk_stand_ins import MORNING, ZONE

ZH, EN = load_texts()["zh"], load_texts()["en"]


def unix_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


@pytest.mark.parametrize(
    ("before", "chinese", "english"),
    [
        (timedelta(), "今天 08:52", "today 08:52"),
        (timedelta(hours=8), "今天 00:52", "today 00:52"),
        (timedelta(hours=9), "昨天 23:52", "yesterday 23:52"),
        (timedelta(days=2), "周六 08:52", "Saturday 08:52"),
        (timedelta(days=6), "周二 08:52", "Tuesday 08:52"),
        (timedelta(days=7), "11月16日 08:52", "16 November 08:52"),
        (timedelta(days=-1), "11月24日 08:52", "24 November 08:52"),
    ],
)
def test_a_moment_is_named_from_today(before: timedelta, chinese: str, english: str) -> None:
    moment = unix_ms(MORNING - before)
    assert format_moment(moment, unix_ms(MORNING), ZONE, ZH) == chinese
    assert format_moment(moment, unix_ms(MORNING), ZONE, EN) == english


@pytest.mark.parametrize(
    ("age_s", "chinese", "english", "lasting"),
    [
        (-5, "刚刚", "just now", "刚刚"),
        (59, "刚刚", "just now", "刚刚"),
        (60, "1 分钟前", "1 min ago", "1 分钟"),
        (3599, "59 分钟前", "59 min ago", "59 分钟"),
        (7200, "2 小时前", "2 h ago", "2 小时"),
        (86400, "1 天前", "1 day ago", "1 天"),
        (90 * 86400, "90 天前", "90 days ago", "90 天"),
    ],
)
def test_an_age_is_said_in_its_largest_unit(age_s: int, chinese: str, english: str, lasting: str) -> None:
    assert format_age(age_s, ZH) == chinese
    assert format_age(age_s, EN) == english
    assert format_duration(age_s, ZH) == lasting


def test_the_day_is_the_halls_not_that_of_greenwich() -> None:
    just_past_midnight = unix_ms(datetime(2027, 1, 1, 0, 5, tzinfo=ZONE))
    assert format_date(just_past_midnight, ZONE, ZH) == "1月1日 星期五"
    assert format_date(just_past_midnight, ZONE, EN) == "Friday, 1 January"
    assert format_time(just_past_midnight, ZONE) == "00:05"
