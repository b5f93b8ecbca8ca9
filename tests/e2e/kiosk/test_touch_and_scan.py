"""The real window, touched and scanned; what it says is read from its labels after a frame was drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from kiosk.flow.events import Ticked
from kiosk.flow.models import Action
from kiosk.use_cases.answers import BadgeRejected, PrintOutcome
from shared.errors import Unavailable
from tests.support.kiosk_stand_ins import ON_DUTY, Hall, make_state

if TYPE_CHECKING:
    from tests.support.kiosk_driver import KioskDriver

CODE = "KB1." + "A" * 125
COMMITMENTS = (
    "不让来办事的人在我这里受冷落",
    "不让工作的事项在我这里积压延误",
    "不让工作的差错在我这里发生",
    "不让工作的机密在我这里泄露",
    "不让影响团结的言行在我身上出现",
    "不让违纪违法的行为在我身上发生",
    "不让机关的形象因我受到影响",
    "不让群众的利益因我受到侵害",
)


def shown(kiosk: KioskDriver) -> str:
    return str(kiosk.app.model.DESTINATION)


def touch(kiosk: KioskDriver, action: Action, value: str | None = None) -> None:
    kiosk.settle()
    kiosk.tap(kiosk.choice(action, value))


def test_a_number_by_two_touches_on_the_glass(kiosk: KioskDriver) -> None:
    touch(kiosk, Action.OPEN_SERVICES)
    assert shown(kiosk) == "services"
    touch(kiosk, Action.CHOOSE_SERVICE, "D")
    kiosk.until(lambda: "小票已打印，请取走" in kiosk.texts())
    assert "D2-017" in kiosk.texts()
    assert kiosk.hall.printed == ["D2-017"]
    touch(kiosk, Action.LEAVE)
    assert shown(kiosk) == "first"


def test_paper_that_did_not_come_is_told_on_the_glass(kiosk: KioskDriver) -> None:
    kiosk.begin(Hall(outcome=PrintOutcome(printed=False, reason="no_paper")))
    touch(kiosk, Action.OPEN_SERVICES)
    touch(kiosk, Action.CHOOSE_SERVICE, "A")
    kiosk.until(lambda: "小票没有打印，请记下号码" in kiosk.texts())
    assert "打印纸用完了。号码有效，会照常叫到。" in kiosk.texts()


def test_scan_is_answered_and_witnessed_after_the_frame(kiosk: KioskDriver) -> None:
    kiosk.scan(CODE)
    assert kiosk.hall.scanned == [CODE]
    assert {"已到岗", "08:52", "陈晓岚", "社会保险综合岗"} <= set(kiosk.texts())
    witnessed = kiosk.witness.screens[-1]
    assert (witnessed["kind"], witnessed["word"], witnessed["time"]) == ("badge", "已到岗", "08:52")
    assert "已到岗" in witnessed["text"]


def test_answer_leaves_and_the_next_scan_is_not_kept_waiting(kiosk: KioskDriver) -> None:
    kiosk.scan(CODE)
    kiosk.hall.answer = replace(ON_DUTY, staff_name="李敏")
    kiosk.scan(CODE)
    assert "李敏" in kiosk.texts()
    kiosk.hall.clock.pass_ms(4_000)
    kiosk.tick()
    assert shown(kiosk) == "first"


def test_two_codes_in_one_frame_are_both_answered_and_both_seen(kiosk: KioskDriver) -> None:
    kiosk.type(CODE)
    kiosk.enter()
    kiosk.type(CODE)
    kiosk.enter()
    kiosk.frames(6)
    assert len(kiosk.hall.scanned) == 2
    assert [screen["count"] for screen in kiosk.witness.screens if screen["kind"] == "badge"] == [1, 2]


def test_scan_while_the_screen_changes_is_answered(kiosk: KioskDriver) -> None:
    kiosk.settle()
    button = kiosk.choice(Action.OPEN_SERVICES)
    kiosk.type(CODE[:60])
    kiosk.tap(button)
    assert shown(kiosk) == "services"
    kiosk.type(CODE[60:])
    kiosk.enter()
    kiosk.frames(3)
    assert kiosk.hall.scanned == [CODE]
    assert shown(kiosk) == "badge"
    kiosk.hall.clock.pass_ms(4_000)
    kiosk.tick()
    assert shown(kiosk) == "services"


def test_ten_thousand_characters_without_enter_are_told_and_forgotten(kiosk: KioskDriver) -> None:
    kiosk.type("X" * 10_000)
    kiosk.frames(2)
    assert shown(kiosk) == "first"
    kiosk.enter()
    kiosk.frames(3)
    assert "没有读清" in kiosk.texts()
    assert kiosk.hall.scanned == []
    kiosk.scan(CODE)
    assert kiosk.hall.scanned == [CODE]


def test_half_a_code_without_enter_is_told_after_a_silence(kiosk: KioskDriver) -> None:
    kiosk.type(CODE[:60])
    kiosk.until(lambda: "只读到一半" in kiosk.texts(), frames=2_000)


def test_refusal_says_why_and_what_to_do(kiosk: KioskDriver) -> None:
    kiosk.begin(Hall(answer=BadgeRejected("revoked")))
    kiosk.scan(CODE)
    assert {"胸牌已撤销", "没有记录到岗", "这枚胸牌不能再用。", "请到办公室领取新胸牌。"} <= set(kiosk.texts())


def test_scan_that_could_not_be_recorded_never_says_on_duty(kiosk: KioskDriver) -> None:
    kiosk.begin(Hall(answer=Unavailable("disk_full")))
    kiosk.scan(CODE)
    assert "本机的存储空间用完了。" in kiosk.texts()
    assert "已到岗" not in kiosk.texts()


def test_language_is_one_touch_away_on_the_first_screen_and_on_an_answer(kiosk: KioskDriver) -> None:
    touch(kiosk, Action.SWITCH_LANGUAGE)
    assert "Take a number" in kiosk.texts()
    kiosk.scan(CODE)
    assert "On duty" in kiosk.texts()
    touch(kiosk, Action.SWITCH_LANGUAGE)
    assert "已到岗" in kiosk.texts()


def test_touch_beside_everything_is_a_sign_of_life(kiosk: KioskDriver) -> None:
    touch(kiosk, Action.OPEN_SERVICES)
    kiosk.hall.clock.pass_ms(61_000)
    kiosk.tick()
    assert "还在办理吗" in kiosk.texts()
    kiosk.settle()
    kiosk.tap_at(20, 1_000)
    assert "还在办理吗" not in kiosk.texts()
    assert shown(kiosk) == "services"


def test_question_shields_what_lies_beneath_it(kiosk: KioskDriver) -> None:
    touch(kiosk, Action.OPEN_SERVICES)
    below = kiosk.choice(Action.CHOOSE_SERVICE, "F")
    kiosk.hall.clock.pass_ms(61_000)
    kiosk.tick()
    kiosk.settle()
    kiosk.tap(below)
    assert kiosk.hall.issued == []
    assert shown(kiosk) == "services"


@pytest.mark.regulation("R7.8@kiosk")
def test_eight_commitments_stand_in_a_line_that_opens_to_all(kiosk: KioskDriver) -> None:
    line = kiosk.choice(Action.OPEN_COMMITMENTS)
    assert "八项工作承诺" in kiosk.texts()
    assert set(COMMITMENTS) & set(kiosk.texts())
    kiosk.settle()
    kiosk.tap(line)
    assert [text for text in kiosk.texts() if text in COMMITMENTS] == list(COMMITMENTS)
    touch(kiosk, Action.LEAVE)
    assert shown(kiosk) == "first"


@pytest.mark.parametrize(
    "item", [pytest.param(item, marks=pytest.mark.regulation(f"R7.8.{item}@kiosk")) for item in range(1, 9)]
)
def test_each_commitment_can_be_read_in_full(kiosk: KioskDriver, item: int) -> None:
    touch(kiosk, Action.OPEN_COMMITMENTS)
    label = next(widget for widget in kiosk.widgets() if getattr(widget, "said", "") == COMMITMENTS[item - 1])
    assert label.text.replace("\n", "") == COMMITMENTS[item - 1]
    left, bottom = label.to_window(label.x, label.y)
    assert left >= 0
    assert 192 <= bottom < bottom + label.height <= 1920 - 288


def test_offline_notice_opens_from_the_first_screen(kiosk: KioskDriver) -> None:
    kiosk.hall.go_offline()
    kiosk.hall.clock.pass_ms(11_000)
    kiosk.tick()
    touch(kiosk, Action.OPEN_OFFLINE)
    assert "网络中断" in kiosk.texts()
    assert "23 条记录" in kiosk.texts()
    touch(kiosk, Action.LEAVE)
    assert shown(kiosk) == "first"


@pytest.mark.fault("T30")
def test_markup_in_a_name_is_shown_literally(kiosk: KioskDriver) -> None:
    name = "[color=ff0000][b]李敏[/b][/color] &bl;"
    kiosk.begin(Hall(answer=replace(ON_DUTY, staff_name=name)))
    kiosk.scan(CODE)
    label = next(widget for widget in kiosk.widgets() if getattr(widget, "said", "") == name)
    assert label.markup is False
    assert "".join(label.text.split()).startswith("[color=ff0000]")


def test_keys_that_lead_out_elsewhere_do_nothing_here(kiosk: KioskDriver) -> None:
    from kivy.base import EventLoop
    from kivy.core.window import Window

    for key, modifiers in ((27, []), (282, []), (101, ["ctrl"]), (113, ["ctrl"]), (285, ["alt"])):
        handled = Window.dispatch("on_key_down", key, 0, "", modifiers)
        assert handled, "no key goes on to Kivy's own shortcuts"
    assert kiosk.app.open_settings() is False
    assert Window.dispatch("on_request_close")
    kiosk.frames(3)
    assert EventLoop.status == "started"
    assert shown(kiosk) == "first"


def test_right_button_leaves_no_red_dot(kiosk: KioskDriver) -> None:
    from kivy.config import Config

    assert Config.get("input", "mouse") == "mouse,disable_multitouch"
    assert Config.get("kivy", "exit_on_escape") == "0"
    assert kiosk.app.stage is not None


def test_board_that_changes_under_a_finger_does_not_lose_the_touch(kiosk: KioskDriver) -> None:
    kiosk.settle()
    take = kiosk.choice(Action.OPEN_SERVICES)
    place = take.to_window(*take.center)
    kiosk.hall.board.publish_state(make_state(kiosk.hall.clock, services="AB"))
    kiosk.app.feed(Ticked())
    kiosk.tap_at(*place)
    assert shown(kiosk) == "services"
