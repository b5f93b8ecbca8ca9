"""Pictures of every state of every kiosk screen, Chinese and English: ``python -m tests.support.kiosk_pictures FOLDER``."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.flow.events import BadgeShown, Failed, PrintFinished, Ticked
from kiosk.flow.kiosk_flow import Turn
from kiosk.flow.models import Action
from kiosk.flow.standstill import StandstillFlow
from kiosk.use_cases.answers import CLOCK_UNSET, LIST_STALE, REPEAT, BadgeRejected, PrintOutcome
from shared.errors import MalformedInput, Unavailable
from tests.support.kiosk_driver import KioskDriver
from tests.support.kiosk_stand_ins import ON_DUTY, REJECTIONS, SERVICES, Hall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kiosk.flow.events import Event

MANY_SERVICES = (*SERVICES, ("G", "公积金", "Housing fund", "19"), ("H", "出入境证件", "Travel documents", None))


class _ShownFlow:
    """Says again and again what a hall said last."""

    def __init__(self, turn: Turn) -> None:
        self._turn = Turn(turn.model)

    def handle(self, event: Event) -> Turn:
        return self._turn


def screen_states(language: str) -> Iterator[tuple[str, Callable[[], tuple[Turn, Hall]]]]:
    """Return each state's name and what makes it; ``language``: of the screen."""

    def hall(**given: object) -> Hall:
        return Hall(language=language, **given)

    def first() -> tuple[Turn, Hall]:
        here = hall()
        return here.handle(Ticked()), here

    def first_few() -> tuple[Turn, Hall]:
        here = hall(services=SERVICES[:3])
        return here.handle(Ticked()), here

    def first_offline() -> tuple[Turn, Hall]:
        here = hall()
        here.handle(Ticked())
        here.go_offline()
        here.clock.pass_ms(11_000)
        return here.handle(Ticked()), here

    def first_empty() -> tuple[Turn, Hall]:
        here = hall()
        here.packs.active = None
        here.packs.confirmed_ms = None
        here.board.state = None
        return here.handle(Ticked()), here

    def services() -> tuple[Turn, Hall]:
        here = hall()
        return here.touch(Action.OPEN_SERVICES), here

    def services_paged() -> tuple[Turn, Hall]:
        here = hall(services=MANY_SERVICES)
        return here.touch(Action.OPEN_SERVICES), here

    def services_unheard() -> tuple[Turn, Hall]:
        here = hall(services=SERVICES[:3])
        here.board.state = None
        return here.touch(Action.OPEN_SERVICES), here

    def services_idle() -> tuple[Turn, Hall]:
        here = hall()
        here.touch(Action.OPEN_SERVICES)
        here.clock.pass_ms(61_000)
        return here.handle(Ticked()), here

    def asked() -> tuple[Turn, Hall]:
        here = hall()
        here.touch(Action.OPEN_SERVICES)
        return here.touch(Action.CHOOSE_SERVICE, "B"), here

    def ticket(outcome: PrintOutcome | None, **given: object) -> Callable[[], tuple[Turn, Hall]]:
        def make() -> tuple[Turn, Hall]:
            here = hall(**given)
            here.touch(Action.OPEN_SERVICES)
            work = here.touch(Action.CHOOSE_SERVICE, "A").work
            turn = here.handle(work.run())
            if outcome is not None:
                turn = here.handle(PrintFinished(len(here.issued), outcome))
            return turn, here

        return make

    def badge(answer: object, *, offline: bool = False) -> Callable[[], tuple[Turn, Hall]]:
        def make() -> tuple[Turn, Hall]:
            here = hall(answer=answer)
            here.handle(Ticked())
            if offline:
                here.go_offline()
                here.clock.pass_ms(11_000)
            return here.handle(BadgeShown("KB1.X")), here

        return make

    def commitments() -> tuple[Turn, Hall]:
        here = hall()
        return here.touch(Action.OPEN_COMMITMENTS), here

    def offline() -> tuple[Turn, Hall]:
        _, here = first_offline()
        return here.touch(Action.OPEN_OFFLINE), here

    def offline_over() -> tuple[Turn, Hall]:
        _, here = offline()
        here.board.status = replace(here.board.status, online=True, last_session_ms=here.clock.now_ms())
        return here.handle(Ticked()), here

    def failed() -> tuple[Turn, Hall]:
        here = hall()
        return here.handle(Failed()), here

    def disk_full() -> tuple[Turn, Hall]:
        here = hall(answer=Unavailable("disk_full"))
        return here.handle(BadgeShown("KB1.X")), here

    def settings() -> tuple[Turn, Hall]:
        here = hall()
        error = MalformedInput(
            "settings_key_unknown",
            file="/etc/servicehall/kiosk.toml",
            key="screen.widht",
            line=7,
            expected="width, height, fullscreen",
        )
        return StandstillFlow(error, clock=here.clock, language=language).handle(Ticked()), here

    yield "1-first", first
    yield "1-first-few-services", first_few
    yield "1-first-offline", first_offline
    yield "1-first-nothing-published", first_empty
    yield "2-services", services
    yield "2-services-two-pages", services_paged
    yield "2-services-unheard", services_unheard
    yield "2-services-idle", services_idle
    yield "2-services-asked", asked
    yield "2-ticket-printing", ticket(None)
    yield "2-ticket-printed", ticket(PrintOutcome(printed=True))
    yield "2-ticket-not-printed", ticket(PrintOutcome(printed=False, reason="no_paper"), ahead=None, ahead_age_s=None)
    yield "2-ticket-no-one-ahead", ticket(PrintOutcome(printed=True), ahead=0)
    yield "3-badge-accepted", badge(ON_DUTY)
    yield "3-badge-offline", badge(ON_DUTY, offline=True)
    yield "3-badge-repeat", badge(replace(ON_DUTY, flags=(REPEAT,)))
    yield "3-badge-clock-unset", badge(replace(ON_DUTY, post=None, window=None, flags=(CLOCK_UNSET, LIST_STALE)))
    yield "3-badge-long-name", badge(replace(ON_DUTY, staff_name="阿卜杜热合曼·买买提明"))
    for rejection in REJECTIONS:
        yield f"3-badge-{rejection.reason}", badge(rejection)
    yield "3-badge-other-hall-unnamed", badge(BadgeRejected("other_hall"))
    yield "4-offline", offline
    yield "4-offline-over", offline_over
    yield "5-error", failed
    yield "5-error-disk-full", disk_full
    yield "5-error-settings", settings
    yield "6-commitments", commitments


def show_state(driver: KioskDriver, make: Callable[[], tuple[Turn, Hall]]) -> Turn:
    """Put a state into the window and leave it there."""
    turn, hall = make()
    hall.flow = _ShownFlow(turn)
    driver.begin(hall)
    driver.app.feed(Ticked())
    driver.frames(3)
    return turn


def render_all(folder: Path) -> list[Path]:
    """Write a picture of each state in each language; return the files in order."""
    driver = KioskDriver()
    files = []
    for language in ("zh", "en"):
        for name, make in screen_states(language):
            show_state(driver, make)
            files.append(driver.picture(folder / f"kiosk-{name}-{language}.png"))
    return files


if __name__ == "__main__":
    for file in render_all(Path(sys.argv[1])):
        sys.stdout.write(f"{file}\n")
