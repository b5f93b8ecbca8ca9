"""The card as a printer and a reader meet it: size, text, code, quiet zone, long and rare names."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Final

import pypdfium2
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.badge_code import format_badge_code
from shared.errors import Unavailable
from shared.signed_line import SigningKey
from sync_server.badges.card_pdf import (
    HEIGHT_MM,
    MODULE_MM,
    QR_MM,
    QR_MODULES,
    QUIET_MODULES,
    WIDTH_MM,
    CardText,
    render_card,
    render_cards,
)

if TYPE_CHECKING:
    from PIL.Image import Image

KEY: Final = SigningKey(bytes(range(32)))
DOTS_PER_MM: Final = 20
CARD: Final = CardText(
    hall_zh="清溪区政务服务中心",
    hall_en="Qingxi District Service Centre",
    name="王小明",
    department="市场监督管理局",
    post="企业登记",
    staff_number="S0012",
    badge=412,
    serial=1,
    expires_on=date(2029, 11, 22),
    code=format_badge_code(KEY, key_id=1, badge=412, serial=1, issued=date(2026, 11, 23), expires=date(2029, 11, 22)),
)


def read(pdf: bytes, page: int = 0) -> tuple[str, Image]:
    document = pypdfium2.PdfDocument(pdf)
    text = document[page].get_textpage().get_text_range()
    picture = document[page].render(scale=DOTS_PER_MM * 25.4 / 72).to_pil().convert("L")
    document.close()
    return re.sub(r"\s+", "", text), picture


def place_of_code(picture: Image) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the code in millimetres."""
    found = zxingcpp.read_barcodes(picture)[0].position
    corners = (found.top_left, found.top_right, found.bottom_right, found.bottom_left)
    across, down = [corner.x for corner in corners], [corner.y for corner in corners]
    return tuple(edge / DOTS_PER_MM for edge in (min(across), min(down), max(across), max(down)))  # type: ignore[return-value]


@pytest.mark.regulation("R1.3@paper")
def test_everything_on_the_card_can_be_read_back() -> None:
    text, picture = read(render_card(CARD))

    for part in ("清溪区政务服务中心", "QingxiDistrictServiceCentre", "王小明", "市场监督管理局", "企业登记"):
        assert part in text
    for part in ("工号S0012", "胸牌0412-1", "有效至2029-11-22", "照片"):
        assert part in text
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [CARD.code]


def test_the_page_is_a_card_of_id_1() -> None:
    document = pypdfium2.PdfDocument(render_card(CARD))
    width, height = document[0].get_size()
    document.close()

    assert (round(width * 25.4 / 72, 2), round(height * 25.4 / 72, 2)) == (WIDTH_MM, HEIGHT_MM) == (85.6, 53.98)


def test_the_code_is_large_enough_and_stands_in_its_quiet_zone() -> None:
    _text, picture = read(render_card(CARD))

    left, top, right, bottom = place_of_code(picture)

    assert QR_MM == QR_MODULES * MODULE_MM >= 20
    assert right - left == pytest.approx(QR_MM, abs=0.3)
    assert bottom - top == pytest.approx(QR_MM, abs=0.3)
    quiet = QUIET_MODULES * MODULE_MM - 0.2
    zone = picture.crop(
        tuple(round(edge * DOTS_PER_MM) for edge in (left - quiet, top - quiet, right + quiet, bottom + quiet))
    )
    inner = tuple(
        round(edge * DOTS_PER_MM)
        for edge in (quiet - 0.2, quiet - 0.2, right - left + quiet + 0.2, bottom - top + quiet + 0.2)
    )
    zone.paste(255, inner)
    assert zone.getextrema() == (255, 255)
    assert min(left, top, WIDTH_MM - right, HEIGHT_MM - bottom) >= QUIET_MODULES * MODULE_MM


@pytest.mark.parametrize("dots_per_inch", [200, 300, 600])
def test_the_code_is_read_at_what_card_printers_print(dots_per_inch: int) -> None:
    document = pypdfium2.PdfDocument(render_card(CARD))
    picture = document[0].render(scale=dots_per_inch / 72).to_pil()
    document.close()

    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [CARD.code]


@pytest.mark.parametrize(
    "name",
    [
        "李",
        "欧阳娜娜",
        "阿布都热西提·买买提艾力江",
        "古丽巴哈尔·阿布都热合曼·麦麦提依明",
        "Alexander von Humboldt-Montgomery",
        "𬭎𬭚",
        "镕喆堃",
        "长" * 30,
    ],
)
def test_long_and_rare_names_stand_whole_on_the_card(name: str) -> None:
    text, picture = read(render_card(replace(CARD, name=name)))

    assert re.sub(r"\s+", "", name) in text
    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [CARD.code]


@given(
    st.text("政务服务中心综合窗口受理岗社会保险（）·AB ", min_size=0, max_size=60),
    st.text("公安局出入境管理支队驻区 ", min_size=1, max_size=60),
    st.text("王阿布都·买合木提 ", min_size=1, max_size=60),
)
@settings(max_examples=15, deadline=None)
def test_no_text_is_long_enough_to_reach_the_code(post: str, department: str, name: str) -> None:
    _text, picture = read(render_card(replace(CARD, name=name, post=post, department=department)))

    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [CARD.code]
    left, top, right, bottom = place_of_code(picture)
    beside = (left - 1.8, top - 1.8, left - 0.1, bottom + 1.8)
    above = (left - 1.8, top - 1.8, right + 1.8, top - 0.1)
    for zone in (beside, above):
        assert picture.crop(tuple(round(edge * DOTS_PER_MM) for edge in zone)).getextrema() == (255, 255)


def test_a_character_that_the_font_lacks_is_told_and_no_box_is_printed() -> None:
    with pytest.raises(Unavailable, match="card_character_missing") as refused:
        render_card(replace(CARD, name="王\U0002ffff"))

    assert refused.value.facts == {"character": "U+2FFFF"}


def test_a_stack_of_cards_is_one_file_with_a_page_each() -> None:
    codes = [
        format_badge_code(KEY, key_id=1, badge=n, serial=1, issued=date(2026, 11, 23), expires=date(2029, 11, 22))
        for n in (1, 2, 3)
    ]
    pdf = render_cards([replace(CARD, badge=n, code=code) for n, code in zip((1, 2, 3), codes, strict=True)])

    assert [zxingcpp.read_barcodes(read(pdf, page)[1])[0].text for page in range(3)] == codes


def test_the_same_card_is_the_same_bytes() -> None:
    assert render_card(CARD) == render_card(CARD)
