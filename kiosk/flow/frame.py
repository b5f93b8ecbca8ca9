"""What stands around every screen: hall, date, time, language, the way back, and what matters now. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.flow.models import Action, Choice, Frame, Icon, IdleWarning, Leaving, Notice
from kiosk.flow.phrases import format_age, format_date, format_duration, format_time

if TYPE_CHECKING:
    from kiosk.flow.scene import Scene


def compose_frame(scene: Scene, *, leave: Choice | None, idle: IdleWarning | None = None, notice: bool = True) -> Frame:
    """Return the frame of a screen. ``leave``: the way out; ``notice``: whether the screen leaves room for one."""
    words = scene.words
    return Frame(
        language=words.language,
        hall=words("frame.hall_unnamed") if scene.published is None else scene.name_of(scene.published.hall.name),
        date=format_date(scene.now_ms, scene.zone, words),
        time=format_time(scene.now_ms, scene.zone),
        notice=_notice_that_matters(scene) if notice else None,
        leave=leave,
        switch_language=Choice(Action.SWITCH_LANGUAGE, words("frame.language"), Icon.LANGUAGE),
        idle=idle,
    )


def way_home(scene: Scene) -> Choice:
    """Return the way back to the first screen."""
    return Choice(Action.LEAVE, scene.words("frame.leave"), Icon.HOME)


def way_out(scene: Scene, key: str) -> Choice:
    """Return the way out of a screen that has nothing else to ask; ``key``: what the touch says."""
    return Choice(Action.LEAVE, scene.words(key), Icon.CHECK, rank="primary")


def compose_idle_warning(scene: Scene, leaving: Leaving) -> IdleWarning:
    """Return the question whether anyone is still there."""
    words = scene.words
    return IdleWarning(
        question=words("idle.question"),
        detail=words("idle.detail"),
        stay=Choice(Action.STAY, words("idle.stay"), Icon.CHECK, rank="primary"),
        leaving=leaving,
    )


def _notice_that_matters(scene: Scene) -> Notice | None:
    words = scene.words
    if scene.status.standing not in (None, "ok"):
        return Notice("attention", Icon.LOCK, words("frame.standing"))
    if scene.offline:
        if scene.offline_s is None:
            return Notice("attention", Icon.OFFLINE, words("frame.never_online"))
        age = format_duration(scene.offline_s, words)
        key = "frame.offline_new" if scene.offline_s < _WORTH_A_FIGURE_S else "frame.offline"
        return Notice("attention", Icon.OFFLINE, words(key, age=age))
    if scene.content_is_old:
        return Notice(
            "attention", Icon.HISTORY, words("frame.content_old", age=format_age(scene.content_age_s or 0, words))
        )
    if not scene.clock_is_set:
        return Notice("attention", Icon.CLOCK, words("frame.clock_unset"))
    return None


_WORTH_A_FIGURE_S = 60
