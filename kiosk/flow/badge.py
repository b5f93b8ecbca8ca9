"""The answer to a badge, read from two metres in one second. Pure. R1.1, R1.3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.flow.frame import compose_frame, way_home
from kiosk.flow.models import BadgeModel, Icon, Leaving
from kiosk.flow.phrases import format_time
from kiosk.flow.services import format_windows
from kiosk.use_cases.answers import CLOCK_UNSET, LIST_STALE, REPEAT, BadgeAccepted, BadgeRejected

if TYPE_CHECKING:
    from kiosk.flow.places import AtBadge
    from kiosk.flow.scene import Scene


def compose_badge(scene: Scene, place: AtBadge) -> BadgeModel:
    """Return the screen of an answer."""
    if isinstance(place.answer, BadgeAccepted):
        return _accepted(scene, place, place.answer)
    return _refused(scene, place, place.answer)


def _accepted(scene: Scene, place: AtBadge, answer: BadgeAccepted) -> BadgeModel:
    words = scene.words
    again = REPEAT in answer.flags
    return BadgeModel(
        frame=compose_frame(scene, leave=way_home(scene)),
        count=place.count,
        tone="done",
        icon=Icon.AGAIN if again else Icon.DONE,
        word=words("badge.repeat" if again else "badge.accepted"),
        time=format_time(answer.at_ms, scene.zone),
        initial=answer.staff_name.strip()[:1].upper(),
        name=answer.staff_name,
        post=words("badge.no_post") if answer.post is None else scene.name_of(answer.post),
        window=format_windows(answer.window, words),
        why="",
        advice="",
        note=_note(answer, scene),
        leaving=Leaving(place.since_ms, place.until_ms),
    )


def _refused(scene: Scene, place: AtBadge, answer: BadgeRejected) -> BadgeModel:
    words = scene.words
    stem = f"badge.{answer.reason}"
    hall = words("badge.other_hall_unnamed") if answer.hall is None else scene.name_of(answer.hall)
    return BadgeModel(
        frame=compose_frame(scene, leave=way_home(scene)),
        count=place.count,
        tone="refused",
        icon=Icon.REFUSED,
        word=words(f"{stem}_word"),
        time="",
        initial="",
        name="",
        post="",
        window="",
        why=words(f"{stem}_why", hall=hall),
        advice=words(f"{stem}_do"),
        note=words("badge.not_recorded"),
        leaving=Leaving(place.since_ms, place.until_ms),
    )


def _note(answer: BadgeAccepted, scene: Scene) -> str:
    for flag, key in ((CLOCK_UNSET, "badge.clock_unset"), (LIST_STALE, "badge.list_stale")):
        if flag in answer.flags:
            return scene.words(key)
    return scene.words("badge.recorded_here" if scene.offline else "badge.recorded")
