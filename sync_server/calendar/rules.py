"""Workday or day of rest: the office's word first, then the published holidays and swapped weekends. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import chinese_calendar

from shared.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


def is_workday(day: date, overrides: Mapping[date, bool]) -> bool:
    """Tell whether ``day`` is worked. ``overrides``: days that the office set, True for worked.

    Raises:
        Unavailable: ``calendar_year_missing`` with the year: the holidays of that year are not known
            here (they are announced in November of the year before), and the office set no word for the day.
    """
    if day in overrides:
        return overrides[day]
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError as error:
        raise Unavailable("calendar_year_missing", year=day.year) from error
