"""Pictures of every state of every kiosk screen, Chinese and English.

``python -m tests.support.kiosk_pictures FOLDER``
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from kiosk.flow.events import BadgeShown, Failed, PrintFinished, Ticked
from kiosk.flow.kiosk_flow import Turn
from kiosk.flow.models import Action
from kiosk.flow.standstill import StandstillFlow
from kiosk.use_cases.answers import CLOCK_UNSET, LIST_STALE, REPEAT, BadgeAnswer, BadgeRejected, PrintOutcome
from shared.errors import MalformedInput, Unavailable
from tests.support.kiosk_driver import KioskDriver
from tests.support.kiosk_stand_ins import ON_DUTY, REJECTIONS, SERVICES, Hall, make_hall

if TYPE_CHECKING:
    from kiosk.flow.events import Event

Maker: TypeAlias = Callable[[Hall], Turn]
"""Brings a fresh hall into a state and returns what is to be seen."""

MANY_SERVICES: Final = (*SERVICES, ("G", "公积金", "Housing fund", "19"), ("H", "出入境证件", "Travel documents", None))
LONG_SERVICES: Final = (
    ("A", "建设工程规划许可与用地审批综合受理", "Planning permission and land use, combined acceptance", "3-6"),
    ("B", "社会保险", "Social insurance", "企业服务专区"),
)
WRONG_SETTING: Final = MalformedInput(
    "settings_key_unknown",
    file="/etc/servicehall/kiosk.toml",
    key="screen.widht",
    line=7,
    expected="width, height, fullscreen",
)


def _first(hall: Hall) -> Turn:
    return hall.handle(Ticked())


def _first_few(hall: Hall) -> Turn:
    hall.packs.active = make_hall(SERVICES[:3])
    return hall.handle(Ticked())


def _first_many(hall: Hall) -> Turn:
    hall.packs.active = make_hall(MANY_SERVICES)
    return hall.handle(Ticked())


def _first_long(hall: Hall) -> Turn:
    hall.packs.active = make_hall(LONG_SERVICES)
    return hall.handle(Ticked())


def _first_offline(hall: Hall) -> Turn:
    hall.handle(Ticked())
    hall.go_offline()
    hall.clock.pass_ms(11_000)
    return hall.handle(Ticked())


def _first_nothing_published(hall: Hall) -> Turn:
    hall.packs.active = None
    hall.packs.confirmed_ms = None
    hall.board.state = None
    return hall.handle(Ticked())


def _services(hall: Hall) -> Turn:
    return hall.touch(Action.OPEN_SERVICES)


def _services_two_pages(hall: Hall) -> Turn:
    hall.packs.active = make_hall(MANY_SERVICES)
    return hall.touch(Action.OPEN_SERVICES)


def _services_long(hall: Hall) -> Turn:
    hall.packs.active = make_hall(LONG_SERVICES + SERVICES[2:])
    return hall.touch(Action.OPEN_SERVICES)


def _services_unheard(hall: Hall) -> Turn:
    hall.packs.active = make_hall(SERVICES[:3])
    hall.board.state = None
    return hall.touch(Action.OPEN_SERVICES)


def _services_idle(hall: Hall) -> Turn:
    hall.touch(Action.OPEN_SERVICES)
    hall.clock.pass_ms(61_000)
    return hall.handle(Ticked())


def _services_asked(hall: Hall) -> Turn:
    hall.touch(Action.OPEN_SERVICES)
    return hall.touch(Action.CHOOSE_SERVICE, "B")


def _ticket(
    outcome: PrintOutcome | None = None, *, ahead: int | None = 6, letter: str = "A", long: bool = False
) -> Maker:
    def make(hall: Hall) -> Turn:
        hall.ahead, hall.ahead_age_s = ahead, None if ahead is None else 40
        if long:
            hall.packs.active = make_hall(LONG_SERVICES)
        hall.touch(Action.OPEN_SERVICES)
        turn = hall.handle(hall.touch(Action.CHOOSE_SERVICE, letter).work.run())
        return turn if outcome is None else hall.handle(PrintFinished(len(hall.issued), outcome))

    return make


def _badge(answer: BadgeAnswer) -> Maker:
    def make(hall: Hall) -> Turn:
        hall.answer = answer
        return hall.handle(BadgeShown("KB1.X"))

    return make


def _badge_offline(hall: Hall) -> Turn:
    _first_offline(hall)
    return hall.handle(BadgeShown("KB1.X"))


def _commitments(hall: Hall) -> Turn:
    return hall.touch(Action.OPEN_COMMITMENTS)


def _offline(hall: Hall) -> Turn:
    _first_offline(hall)
    return hall.touch(Action.OPEN_OFFLINE)


def _offline_over(hall: Hall) -> Turn:
    _offline(hall)
    hall.board.status = replace(hall.board.status, online=True, last_session_ms=hall.clock.now_ms())
    return hall.handle(Ticked())


def _error(hall: Hall) -> Turn:
    return hall.handle(Failed())


def _error_disk_full(hall: Hall) -> Turn:
    hall.answer = Unavailable("disk_full")
    return hall.handle(BadgeShown("KB1.X"))


def _error_settings(hall: Hall) -> Turn:
    return StandstillFlow(WRONG_SETTING, clock=hall.clock, language=hall.language).handle(Ticked())


_PRINTED: Final = PrintOutcome(printed=True)
_NO_PAPER: Final = PrintOutcome(printed=False, reason="no_paper")
_UNSURE: Final = replace(ON_DUTY, post=None, window=None, flags=(CLOCK_UNSET, LIST_STALE))

STATES: Final[dict[str, Maker]] = {
    "1-first": _first,
    "1-first-few-services": _first_few,
    "1-first-many-services": _first_many,
    "1-first-long-names": _first_long,
    "1-first-offline": _first_offline,
    "1-first-nothing-published": _first_nothing_published,
    "2-services": _services,
    "2-services-two-pages": _services_two_pages,
    "2-services-long-names": _services_long,
    "2-services-unheard": _services_unheard,
    "2-services-idle": _services_idle,
    "2-services-asked": _services_asked,
    "2-ticket-printing": _ticket(),
    "2-ticket-printed": _ticket(_PRINTED),
    "2-ticket-not-printed": _ticket(_NO_PAPER, ahead=None),
    "2-ticket-no-one-ahead": _ticket(_PRINTED, ahead=0, letter="B"),
    "2-ticket-long-name": _ticket(_PRINTED, ahead=120, long=True),
    "3-badge-accepted": _badge(ON_DUTY),
    "3-badge-offline": _badge_offline,
    "3-badge-repeat": _badge(replace(ON_DUTY, flags=(REPEAT,))),
    "3-badge-clock-unset": _badge(_UNSURE),
    "3-badge-long-name": _badge(replace(ON_DUTY, staff_name="阿卜杜热合曼·买买提明")),
    "3-badge-latin-name": _badge(replace(ON_DUTY, staff_name="Wilhelmina Featherstonehaugh")),
    **{f"3-badge-{rejection.reason}": _badge(rejection) for rejection in REJECTIONS},
    "3-badge-other-hall-unnamed": _badge(BadgeRejected("other_hall")),
    "4-offline": _offline,
    "4-offline-over": _offline_over,
    "5-error": _error,
    "5-error-disk-full": _error_disk_full,
    "5-error-settings": _error_settings,
    "6-commitments": _commitments,
}


class _ShownFlow:
    """Says again and again what was said last."""

    def __init__(self, turn: Turn) -> None:
        self._turn = Turn(turn.model)

    def handle(self, _: Event) -> Turn:
        return self._turn


def show_state(driver: KioskDriver, make: Maker, language: str) -> Turn:
    """Put a state into the window and leave it there."""
    hall = Hall(language=language)
    turn = make(hall)
    hall.flow = _ShownFlow(turn)
    driver.begin(hall)
    driver.app.feed(Ticked())
    driver.frames(3)
    return turn


def render_all(folder: Path) -> list[Path]:
    """Write a picture of each state in each language; return the files in order. Once in a process."""
    driver = KioskDriver()
    files = []
    for language in ("zh", "en"):
        for name, make in STATES.items():
            show_state(driver, make, language)
            files.append(driver.picture(folder / f"kiosk-{name}-{language}.png"))
    return files


if __name__ == "__main__":
    for file in render_all(Path(sys.argv[1])):
        sys.stdout.write(f"{file}\n")
