"""Whatever happens in whatever order: no exception, no dead end, no scan without an answer."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kiosk.flow.events import (
    BadgeShown,
    Failed,
    NumberDenied,
    PrintFinished,
    ScanLost,
    Ticked,
    Touched,
)
from kiosk.flow.models import Action, Destination
from kiosk.ports import SyncStatus
from kiosk.use_cases.answers import REPEAT, PrintOutcome
from shared.errors import RuleViolation, Unavailable
from tests.support.kiosk_stand_ins import ON_DUTY, REJECTIONS, SERVICES, Hall, make_hall, make_state

if TYPE_CHECKING:
    from kiosk.flow.kiosk_flow import Turn, Work

WALKS = 500
EVENTS = 200
ANSWERS = (ON_DUTY, replace(ON_DUTY, flags=(REPEAT,)), *REJECTIONS, Unavailable("disk_full"), Unavailable("new_code"))
OUTCOMES = (
    PrintOutcome(printed=True),
    PrintOutcome(printed=False, reason="no_paper"),
    Unavailable("storage_failed"),
)
ISSUE_ERRORS = (None, None, None, RuleViolation("ticket_numbers_exhausted"), Unavailable("disk_full"))
HALLS = (
    *tuple(make_hall(SERVICES[:count]) for count in (1, 3, 6)),
    make_hall(tuple((letter, f"业务{letter}", f"Service {letter}", None) for letter in "ABCDEFGHIJKLM")),
)
NEXT_STEPS = ("touch", "touch", "touch", "stray", "scan", "lost", "tick", "wait", "work", "world", "failed", "late")


class Walk:
    """One visitor after another, drawn by chance; ``seed`` makes it come again."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)  # noqa: S311 - a walk that can be taken again
        self.hall = Hall()
        self.pending: list[Work] = []
        self.turn = self.step(Ticked())

    def step(self, event: object) -> Turn:
        turn = self.hall.handle(event)
        if turn.work is not None:
            self.pending.append(turn.work)
        assert turn.model.frame.switch_language is not None, "the language is one touch away everywhere"
        assert turn.destination is Destination.FIRST or turn.model.frame.leave is not None, "a way back everywhere"
        return turn

    def _world(self) -> None:
        hall, draw = self.hall, self.draw
        hall.answer = draw.choice(ANSWERS)
        hall.outcome = draw.choice(OUTCOMES)
        hall.issue_error = draw.choice(ISSUE_ERRORS)
        hall.packs.active = draw.choice((None, *HALLS))
        hall.board.state = draw.choice((None, make_state(hall.clock, draw.randrange(5000))))
        hall.board.status = SyncStatus(
            online=draw.random() < 0.5,
            last_session_ms=draw.choice((None, hall.clock.now_ms() - draw.randrange(10**9))),
            unsent=draw.randrange(9),
            standing=draw.choice((None, "ok", "held")),
        )

    def once(self) -> None:
        getattr(self, f"_{self.draw.choice(NEXT_STEPS)}")()

    def _touch(self) -> None:
        self.hall.clock.pass_ms(self.draw.choice((0, 100, 400, 3_000)))
        choice = self.draw.choice(list(self.turn.model.choices()))
        self.turn = self.step(Touched(choice.action, choice.value))

    def _stray(self) -> None:
        self.turn = self.step(Touched(self.draw.choice(list(Action)), self.draw.choice(("", "A", "Z", "0"))))

    def _scan(self) -> None:
        self.turn = self.step(BadgeShown("KB1.X"))
        assert self.turn.destination in (Destination.BADGE, Destination.ERROR)

    def _lost(self) -> None:
        self.turn = self.step(ScanLost(self.draw.choice(("too_long", "cut"))))
        assert self.turn.destination is Destination.BADGE

    def _tick(self) -> None:
        self.turn = self.step(Ticked())

    def _wait(self) -> None:
        self.hall.clock.pass_ms(self.draw.choice((100, 1_000, 4_000, 20_000, 61_000)))
        self.turn = self.step(Ticked())

    def _work(self) -> None:
        if self.pending:
            work = self.pending.pop(0)
            self.turn = self.step(work.run() if self.draw.random() < 0.9 else work.failed)

    def _failed(self) -> None:
        self.turn = self.step(self.draw.choice((Failed(), NumberDenied("disk_full"), Failed("new_code"))))

    def _late(self) -> None:
        self.turn = self.step(PrintFinished(self.draw.randrange(9), self.draw.choice(OUTCOMES[:2])))

    def go_home(self) -> None:
        """Let everything that was begun end, and time pass."""
        while self.pending:
            self.turn = self.step(self.pending.pop(0).run())
        for _ in range(30):
            self.hall.clock.pass_ms(10_000)
            self.turn = self.step(Ticked())


@pytest.mark.parametrize("block", range(10))
def test_random_walks_never_fail_and_always_lead_back(block: int) -> None:
    for seed in range(block * WALKS // 10, (block + 1) * WALKS // 10):
        walk = Walk(seed)
        for _ in range(EVENTS):
            walk.once()
        walk.go_home()
        assert walk.turn.destination is Destination.FIRST, seed
        assert walk.turn.model.frame.language == "zh", seed
