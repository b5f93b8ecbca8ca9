"""The screen as lists of steps, without a window."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kiosk.flow.events import (
    BadgeShown,
    Failed,
    NumberDenied,
    NumberGiven,
    PrintFinished,
    ScanLost,
    Ticked,
    Touched,
)
from kiosk.flow.models import Action, BadgeModel, Destination, ErrorModel, FirstModel, ServicesModel, TicketModel
from kiosk.ports import SyncStatus
from kiosk.use_cases.answers import REPEAT, BadgeRejected, PrintOutcome
from shared.errors import RuleViolation, Unavailable
from tests.support.kiosk_stand_ins import ON_DUTY, REJECTIONS, SERVICES, Hall


def open_services(hall: Hall) -> ServicesModel:
    model = hall.touch(Action.OPEN_SERVICES).model
    assert isinstance(model, ServicesModel)
    return model


def take_number(hall: Hall, letter: str = "A") -> TicketModel:
    """Touch a service and let its number come back; the paper is still in the printer."""
    open_services(hall)
    work = hall.touch(Action.CHOOSE_SERVICE, letter).work
    assert work is not None
    model = hall.handle(work.run()).model
    assert isinstance(model, TicketModel)
    return model


def test_one_touch_gives_a_number_and_the_paper_follows() -> None:
    hall = Hall()
    open_services(hall)
    asked = hall.touch(Action.CHOOSE_SERVICE, "B")
    assert isinstance(asked.model, ServicesModel)
    assert [card.busy for card in asked.model.cards] == [False, True, False, False, False, False]
    given = hall.handle(asked.work.run())
    assert given.model.number == "B2-017"
    assert given.model.service == "不动产登记"
    assert given.model.windows == "7–10 号窗口"
    assert given.model.ahead == "前面还有 6 人"
    assert given.model.ahead_age == "人数刚刚更新"
    assert given.model.paper.text == "正在打印小票"
    printed = hall.handle(given.work.run())
    assert printed.model.paper.text == "小票已打印，请取走"
    assert printed.model.paper.tone == "done"
    assert hall.printed == ["B2-017"]


@pytest.mark.parametrize("reason", ["no_paper", "offline", "cover_open", "error"])
def test_paper_that_did_not_come_asks_to_note_the_number(reason: str) -> None:
    hall = Hall(outcome=PrintOutcome(printed=False, reason=reason))
    take_number(hall)
    model = hall.handle(PrintFinished(1, hall.outcome)).model
    assert model.paper.text == "小票没有打印，请记下号码"
    assert "号码有效" in model.paper_follows
    assert model.frame.leave.label == "已记下"
    hall.clock.pass_ms(59_000)
    assert hall.handle(Ticked()).destination is Destination.TICKET


def test_printer_that_never_answers_is_given_up_and_its_late_answer_is_ignored() -> None:
    hall = Hall()
    take_number(hall)
    hall.clock.pass_ms(45_000)
    model = hall.handle(Ticked()).model
    assert model.paper.text == "小票没有打印，请记下号码"
    assert hall.handle(PrintFinished(1, PrintOutcome(printed=True))).model.paper.tone == "attention"


def test_answer_of_an_earlier_print_does_not_settle_the_next_ticket() -> None:
    hall = Hall()
    take_number(hall)
    hall.touch(Action.LEAVE)
    take_number(hall)
    model = hall.handle(PrintFinished(1, PrintOutcome(printed=False, reason="no_paper"))).model
    assert model.paper.text == "正在打印小票"


def test_ticket_leaves_by_itself_and_the_next_visitor_finds_the_halls_language() -> None:
    hall = Hall()
    hall.touch(Action.SWITCH_LANGUAGE)
    take_number(hall)
    hall.handle(PrintFinished(1, PrintOutcome(printed=True)))
    hall.clock.pass_ms(15_000)
    model = hall.handle(Ticked()).model
    assert isinstance(model, FirstModel)
    assert model.frame.language == "zh"


def test_second_finger_while_a_number_is_made_does_not_make_another() -> None:
    hall = Hall()
    open_services(hall)
    hall.touch(Action.CHOOSE_SERVICE, "A")
    assert hall.touch(Action.CHOOSE_SERVICE, "B").work is None
    assert hall.touch(Action.CHOOSE_SERVICE, "A").work is None


def test_touch_meant_for_the_screen_before_does_nothing() -> None:
    hall = Hall()
    hall.handle(Ticked())
    open_services(hall)
    hall.clock.pass_ms(100)
    turn = hall.handle(Touched(Action.CHOOSE_SERVICE, "A"))
    assert turn.work is None
    assert turn.destination is Destination.SERVICES


def test_number_that_comes_after_the_visitor_left_is_shown_all_the_same() -> None:
    hall = Hall()
    open_services(hall)
    work = hall.touch(Action.CHOOSE_SERVICE, "A").work
    assert hall.touch(Action.LEAVE).destination is Destination.FIRST
    assert hall.handle(work.run()).destination is Destination.TICKET


def test_number_that_could_not_be_recorded_is_told_and_offers_the_services_again() -> None:
    hall = Hall(issue_error=Unavailable("disk_full"))
    open_services(hall)
    turn = hall.handle(hall.touch(Action.CHOOSE_SERVICE, "A").work.run())
    assert isinstance(turn.model, ErrorModel)
    assert turn.model.happened == "本机的存储空间用完了。"
    back = hall.touch(Action.LEAVE)
    assert isinstance(back.model, ServicesModel)
    assert not any(card.busy for card in back.model.cards)


def test_numbers_used_up_are_told_with_what_to_do() -> None:
    hall = Hall(issue_error=RuleViolation("ticket_numbers_exhausted"))
    open_services(hall)
    model = hall.handle(hall.touch(Action.CHOOSE_SERVICE, "A").work.run()).model
    assert model.title == "今天的号已发完"
    assert "咨询台" in model.advice


def test_accepted_badge_says_who_when_and_that_it_is_recorded() -> None:
    hall = Hall()
    model = hall.handle(BadgeShown("KB1.A")).model
    assert isinstance(model, BadgeModel)
    assert (model.word, model.time, model.name) == ("已到岗", "08:52", "陈晓岚")
    assert (model.post, model.window, model.note) == ("社会保险综合岗", "3 号窗口", "已记录")
    assert model.accepted
    assert hall.scanned == ["KB1.A"]


def test_repeated_badge_says_when_it_was_recorded_first() -> None:
    hall = Hall(answer=replace(ON_DUTY, flags=(REPEAT,)))
    hall.clock.pass_ms(40_000)
    model = hall.handle(BadgeShown("KB1.A")).model
    assert (model.word, model.time) == ("今天已记录", "08:52")
    assert model.icon != Hall().handle(BadgeShown("KB1.A")).model.icon


@pytest.mark.parametrize("rejection", REJECTIONS, ids=lambda rejection: rejection.reason)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_reason_of_refusal_says_why_and_what_to_do(rejection: BadgeRejected, language: str) -> None:
    hall = Hall(answer=rejection, language=language)
    model = hall.handle(BadgeShown("KB1.A")).model
    assert not model.accepted
    assert model.tone == "refused"
    assert model.word
    assert model.why
    assert model.advice
    assert model.note in {"没有记录到岗", "Not recorded"}
    if rejection.hall is not None:
        assert (rejection.hall.zh if language == "zh" else rejection.hall.en) in model.why


def test_answer_leaves_after_four_seconds() -> None:
    hall = Hall()
    hall.handle(BadgeShown("KB1.A"))
    hall.clock.pass_ms(3_999)
    assert hall.handle(Ticked()).destination is Destination.BADGE
    hall.clock.pass_ms(1)
    assert hall.handle(Ticked()).destination is Destination.FIRST


def test_two_badges_in_one_second_are_two_answers() -> None:
    hall = Hall()
    one = hall.handle(BadgeShown("KB1.A")).model
    hall.clock.pass_ms(500)
    hall.answer = replace(ON_DUTY, staff_name="李敏")
    other = hall.handle(BadgeShown("KB1.B")).model
    assert (one.name, other.name) == ("陈晓岚", "李敏")
    assert other.count == one.count + 1
    hall.clock.pass_ms(3_999)
    assert hall.handle(Ticked()).model.name == "李敏"


def test_badge_scanned_over_a_ticket_gives_the_ticket_back_with_time_to_read_it() -> None:
    hall = Hall()
    take_number(hall)
    hall.handle(PrintFinished(1, PrintOutcome(printed=True)))
    hall.clock.pass_ms(14_000)
    assert hall.handle(BadgeShown("KB1.A")).destination is Destination.BADGE
    hall.clock.pass_ms(4_000)
    back = hall.handle(Ticked())
    assert back.model.number == "A2-017"
    hall.clock.pass_ms(5_900)
    assert hall.handle(Ticked()).destination is Destination.TICKET
    hall.clock.pass_ms(200)
    assert hall.handle(Ticked()).destination is Destination.FIRST


def test_number_and_paper_that_come_under_a_badge_are_there_when_it_leaves() -> None:
    hall = Hall()
    open_services(hall)
    work = hall.touch(Action.CHOOSE_SERVICE, "A").work
    hall.handle(BadgeShown("KB1.A"))
    given = hall.handle(work.run())
    assert given.destination is Destination.BADGE
    hall.handle(given.work.run())
    hall.clock.pass_ms(4_000)
    model = hall.handle(Ticked()).model
    assert (model.number, model.paper.tone) == ("A2-017", "done")


def test_row_of_badges_over_a_visitor_gives_the_visitor_back() -> None:
    hall = Hall()
    open_services(hall)
    for _ in range(30):
        hall.clock.pass_ms(2_000)
        assert hall.handle(BadgeShown("KB1.A")).destination is Destination.BADGE
    hall.clock.pass_ms(4_000)
    model = hall.handle(Ticked()).model
    assert isinstance(model, ServicesModel)
    assert model.frame.idle is None


def test_any_touch_dismisses_an_answer() -> None:
    hall = Hall()
    hall.handle(BadgeShown("KB1.A"))
    assert hall.touch(Action.NOTHING).destination is Destination.FIRST


def test_language_can_be_changed_on_an_answer() -> None:
    hall = Hall()
    hall.handle(BadgeShown("KB1.A"))
    model = hall.touch(Action.SWITCH_LANGUAGE).model
    assert (model.word, model.post) == ("On duty", "Social insurance desk")


def test_scan_that_the_store_refused_is_no_on_duty() -> None:
    hall = Hall(answer=Unavailable("folder_read_only"))
    turn = hall.handle(BadgeShown("KB1.A"))
    assert isinstance(turn.model, ErrorModel)
    assert turn.model.title == "没有记录"
    hall.answer = ON_DUTY
    assert hall.handle(BadgeShown("KB1.A")).destination is Destination.BADGE


@pytest.mark.parametrize(("reason", "word"), [("too_long", "没有读清"), ("cut", "只读到一半")])
def test_characters_that_are_no_code_are_told_and_not_recorded(reason: str, word: str) -> None:
    hall = Hall()
    model = hall.handle(ScanLost(reason)).model
    assert model.word == word
    assert hall.scanned == []


def test_fault_of_the_program_leads_to_the_error_screen_and_back() -> None:
    hall = Hall()
    open_services(hall)
    assert hall.handle(Failed()).model.title == "这一步没有完成"
    hall.clock.pass_ms(20_000)
    assert hall.handle(Ticked()).destination is Destination.SERVICES


def test_unknown_code_is_told_in_general_words_with_its_name() -> None:
    model = Hall().handle(NumberDenied("never_heard_of")).model
    assert model.title == "这一步没有完成"
    assert "never_heard_of" in model.code_line


def test_untouched_for_a_minute_asks_and_twenty_seconds_later_clears() -> None:
    hall = Hall()
    hall.touch(Action.SWITCH_LANGUAGE)
    open_services(hall)
    hall.clock.pass_ms(59_999)
    assert hall.handle(Ticked()).model.frame.idle is None
    hall.clock.pass_ms(1)
    assert hall.handle(Ticked()).model.frame.idle.question == "Are you still there"
    hall.clock.pass_ms(19_999)
    assert hall.handle(Ticked()).destination is Destination.SERVICES
    hall.clock.pass_ms(1)
    cleared = hall.handle(Ticked())
    assert cleared.destination is Destination.FIRST
    assert cleared.model.frame.language == "zh"


@pytest.mark.parametrize("action", [Action.STAY, Action.NOTHING])
def test_any_sign_of_life_answers_the_question(action: Action) -> None:
    hall = Hall()
    open_services(hall)
    hall.clock.pass_ms(61_000)
    hall.handle(Ticked())
    turn = hall.touch(action)
    assert turn.destination is Destination.SERVICES
    assert turn.model.frame.idle is None


def test_first_screen_left_in_another_language_returns_to_the_halls_own() -> None:
    hall = Hall()
    assert hall.touch(Action.SWITCH_LANGUAGE).model.frame.language == "en"
    hall.clock.pass_ms(80_000)
    assert hall.handle(Ticked()).model.frame.language == "zh"


def test_short_outage_is_no_news_and_a_long_one_is_told_with_its_age() -> None:
    hall = Hall()
    hall.handle(Ticked())
    hall.go_offline(since_s=60)
    hall.clock.pass_ms(9_000)
    assert hall.handle(Ticked()).model.offline is None
    hall.clock.pass_ms(111_000)
    model = hall.handle(Ticked()).model
    assert model.offline.label == "网络中断 3 分钟"
    assert open_services(hall).frame.notice.text == "网络中断 3 分钟"


def test_offline_notice_says_what_waits_and_that_it_goes_by_itself() -> None:
    hall = Hall()
    hall.handle(Ticked())
    hall.go_offline()
    hall.clock.pass_ms(11_000)
    hall.handle(Ticked())
    model = hall.touch(Action.OPEN_OFFLINE).model
    assert "自动上传" in model.follows
    assert [figure.value for figure in model.figures] == ["今天 08:40", "23 条记录", "今天 08:41", "今天 08:52"]
    hall.board.status = SyncStatus(online=True, last_session_ms=hall.clock.now_ms())
    assert hall.handle(Ticked()).model.title == "网络已恢复"


def test_badge_scanned_offline_says_that_it_is_kept_here() -> None:
    hall = Hall()
    hall.handle(Ticked())
    hall.go_offline()
    hall.clock.pass_ms(11_000)
    assert hall.handle(BadgeShown("KB1.A")).model.note == "已记录在本机，恢复联网后自动上传。"


def test_kiosk_that_never_reached_its_server_says_so() -> None:
    hall = Hall()
    hall.board.status = SyncStatus()
    hall.board.state = None
    hall.clock.pass_ms(11_000)
    model = hall.handle(Ticked()).model
    assert model.offline.label == "还没有连上服务器"
    assert model.freshness == "暂时收不到叫号，请听窗口广播"
    assert {row.waiting for row in model.rows} == {"—"}
    services = open_services(hall)
    assert {card.waiting_word for card in services.cards} == {"人数未知"}


def test_kiosk_without_a_list_offers_no_dead_button() -> None:
    hall = Hall()
    hall.packs.active = None
    model = hall.handle(Ticked()).model
    assert model.take is None
    assert model.rows == ()
    assert "咨询台" in model.empty[2]
    assert hall.touch(Action.OPEN_SERVICES).destination is Destination.FIRST


@pytest.mark.parametrize(
    ("standing", "clock_trust", "content_age_s", "told"),
    [
        ("held", 1, 0, "本机等待管理员处理"),
        ("ok", 1, 73 * 3600, "内容更新于 3 天前"),
        ("ok", 0, 0, "时间尚未校准"),
        ("ok", 1, 0, None),
    ],
)
def test_one_notice_and_only_what_matters(
    standing: str, clock_trust: int, content_age_s: int, told: str | None
) -> None:
    hall = Hall()
    hall.board.status = replace(hall.board.status, standing=standing)
    hall.clock.trust = clock_trust
    hall.packs.confirmed_ms = hall.clock.now_ms() - content_age_s * 1000
    notice = hall.handle(Ticked()).model.frame.notice
    assert (None if notice is None else notice.text) == told


def test_figures_older_than_five_minutes_are_set_apart_and_still_have_their_age() -> None:
    hall = Hall()
    hall.clock.pass_ms(400_000)
    model = hall.handle(Ticked()).model
    assert model.freshness == "7 分钟前更新"
    assert model.freshness_tone == "attention"


def test_eight_services_stand_on_two_pages_and_the_last_leads_to_the_first() -> None:
    hall = Hall(services=(*SERVICES, ("G", "公积金", "Housing fund", "19"), ("H", "出入境证件", "Travel", None)))
    assert [card.letter for card in open_services(hall).cards] == list("ABCDEF")
    assert [card.letter for card in hall.touch(Action.NEXT_PAGE, "0").model.cards] == list("GH")
    assert [card.letter for card in hall.touch(Action.NEXT_PAGE, "1").model.cards] == list("ABCDEF")


def test_page_that_the_hall_took_away_meanwhile_is_the_first_page() -> None:
    hall = Hall(services=(*SERVICES, ("G", "公积金", "Housing fund", "19")))
    open_services(hall)
    hall.touch(Action.NEXT_PAGE, "0")
    hall.packs.active = Hall().packs.active
    assert [card.letter for card in hall.handle(Ticked()).model.cards] == list("ABCDEF")


def test_work_that_raised_is_told_by_its_event() -> None:
    hall = Hall(issue_error=ZeroDivisionError())
    open_services(hall)
    work = hall.touch(Action.CHOOSE_SERVICE, "A").work
    with pytest.raises(ZeroDivisionError):
        work.run()
    assert hall.handle(work.failed).model.title == "这一步没有完成"


def test_printer_that_raised_is_a_ticket_to_note() -> None:
    hall = Hall(outcome=Unavailable("storage_failed"))
    open_services(hall)
    given = hall.handle(hall.touch(Action.CHOOSE_SERVICE, "A").work.run())
    assert hall.handle(given.work.run()).model.paper.tone == "attention"


def test_number_given_is_handed_on_as_it_is() -> None:
    hall = Hall()
    open_services(hall)
    event = hall.touch(Action.CHOOSE_SERVICE, "F").work.run()
    assert isinstance(event, NumberGiven)
    assert event.issued.number == "F2-017"
