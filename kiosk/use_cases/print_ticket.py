"""Print a number that is already durable; printed or not is a record of its own.

The number stands whatever the printer does: without paper the screen shows it and says to remember it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast, get_args

from kiosk.ports import Clock, Journal, PackStore, Printer, TicketPaper
from kiosk.use_cases.answers import IssuedTicket, PrinterState, PrintOutcome
from shared.errors import Unavailable
from shared.instants import from_unix_ms
from shared.records import TicketPrinted, TicketPrintFailed

if TYPE_CHECKING:
    from kiosk.published import PublishedHall
    from shared.pack import Names

_WORDS: Final = {
    "zh": {
        "nobody_ahead": "前面无人等候",
        "ahead": "前面还有 {people} 人（{age}）",
        "ahead_unknown": "前面人数请看大厅叫号屏",
        "window": "请到 {windows} 号窗口附近等候叫号",
        "no_window": "请在大厅等候叫号",
        "advice": "过号请到服务台说明。此号当日有效。",
        "now": "刚刚统计",
        "minutes": "{minutes} 分钟前统计",
        "hours": "{hours} 小时前统计",
        "day": "{at:%Y}年{at.month}月{at.day}日 {at:%H:%M}",
    },
    "en": {
        "nobody_ahead": "Nobody is ahead of you",
        "ahead": "People ahead of you: {people} ({age})",
        "ahead_unknown": "See the hall display for people ahead",
        "window": "Wait to be called near window {windows}",
        "no_window": "Wait in the hall to be called",
        "advice": "If you miss your call, ask at the desk. Valid today only.",
        "now": "counted just now",
        "minutes": "counted {minutes} min ago",
        "hours": "counted {hours} h ago",
        "day": "{at:%Y-%m-%d %H:%M}",
    },
}
_FRESH_S: Final = 60
_HOUR_S: Final = 3600


@dataclass(frozen=True)
class PrintTicket:
    """``PrintTicket(...)(issued)`` prints a ticket and records whether it came out whole."""

    journal: Journal
    packs: PackStore
    printer: Printer
    clock: Clock

    def __call__(self, issued: IssuedTicket) -> PrintOutcome:
        """Return whether the printer took the whole ticket, after that is durable.

        Raises:
            Unavailable: the outcome could not be recorded; the number stands all the same.
        """
        hall = self.packs.active
        if hall is None:
            raise Unavailable("nothing_published")
        reason = issued.printer
        if reason == "ready":
            try:
                self.printer.print_ticket(compose_paper(issued, hall))
            except Unavailable as error:
                reason = _reason_of(error)
        if reason == "ready":
            self.journal.append(TicketPrinted(ticket=issued.seq, number=issued.number))
            return PrintOutcome(printed=True)
        self.journal.append(TicketPrintFailed(ticket=issued.seq, number=issued.number, reason=reason))
        return PrintOutcome(printed=False, reason=reason)


def compose_paper(issued: IssuedTicket, hall: PublishedHall) -> TicketPaper:
    """Return the words of a ticket in its language. Pure."""
    words = _WORDS.get(issued.language, _WORDS["zh"])
    at = from_unix_ms(issued.at_ms).astimezone(hall.zone)
    windows = issued.service.windows
    return TicketPaper(
        hall=_in_language(hall.hall.name, issued.language),
        number=issued.number,
        service=_in_language(issued.service.name, issued.language),
        ahead=_ahead(issued, words),
        window=words["window"].format(windows=windows) if windows else words["no_window"],
        time=words["day"].format(at=at),
        advice=words["advice"],
    )


def _ahead(issued: IssuedTicket, words: dict[str, str]) -> str:
    if issued.ahead is None or issued.ahead_age_s is None:
        return words["ahead_unknown"]
    age_s = issued.ahead_age_s
    if age_s < _FRESH_S:
        age = words["now"]
    elif age_s < _HOUR_S:
        age = words["minutes"].format(minutes=age_s // 60)
    else:
        age = words["hours"].format(hours=age_s // _HOUR_S)
    if issued.ahead == 0 and age_s < _FRESH_S:
        return words["nobody_ahead"]
    return words["ahead"].format(people=issued.ahead, age=age)


def _in_language(names: Names, language: str) -> str:
    return names.en if language == "en" else names.zh


def _reason_of(error: Unavailable) -> PrinterState:
    return cast("PrinterState", error.code) if error.code in get_args(PrinterState) else "error"
