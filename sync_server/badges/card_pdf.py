"""The badge as a card to print: ISO/IEC 7810 ID-1 (CR80), 85.60 × 53.98 mm, one page a card.

Everything is vector: text in the shipped font, the QR code as squares, so that a card printer draws
it in its own dots. The code is QR version 6, ECC M, 20.5 mm wide, on white, with a quiet zone of four
modules (ISO/IEC 18004). A photo is stuck or printed in its place of 25 × 35 mm (一寸). Pure but for
reading the fonts.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple, cast

import segno
from reportlab.lib.colors import HexColor, white
from reportlab.lib.units import mm
from reportlab.pdfbase import ttfonts
from reportlab.pdfbase.pdfmetrics import getFont, registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from assets import asset_path
from assets.theme import load_theme
from shared.errors import Unavailable
from sync_server.badges.rules import format_badge

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

WIDTH_MM: Final = 85.60
HEIGHT_MM: Final = 53.98
QR_VERSION: Final = 6
QR_MODULES: Final = 41
QUIET_MODULES: Final = 4
MODULE_MM: Final = 0.5
QR_MM: Final = QR_MODULES * MODULE_MM
PHOTO_WIDTH_MM: Final = 25.0
PHOTO_HEIGHT_MM: Final = 35.0

_BAND_MM: Final = 9.4
_MARGIN_MM: Final = 4.0
_TEXT_LEFT_MM: Final = _MARGIN_MM + PHOTO_WIDTH_MM + 3.6
_QR_BOX_MM: Final = QR_MM + 2 * QUIET_MODULES * MODULE_MM
_QR_LEFT_MM: Final = WIDTH_MM - _QR_BOX_MM - 1.0
_QR_BOTTOM_MM: Final = 1.2
_REGULAR: Final = "servicehall-regular"
_BOLD: Final = "servicehall-bold"
_NAME_POINTS: Final = (19.0, 9.0)
_POST_POINTS: Final = (9.5, 6.5)
_DEPARTMENT_POINTS: Final = (8.0, 6.0)
_STILL_LARGE: Final = 0.72
"""Share of the largest size below which two lines read better than one."""

_POINT_MM: Final = 25.4 / 72
_LEADING: Final = 1.16
_CAP_HEIGHT: Final = 0.88
_GAP_MM: Final = 3.2
_ROW_MM: Final = 3.7
_LABEL_MM: Final = 8.2
_PHOTO_BOTTOM_MM: Final = HEIGHT_MM - _BAND_MM - _GAP_MM - PHOTO_HEIGHT_MM


@dataclass(frozen=True)
class CardText:
    """What stands on a card. ``code``: the 129 characters of the QR code; ``post`` may be empty."""

    hall_zh: str
    hall_en: str
    name: str
    department: str
    post: str
    staff_number: str
    badge: int
    serial: int
    expires_on: date
    code: str


def render_card(card: CardText) -> bytes:
    """Return a PDF of one card.

    Raises:
        Unavailable: ``card_character_missing``: the font has no such character; ``character``: its code point.
    """
    return render_cards([card])


def render_cards(cards: Sequence[CardText]) -> bytes:
    """Return a PDF with a page for each of ``cards``; same bytes for the same cards.

    Raises:
        Unavailable: see :func:`render_card`.
    """
    _register_fonts()
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(WIDTH_MM * mm, HEIGHT_MM * mm), invariant=True, pageCompression=1)
    canvas.setTitle("胸牌 " + " ".join(format_badge(card.badge) for card in cards[:8]))
    for card in cards:
        _check_characters(card)
        _draw_band(canvas, card)
        _draw_photo_place(canvas)
        _draw_person(canvas, card)
        _draw_code(canvas, card.code)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _draw_band(canvas: Canvas, card: CardText) -> None:
    colours = load_theme().colour
    canvas.setFillColor(HexColor(colours.azurite))
    canvas.rect(0, (HEIGHT_MM - _BAND_MM) * mm, WIDTH_MM * mm, _BAND_MM * mm, stroke=0, fill=1)
    canvas.setFillColor(white)
    width = WIDTH_MM - 2 * _MARGIN_MM
    points = _fitting(card.hall_zh, _BOLD, (10.5, 6.0), width)
    canvas.setFont(_BOLD, points)
    if card.hall_en and card.hall_en != card.hall_zh:
        canvas.drawString(_MARGIN_MM * mm, (HEIGHT_MM - 5.0) * mm, card.hall_zh)
        canvas.setFont(_REGULAR, _fitting(card.hall_en, _REGULAR, (5.6, 3.6), width))
        canvas.drawString(_MARGIN_MM * mm, (HEIGHT_MM - 7.9) * mm, card.hall_en)
    else:
        canvas.drawString(_MARGIN_MM * mm, (HEIGHT_MM - 6.1) * mm, card.hall_zh)


def _draw_photo_place(canvas: Canvas) -> None:
    colours = load_theme().colour
    left, top = _MARGIN_MM, HEIGHT_MM - _BAND_MM - _GAP_MM
    canvas.setStrokeColor(HexColor(colours.line))
    canvas.setFillColor(HexColor(colours.paper))
    canvas.setLineWidth(0.5)
    canvas.rect(left * mm, (top - PHOTO_HEIGHT_MM) * mm, PHOTO_WIDTH_MM * mm, PHOTO_HEIGHT_MM * mm, stroke=1, fill=1)
    canvas.setFillColor(HexColor(colours.ink_soft))
    canvas.setFont(_REGULAR, 5.5)
    middle = (left + PHOTO_WIDTH_MM / 2) * mm
    canvas.drawCentredString(middle, (top - PHOTO_HEIGHT_MM / 2 + 0.4) * mm, "照片")
    canvas.setFont(_REGULAR, 4.5)
    canvas.drawCentredString(middle, (top - PHOTO_HEIGHT_MM / 2 - 2.0) * mm, "25 × 35 mm")


def _draw_person(canvas: Canvas, card: CardText) -> None:
    colours = load_theme().colour
    ink, soft = HexColor(colours.ink), HexColor(colours.ink_soft)
    wide = WIDTH_MM - _MARGIN_MM - _TEXT_LEFT_MM
    narrow = _QR_LEFT_MM - _TEXT_LEFT_MM
    baseline = HEIGHT_MM - _BAND_MM - _GAP_MM
    canvas.setFillColor(ink)
    name = _fit(card.name, _BOLD, _NAME_POINTS, wide)
    baseline = _draw_lines(canvas, name, baseline)
    canvas.setFillColor(HexColor(colours.azurite))
    baseline = _draw_lines(canvas, _fit(card.post, _BOLD, _POST_POINTS, wide, 1), baseline - 2.2)
    canvas.setFillColor(ink)
    _draw_lines(
        canvas, _fit(card.department, _REGULAR, _DEPARTMENT_POINTS, narrow, 4 - len(name.lines)), baseline - 1.7
    )
    facts = (
        ("有效至", card.expires_on.isoformat()),
        ("胸牌", f"{format_badge(card.badge)}-{card.serial}"),
        ("工号", card.staff_number),
    )
    for row, (label, value) in enumerate(facts):
        y = (_PHOTO_BOTTOM_MM + row * _ROW_MM) * mm
        canvas.setFillColor(soft)
        canvas.setFont(_REGULAR, 5.5)
        canvas.drawString(_TEXT_LEFT_MM * mm, y, label)
        canvas.setFillColor(ink)
        size = _fitting(value, _REGULAR, (7.5, 5.0), narrow - _LABEL_MM)
        canvas.setFont(_REGULAR, size)
        canvas.drawString((_TEXT_LEFT_MM + _LABEL_MM) * mm, y, value)


def _draw_lines(canvas: Canvas, fitted: Fitted, top: float) -> float:
    """Draw lines of text below ``top`` (mm from the card's lower edge); return the last baseline."""
    baseline = top
    for number, line in enumerate(fitted.lines):
        baseline -= fitted.points * _POINT_MM * (_LEADING if number else _CAP_HEIGHT)
        canvas.setFont(fitted.font, fitted.points)
        canvas.drawString(_TEXT_LEFT_MM * mm, baseline * mm, line)
    return baseline


def _draw_code(canvas: Canvas, code: str) -> None:
    left, bottom = _QR_LEFT_MM, _QR_BOTTOM_MM
    canvas.setFillColor(white)
    canvas.rect(left * mm, bottom * mm, _QR_BOX_MM * mm, _QR_BOX_MM * mm, stroke=0, fill=1)
    canvas.setFillGray(0)
    origin_x, origin_y = left + QUIET_MODULES * MODULE_MM, bottom + QUIET_MODULES * MODULE_MM
    path = canvas.beginPath()
    for row, column, length in _dark_runs(code):
        path.rect(
            (origin_x + column * MODULE_MM) * mm,
            (origin_y + (QR_MODULES - 1 - row) * MODULE_MM) * mm,
            length * MODULE_MM * mm,
            MODULE_MM * mm,
        )
    canvas.drawPath(path, stroke=0, fill=1)


def _dark_runs(code: str) -> Iterator[tuple[int, int, int]]:
    """Yield row, column and length of each run of dark modules, from the top."""
    matrix = segno.make(code, version=QR_VERSION, error="m", boost_error=False, mode="alphanumeric").matrix
    for row, modules in enumerate(matrix):
        start = None
        for column, dark in enumerate([*modules, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                yield row, start, column - start
                start = None


class Fitted(NamedTuple):
    """Text broken into lines that fit, and the size at which they do."""

    lines: list[str]
    font: str
    points: float


def _fit(text: str, font: str, points: tuple[float, float], width_mm: float, most_lines: int = 2) -> Fitted:
    """Return ``text`` as large as it fits: one line while it is not small, then more, then cut with an ellipsis."""
    if not text:
        return Fitted([], font, points[0])
    most, least = points
    size = _fitting(text, font, points, width_mm)
    if most_lines == 1 or (size >= most * _STILL_LARGE and stringWidth(text, font, size) <= width_mm * mm):
        return Fitted([_cut(text, font, size, width_mm)], font, size)
    size = most * _STILL_LARGE
    while len(_broken(text, font, size, width_mm)) > most_lines and size > least:
        size -= 0.25
    lines = _broken(text, font, size, width_mm)
    kept = [*lines[: most_lines - 1], "".join(lines[most_lines - 1 :])]
    return Fitted([_cut(line, font, size, width_mm) for line in kept], font, size)


def _fitting(text: str, font: str, points: tuple[float, float], width_mm: float) -> float:
    """Return the largest size in points, from ``points[0]`` down to ``points[1]``, at which ``text`` fits."""
    size, least = points
    while size > least and stringWidth(text, font, size) > width_mm * mm:
        size -= 0.25
    return size


def _broken(text: str, font: str, size: float, width_mm: float) -> list[str]:
    """Break ``text`` after a space or a middle dot, else between any two characters."""
    lines, rest = [], text.strip()
    while rest:
        end = len(rest)
        while end > 1 and stringWidth(rest[:end], font, size) > width_mm * mm:
            end -= 1
        if end < len(rest):
            gap = max(rest.rfind(" ", 0, end), rest.rfind("·", 0, end), rest.rfind("（", 0, end) - 1)
            end = gap + 1 if gap > 0 else end
        lines.append(rest[:end].rstrip())
        rest = rest[end:].lstrip()
    return lines or [""]


def _cut(text: str, font: str, size: float, width_mm: float) -> str:
    if stringWidth(text, font, size) <= width_mm * mm:
        return text
    while text and stringWidth(text + "…", font, size) > width_mm * mm:
        text = text[:-1]
    return text + "…"


def _check_characters(card: CardText) -> None:
    known = _characters()
    for text in (card.hall_zh, card.hall_en, card.name, card.department, card.post, card.staff_number):
        for character in text:
            if ord(character) not in known:
                raise Unavailable("card_character_missing", character=f"U+{ord(character):04X}")


@cache
def _register_fonts() -> None:
    setattr(ttfonts, "makeToUnicodeCMap", _unicode_map)  # noqa: B010  # its type in the stubs takes any keyword
    registerFont(TTFont(_REGULAR, str(asset_path("fonts/NotoSansSC-Regular.ttf"))))
    registerFont(TTFont(_BOLD, str(asset_path("fonts/NotoSansSC-Bold.ttf"))))


@cache
def _characters() -> frozenset[int]:
    _register_fonts()
    face = cast("ttfonts.TTFontFace", getFont(_BOLD).face)  # type: ignore[attr-defined]  # the stub knows the base class
    return frozenset(face.charToGlyph)


def _unicode_map(font_name: str, subset: Sequence[int]) -> str:
    """Return the map by which a reader gets text back from glyphs, in place of reportlab's own.

    That one writes a character of plane 2 as five hex digits, and the name reads as another one; the
    standard asks for UTF-16BE (ISO 32000-1, 9.10.3) and at most 100 lines a block.
    """
    lines = [f"<{place:02X}> <{chr(code).encode('utf-16-be').hex().upper()}>" for place, code in enumerate(subset)]
    blocks = [
        f"{len(lines[start : start + 100])} beginbfchar\n" + "\n".join(lines[start : start + 100]) + "\nendbfchar"
        for start in range(0, len(lines), 100)
    ]
    return "\n".join(
        (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap",
            f"/CIDSystemInfo << /Registry ({font_name}) /Ordering ({font_name}) /Supplement 0 >> def",
            f"/CMapName /{font_name} def\n/CMapType 2 def",
            f"1 begincodespacerange\n<00> <{len(lines) - 1:02X}>\nendcodespacerange",
            *blocks,
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend",
        )
    )
