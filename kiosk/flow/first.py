"""The first screen: who is called, the way to a number, the eight commitments in one line. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kiosk.flow.frame import compose_frame
from kiosk.flow.models import Action, CalledRow, Choice, FirstModel, Icon
from kiosk.flow.notices import COMMITMENTS
from kiosk.flow.phrases import format_age, format_duration

if TYPE_CHECKING:
    from kiosk.flow.scene import Scene
    from shared.pack import PublishedService

ROWS: Final = 6
"""So many services stand on the board of numbers called; the rest are named by their count."""

_COMMITMENT_STANDS_MS: Final = 10_000
"""Each of the eight stands in the line for so long."""


def compose_first(scene: Scene) -> FirstModel:
    """Return the first screen. R7.8: the commitments are in one line that opens to all eight."""
    words = scene.words
    services = () if scene.published is None else scene.published.services
    hidden = len(services) - ROWS
    turn = scene.mono_ms // _COMMITMENT_STANDS_MS % COMMITMENTS + 1
    return FirstModel(
        frame=compose_frame(scene, leave=None, notice=not scene.offline),
        title=words("home.calling"),
        columns=(words("home.column_service"), words("home.column_called"), words("home.column_waiting")),
        rows=tuple(_row(service, scene) for service in services[:ROWS]),
        rows_note=words("home.more", n=hidden) if hidden > 0 else "",
        freshness=_freshness(scene) if services else "",
        freshness_tone="attention" if scene.state_is_old else "plain",
        empty=() if services else tuple(words(f"home.empty{part}") for part in ("", "_follows", "_do")),
        take=Choice(Action.OPEN_SERVICES, words("home.take"), Icon.TICKET, sub=words("home.take_sub"))
        if services
        else None,
        offline=_offline_line(scene),
        commitments=Choice(
            Action.OPEN_COMMITMENTS,
            words("home.commitments"),
            Icon.PROMISE,
            sub=words(f"commitments.item_{turn}"),
        ),
        staff=words("frame.staff"),
    )


def _row(service: PublishedService, scene: Scene) -> CalledRow:
    words = scene.words
    heard = scene.waiting_for(service.letter)
    return CalledRow(
        letter=service.letter,
        name=scene.name_of(service.name),
        called=words("home.none_called") if heard is None or not heard.called else heard.called[0],
        waiting=words("home.none_called") if heard is None else str(heard.waiting),
    )


def _freshness(scene: Scene) -> str:
    if scene.state_age_s is None:
        return scene.words("home.unheard")
    return scene.words("home.fresh", age=format_age(scene.state_age_s, scene.words))


def _offline_line(scene: Scene) -> Choice | None:
    if not scene.offline:
        return None
    words = scene.words
    label = words("frame.never_online")
    if scene.offline_s is not None:
        label = words("frame.offline", age=format_duration(scene.offline_s, words))
    return Choice(Action.OPEN_OFFLINE, label, Icon.OFFLINE, sub=words("offline.in_one_line"))
