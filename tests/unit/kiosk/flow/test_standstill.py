"""A kiosk that could not start says why, to the visitor and to whoever can mend it."""

from __future__ import annotations

import pytest

from kiosk.flow.events import BadgeShown, Ticked, Touched
from kiosk.flow.models import Action, Destination
from kiosk.flow.standstill import StandstillFlow
from shared.errors import MalformedInput, Unavailable
from tests.support.kiosk_stand_ins import WoundClock

UNKNOWN_KEY = MalformedInput(
    "settings_key_unknown", file="kiosk.toml", key="screen.widht", line=7, expected="width, height, fullscreen"
)


def test_wrong_setting_is_named_by_file_line_and_key() -> None:
    model = StandstillFlow(UNKNOWN_KEY, clock=WoundClock()).handle(Ticked()).model
    assert model.detail == "文件 kiosk.toml 第 7 行：没有 screen.widht 这一项。可以写：width, height, fullscreen"
    assert "咨询台" in model.advice


def test_missing_fact_is_no_second_fault() -> None:
    error = MalformedInput("settings_value_wrong", key="kiosk")
    assert "kiosk" in StandstillFlow(error, clock=WoundClock()).handle(Ticked()).model.detail


@pytest.mark.parametrize("code", ["not_enrolled", "already_running", "disk_full", "folder_read_only", "storage_failed"])
def test_store_that_cannot_be_opened_is_told(code: str) -> None:
    model = StandstillFlow(Unavailable(code), clock=WoundClock()).handle(Ticked()).model
    assert model.code == code
    assert model.title != "这一步没有完成"
    assert model.detail == ""


def test_nothing_but_the_language_can_be_done() -> None:
    flow = StandstillFlow(UNKNOWN_KEY, clock=WoundClock())
    assert flow.handle(BadgeShown("KB1.A")).destination is Destination.ERROR
    turn = flow.handle(Touched(Action.SWITCH_LANGUAGE))
    assert turn.model.title == "The settings of this kiosk are wrong"
    assert [choice.action for choice in turn.model.choices()] == [Action.SWITCH_LANGUAGE]
