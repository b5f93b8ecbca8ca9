"""The eight commitments stand on the first screen in one line that opens to all eight."""

from __future__ import annotations

import pytest

from kiosk.flow.events import Ticked
from kiosk.flow.models import Action, CommitmentsModel, FirstModel
from tests.support.kiosk_stand_ins import Hall

IN_THE_REGULATIONS_OWN_WORDS = (
    "不让来办事的人在我这里受冷落",
    "不让工作的事项在我这里积压延误",
    "不让工作的差错在我这里发生",
    "不让工作的机密在我这里泄露",
    "不让影响团结的言行在我身上出现",
    "不让违纪违法的行为在我身上发生",
    "不让机关的形象因我受到影响",
    "不让群众的利益因我受到侵害",
)


def test_one_line_on_the_first_screen_shows_each_in_its_turn() -> None:
    hall = Hall()
    seen = set()
    for _ in range(8):
        hall.clock.pass_ms(10_000)
        model = hall.handle(Ticked()).model
        assert isinstance(model, FirstModel)
        seen.add(model.commitments.sub)
    assert seen == set(IN_THE_REGULATIONS_OWN_WORDS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_touch_opens_all_eight_in_the_regulations_own_words(language: str) -> None:
    model = Hall(language=language).touch(Action.OPEN_COMMITMENTS).model
    assert isinstance(model, CommitmentsModel)
    words = tuple(line.text if language == "zh" else line.original for line in model.lines)
    assert words == IN_THE_REGULATIONS_OWN_WORDS
