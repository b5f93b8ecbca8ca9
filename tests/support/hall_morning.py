"""A morning in the demonstration's hall, as it would really come about: every page has something to show."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select

from kiosk.devices.printer import VirtualPrinter
from kiosk.sync.board import SharedStateBoard
from kiosk.use_cases.issue_ticket import IssueTicket
from kiosk.use_cases.print_ticket import PrintTicket
from sync_server.attendance.models import SessionKind
from sync_server.attendance.operations import make_session
from sync_server.badges.models import Badge
from sync_server.badges.operations import revoke_badge
from sync_server.badges.rules import RevocationReason
from sync_server.fleet.operations import make_slot
from sync_server.queue.operations import call_next
from sync_server.staff.models import StaffMember
from tests.support.hall_at_work import HALL, TIMEZONE, KioskAtWork, ask_to_enrol

if TYPE_CHECKING:
    from tests.support.hall_at_work import HallAtWork

MORNING: Final = datetime(2026, 11, 23, 8, 20, tzinfo=ZoneInfo(TIMEZONE))
ARRIVING: Final = 58
TICKETS: Final = "AABACABBDEAFBAC"


def fill_morning(hall: HallAtWork) -> list[KioskAtWork]:
    """Let a morning happen: people arrive, some late, visitors take numbers, windows call."""
    printer = VirtualPrinter(hall.folder / "printed", 576)
    kiosks = [KioskAtWork(hall, "H1-K01", "一楼大厅东门"), KioskAtWork(hall, "H1-K02", "二楼服务台")]
    first, second = kiosks
    codes = list(hall.badge_codes().values())
    _require_everybody(hall)
    with hall.runtime.database.transaction() as session:
        for badge in session.scalars(select(Badge).where(Badge.badge.in_([7, 31]))):
            reason = RevocationReason.LOST
            lost_on = MORNING.date()
            revoke_badge(session, badge, reason, "office", hall.clock, hall.runtime.keyring, lost_on=lost_on)
        make_slot(session, HALL, "H1-K03", "三楼不动产登记厅", "system-administrator", hall.clock)
    ask_to_enrol(hall, "H1-K04", "二楼西侧")
    for place, code in enumerate(codes[:ARRIVING]):
        hall.pass_minutes(0.7)
        (second if place % 3 == 2 else first).scan(code)
    first.scan("KB1.NOT-A-BADGE")
    first.sync()
    take = IssueTicket(first.name, first.journal, first.packs, SharedStateBoard(), printer, first.clock)
    print_ticket = PrintTicket(first.journal, first.packs, printer, first.clock)
    for letter in TICKETS:
        hall.pass_minutes(0.4)
        print_ticket(take(letter, "zh"))
    first.sync()
    _call(hall)
    hall.pass_minutes(3)
    first.sync()
    return kiosks


def _require_everybody(hall: HallAtWork) -> None:
    with hall.runtime.database.transaction() as session:
        everybody = list(session.scalars(select(StaffMember.id)))
        make_session(
            session,
            HALL,
            kind=SessionKind.EVENT,
            title="政务服务中心开放日",
            place="一楼大厅",
            begins=MORNING.replace(hour=9, minute=0),
            ends=MORNING.replace(hour=11, minute=0),
            staff_ids=everybody,
            by="office",
            now=hall.clock.now(),
        )


def _call(hall: HallAtWork) -> None:
    with hall.runtime.database.transaction() as session:
        for window in (1, 2, 9):
            call_next(session, HALL, window=window, by="clerk", now=hall.clock.now())
