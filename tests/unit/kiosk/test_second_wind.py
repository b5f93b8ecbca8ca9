from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kiosk.flow.events import Ticked, Touched
from kiosk.flow.models import Action
from kiosk.second_wind import TRY_AGAIN_MS, SecondWindFlow
from shared.errors import ServicehallError, Unavailable
from tests.support.kiosk_stand_ins import WoundClock

if TYPE_CHECKING:
    from kiosk.flow.events import Event


@dataclass
class NamedFlow:
    """A flow that only says its name."""

    name: str

    def handle(self, _: Event) -> str:
        return self.name


@dataclass
class Start:
    """Starts that fail as planned, then succeed."""

    failures: list[ServicehallError] = field(default_factory=list)
    tries: int = 0

    def __call__(self) -> NamedFlow:
        self.tries += 1
        if self.failures:
            raise self.failures.pop(0)
        return NamedFlow("kiosk")


def flow_over(start: Start, clock: WoundClock) -> SecondWindFlow:
    return SecondWindFlow(
        Unavailable("disk_full"),
        start,  # type: ignore[arg-type] # flows that only say their name
        lambda error: NamedFlow(error.code),  # type: ignore[arg-type, return-value]
        clock,
    )


def pass_time(flow: SecondWindFlow, clock: WoundClock) -> object:
    clock.pass_ms(TRY_AGAIN_MS)
    return flow.handle(Ticked())


def test_once_the_disk_has_room_the_kiosk_starts_by_itself() -> None:
    clock, start = WoundClock(), Start([Unavailable("disk_full")])
    flow = flow_over(start, clock)
    assert flow.handle(Ticked()) == "disk_full"
    assert start.tries == 0
    assert pass_time(flow, clock) == "disk_full"
    assert pass_time(flow, clock) == "kiosk"
    assert pass_time(flow, clock) == "kiosk"
    assert start.tries == 2


def test_a_touch_tries_nothing() -> None:
    clock, start = WoundClock(), Start()
    flow = flow_over(start, clock)
    clock.pass_ms(TRY_AGAIN_MS)
    assert flow.handle(Touched(Action.NOTHING)) == "disk_full"
    assert start.tries == 0


def test_another_reason_is_shown_but_not_that_somebody_is_enrolling_it() -> None:
    clock, start = WoundClock(), Start([Unavailable("already_running"), Unavailable("not_enrolled")])
    flow = flow_over(start, clock)
    assert pass_time(flow, clock) == "disk_full"
    assert pass_time(flow, clock) == "not_enrolled"
    assert pass_time(flow, clock) == "kiosk"
