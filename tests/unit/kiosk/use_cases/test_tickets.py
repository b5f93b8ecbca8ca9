from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from kiosk.ports import SeenState, TicketPaper
from kiosk.use_cases.issue_ticket import IssueTicket
from kiosk.use_cases.print_ticket import PrintTicket, compose_paper
from shared.errors import RuleViolation, Unavailable
from shared.sync_messages import ServiceState, StateFields
from tests.support.kiosk_stores import KioskStores
from tests.support.small_hall import HALL, KIOSK

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.use_cases.answers import IssuedTicket, PrinterState


@dataclass
class RecordingPrinter:
    """Keeps the papers; is in the state it is told to be in."""

    told: PrinterState = "ready"
    fails_with: str | None = None
    papers: list[TicketPaper] = field(default_factory=list)
    asked: int = 0

    def state(self) -> PrinterState:
        self.asked += 1
        return self.told

    def print_ticket(self, paper: TicketPaper) -> None:
        if self.fails_with is not None:
            raise Unavailable(self.fails_with)
        self.papers.append(paper)


@dataclass
class Desk:
    """The two use cases over real stores."""

    stores: KioskStores
    printer: RecordingPrinter = field(default_factory=RecordingPrinter)

    def issue(self, letter: str = "A", language: str = "zh") -> IssuedTicket:
        stores = self.stores
        return IssueTicket(KIOSK, stores.journal, stores.packs, stores.board, self.printer, stores.clock)(
            letter, language
        )

    def print(self, issued: IssuedTicket) -> object:
        return PrintTicket(self.stores.journal, self.stores.packs, self.printer, self.stores.clock)(issued)

    def hear(self, waiting: int, *, age_ms: int = 0, as_of: int | None = None) -> None:
        clock = self.stores.clock
        fields = StateFields(
            as_of=clock.now_ms() if as_of is None else as_of,
            hall=HALL,
            incarnation="0" * 16,
            key="0" * 16,
            on_duty=[],
            pack=1,
            revocations=0,
            services=[ServiceState(called=[], service="A", waiting=waiting)],
            version=1,
        )
        self.stores.board.publish_state(SeenState(fields, clock.mono_ms() - age_ms))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    stores = KioskStores(tmp_path)
    stores.publish()
    return Desk(stores)


def test_a_number_is_durable_before_it_is_shown(desk: Desk) -> None:
    issued = desk.issue()
    record = desk.stores.records()[-1]
    assert (record.type, record.seq, record.data["number"]) == ("ticket_issued", issued.seq, "A1-001")
    assert issued.number == "A1-001"
    assert issued.at_ms == record.at
    assert desk.issue().number == "A1-002"


def test_the_printer_is_asked_before_the_number_is_given(desk: Desk) -> None:
    desk.printer.told = "no_paper"
    issued = desk.issue()
    assert (issued.printer, desk.printer.asked) == ("no_paper", 1)
    desk.print(issued)
    failed = desk.stores.records()[-1]
    assert (failed.type, failed.data["reason"], failed.data["ticket"]) == (
        "ticket_print_failed",
        "no_paper",
        issued.seq,
    )
    assert desk.printer.papers == []


def test_a_service_that_is_not_offered_gets_no_number(desk: Desk) -> None:
    before = desk.stores.verify()
    with pytest.raises(RuleViolation, match="service_unknown"):
        desk.issue("Z")
    assert desk.stores.verify() == before


def test_before_anything_is_published_there_is_no_number(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="nothing_published"):
        Desk(KioskStores(tmp_path)).issue()


def test_a_number_that_could_not_be_recorded_is_not_given(desk: Desk) -> None:
    desk.stores.journal.close()
    with pytest.raises(Unavailable, match="storage_failed"):
        desk.issue()


def test_people_ahead_are_the_servers_figure_and_the_own_numbers_it_cannot_know(desk: Desk) -> None:
    assert (desk.issue().ahead, desk.issue().ahead_age_s) == (None, None)
    desk.hear(7, age_ms=90_000)
    issued = desk.issue()
    assert (issued.ahead, issued.ahead_age_s) == (9, 90)
    record = desk.stores.records()[-1]
    assert (record.data["ahead"], record.data["ahead_age_s"]) == (9, 90)
    assert desk.issue().ahead == 10


def test_a_figure_of_yesterday_says_nothing_about_today(desk: Desk) -> None:
    desk.hear(7, as_of=desk.stores.clock.now_ms() - 24 * 3_600_000)
    assert desk.issue().ahead is None


def test_the_day_is_the_halls_and_counts_begin_anew_at_its_midnight(desk: Desk) -> None:
    desk.stores.clock.pass_ms(15 * 3_600_000)  # 23:52 in the hall, 15:52 UTC
    assert desk.issue().number == "A1-001"
    desk.stores.clock.pass_ms(10 * 60_000)
    issued = desk.issue()
    assert issued.number == "A1-001"
    assert [record.data["day"] for record in desk.stores.records() if record.type == "ticket_issued"] == [
        "2026-11-23",
        "2026-11-24",
    ]


def test_numbers_go_on_above_what_the_server_has_seen_today(desk: Desk) -> None:
    desk.stores.journal.keep_fact("ticket_floor", "2026-11-23 300")
    assert desk.issue().number == "A1-300"
    desk.stores.clock.pass_ms(24 * 3_600_000)
    assert desk.issue().number == "A1-001"


def test_a_printed_ticket_is_a_record_of_its_own(desk: Desk) -> None:
    issued = desk.issue()
    desk.print(issued)
    printed = desk.stores.records()[-1]
    assert (printed.type, printed.data["ticket"], printed.data["number"]) == (
        "ticket_printed",
        issued.seq,
        issued.number,
    )
    assert [paper.number for paper in desk.printer.papers] == [issued.number]


@pytest.mark.parametrize(("code", "reason"), [("no_paper", "no_paper"), ("cover_open", "cover_open"), ("odd", "error")])
def test_a_print_that_fails_midway_is_told_and_the_number_stands(desk: Desk, code: str, reason: str) -> None:
    issued = desk.issue()
    desk.printer.fails_with = code
    outcome = desk.print(issued)
    assert (getattr(outcome, "printed", None), getattr(outcome, "reason", None)) == (False, reason)
    assert desk.stores.records()[-1].data["reason"] == reason


@pytest.mark.parametrize(
    ("language", "ahead", "age_s", "said"),
    [
        ("zh", None, None, "前面人数请看大厅叫号屏"),
        ("zh", 0, 5, "前面无人等候"),
        ("zh", 3, 5, "前面还有 3 人（刚刚统计）"),
        ("zh", 3, 3599, "前面还有 3 人（59 分钟前统计）"),
        ("en", 1, 7200, "People ahead of you: 1 (counted 2 h ago)"),
        ("en", 0, 61, "People ahead of you: 0 (counted 1 min ago)"),
    ],
)
def test_the_paper_says_how_old_its_figure_is(
    desk: Desk, language: str, ahead: int | None, age_s: int | None, said: str
) -> None:
    issued = desk.issue(language=language)
    hall = desk.stores.packs.active
    assert hall is not None
    told = type(issued)(
        number=issued.number,
        service=issued.service,
        ahead=ahead,
        ahead_age_s=age_s,
        at_ms=issued.at_ms,
        seq=issued.seq,
        language=language,
    )
    paper = compose_paper(told, hall)
    assert paper.ahead == said
    assert paper.time.endswith("08:52")
