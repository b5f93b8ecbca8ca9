"""Which language a page speaks, and how it says an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask, Response, g, request
from flask_babel import Babel, gettext, ngettext
from markupsafe import Markup

from sync_server.runtime import get_runtime

if TYPE_CHECKING:
    from datetime import datetime

LANGUAGES: Final = {"zh": "zh_Hans", "en": "en"}
COOKIE: Final = "servicehall_language"
_YEAR_S: Final = 365 * 24 * 3600
_WEEKDAYS: Final = {
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}


def install_language(app: Flask) -> None:
    """Give ``app`` its translations, the language switch and the filters for instants."""
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "web/translations"
    app.config["BABEL_DEFAULT_LOCALE"] = "zh_Hans"
    Babel(app, locale_selector=lambda: LANGUAGES[language()])
    app.after_request(remember_language)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.filters["moment"] = format_moment
    app.jinja_env.filters["clock_time"] = format_clock_time
    app.jinja_env.filters["day"] = format_day
    app.jinja_env.filters["ago"] = format_ago
    app.jinja_env.globals["language"] = language


def language() -> str:
    """Return ``zh`` or ``en``: asked for in the address, remembered, or 简体中文."""
    if "language" not in g:
        asked = request.args.get("lang") or request.cookies.get(COOKIE) or "zh"
        g.language = asked if asked in LANGUAGES else "zh"
    return str(g.language)


def remember_language(response: Response) -> Response:
    """Keep a choice that was made in the address."""
    if request.args.get("lang") in LANGUAGES:
        response.set_cookie(
            COOKIE, language(), max_age=_YEAR_S, secure=request.is_secure, httponly=True, samesite="Lax"
        )
    return response


def in_hall_time(instant: datetime) -> datetime:
    """Return the instant in the hall's zone."""
    return instant.astimezone(get_runtime().settings.zone)


def format_clock_time(instant: datetime | None) -> str:
    """Return ``08:52`` of the hall's day, or a dash."""
    return "—" if instant is None else f"{in_hall_time(instant):%H:%M}"


def format_day(day: datetime | None) -> str:
    """Return a date with its weekday, ``2026-11-23 周一``."""
    return "—" if day is None else f"{day:%Y-%m-%d} {_WEEKDAYS[language()][day.weekday()]}"


def format_moment(instant: datetime | None) -> str:
    """Return an instant as a person says it: 今天 08:52, 昨天 17:03, 11-20 09:10, 2025-11-20 09:10."""
    if instant is None:
        return "—"
    local, today = in_hall_time(instant), in_hall_time(get_runtime().clock.now())
    days = (today.date() - local.date()).days
    if days == 0:
        return str(gettext("today %(time)s", time=f"{local:%H:%M}"))
    if days == 1:
        return str(gettext("yesterday %(time)s", time=f"{local:%H:%M}"))
    return f"{local:%m-%d %H:%M}" if local.year == today.year else f"{local:%Y-%m-%d %H:%M}"


def format_ago(instant: datetime | None) -> Markup:
    """Return how long ago, in the largest unit that says it; the exact instant stands in the title."""
    if instant is None:
        return Markup("—")
    seconds = max(0, int((get_runtime().clock.now() - instant).total_seconds()))
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if days:
        text = ngettext("%(num)d day ago", "%(num)d days ago", days)
    elif hours:
        text = ngettext("%(num)d hour ago", "%(num)d hours ago", hours)
    elif minutes:
        text = ngettext("%(num)d minute ago", "%(num)d minutes ago", minutes)
    else:
        text = gettext("just now")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        instant.isoformat(), f"{in_hall_time(instant):%Y-%m-%d %H:%M:%S}", text
    )
