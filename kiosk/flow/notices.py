"""The screens that tell: the eight commitments, the missing network, what went wrong. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from kiosk.flow.frame import compose_frame, way_home, way_out
from kiosk.flow.models import (
    Choice,
    CommitmentLine,
    CommitmentsModel,
    ErrorModel,
    Figure,
    Icon,
    IdleWarning,
    Leaving,
    OfflineModel,
)
from kiosk.flow.phrases import format_moment
from kiosk.flow.texts import Words, load_texts
from shared.settings_text import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kiosk.flow.places import AtError
    from kiosk.flow.scene import Scene

COMMITMENTS: Final = 8
_SETTINGS: Final = "settings_"
_FACTS: Final = ("file", "line", "key", "expected", "why")


def compose_commitments(scene: Scene, idle: IdleWarning | None) -> CommitmentsModel:
    """Return all eight, in the regulation's own words; a translation has them beside it. R7.8."""
    words = scene.words
    original = load_texts()["zh"]
    return CommitmentsModel(
        frame=compose_frame(scene, leave=way_home(scene), idle=idle),
        title=words("commitments.title"),
        source=words("commitments.source"),
        lines=tuple(
            CommitmentLine(
                ordinal=words(f"commitments.ordinal_{number}"),
                text=words(f"commitments.item_{number}"),
                original="" if words.language == "zh" else original(f"commitments.item_{number}"),
            )
            for number in range(1, COMMITMENTS + 1)
        ),
    )


def compose_offline(scene: Scene, idle: IdleWarning | None) -> OfflineModel:
    """Return what the missing network means; it says so too when the network came back meanwhile."""
    words = scene.words
    back = "" if scene.offline else "_online"
    status = scene.status

    def moment(unix_ms: int | None, otherwise: str) -> str:
        return words(otherwise) if unix_ms is None else format_moment(unix_ms, scene.now_ms, scene.zone, words)

    return OfflineModel(
        frame=compose_frame(scene, leave=way_out(scene, "offline.close"), idle=idle, notice=not scene.offline),
        tone="attention" if scene.offline else "done",
        icon=Icon.OFFLINE if scene.offline else Icon.ONLINE,
        title=words(f"offline.title{back}"),
        happened=words(f"offline.happened{back}"),
        follows=words(f"offline.follows{back}"),
        advice=words("offline.do"),
        figures=(
            Figure(words("offline.last"), moment(status.last_session_ms, "offline.never")),
            Figure(words("offline.unsent"), words("offline.unsent_count", n=status.unsent)),
            Figure(words("offline.oldest"), moment(status.oldest_unsent_ms, "offline.none_unsent")),
            Figure(words("offline.content"), moment(scene.confirmed_ms, "offline.never")),
        ),
    )


def compose_error(scene: Scene, place: AtError) -> ErrorModel:
    """Return what happened, what follows and what to do; an unknown code is told in general words."""
    return tell_error(
        scene,
        place.code,
        place.facts,
        leave=replace(way_home(scene), rank="primary"),
        leaving=Leaving(place.since_ms, place.until_ms),
    )


def tell_error(
    scene: Scene, code: str, facts: Mapping[str, object], *, leave: Choice | None, leaving: Leaving | None
) -> ErrorModel:
    """Return an error's screen; without ``leave`` there is nowhere to go."""
    words = scene.words
    of_settings = code.startswith(_SETTINGS)
    stem = f"error.{code}"
    if of_settings:
        stem = "error.settings"
    elif f"{stem}_title" not in words:
        stem = "error.unexpected"
    return ErrorModel(
        frame=compose_frame(scene, leave=leave),
        code=code,
        title=words(f"{stem}_title"),
        happened=words(f"{stem}_happened"),
        follows=words(f"{stem}_follows"),
        advice=words(f"{stem}_do"),
        detail=_settings_detail(code, facts, words) if of_settings else "",
        code_line=words("error.code", code=code),
        leaving=leaving,
    )


def _settings_detail(code: str, facts: Mapping[str, object], words: Words) -> str:
    key = f"error.{code}"
    if key not in words:
        return ""
    told = {name: _in_language(facts.get(name), words) for name in _FACTS}
    return words(key, **told)


def _in_language(fact: object, words: Words) -> object:
    if isinstance(fact, Wording):
        return fact.zh if words.language == "zh" else fact.en
    return "?" if fact is None else fact
