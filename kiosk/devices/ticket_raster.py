"""A ticket as dots: drawn with our own font, so that every printer prints every character alike.

576 dots are 80 mm paper at 203 dpi, 384 dots 58 mm. Pure but for reading the font files.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from PIL import Image, ImageDraw, ImageFont

from assets import asset_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kiosk.ports import TicketPaper

_FULL_WIDTH: Final = 576
_MARGIN: Final = 24
_THRESHOLD: Final = 140
"""Grey above this stays white; tried on thermal paper's habit of growing thin strokes."""

_NO_LINE_START: Final = frozenset("，。、；：？！）》」』”’…—,.;:?!)%")
_LEADING: Final = 1.3
_NARROWER_BY: Final = 12
_TALL: Final = 80
_EMPTY_ABOVE: Final = 0.18
"""What the font leaves above its capitals; in a tall line it tears the ticket apart."""

_REGULAR: Final = "fonts/NotoSansSC-Regular.ttf"
_BOLD: Final = "fonts/NotoSansSC-Bold.ttf"


@dataclass(frozen=True)
class _Line:
    text: str
    size: int
    font: str = _REGULAR
    gap: int = 8


@lru_cache(maxsize=16)
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(asset_path(name)), size)


def draw_ticket(paper: TicketPaper, width: int = _FULL_WIDTH) -> Image.Image:
    """Return the ticket in black and white, ``width`` dots wide, as high as it needs."""
    scale = width / _FULL_WIDTH

    def sized(points: int) -> int:
        return max(16, round(points * scale))

    above = [_Line(paper.hall, sized(34), _BOLD, 18)]
    middle = [
        _Line(paper.service, sized(42), _BOLD, 0),
        _Line(paper.number, sized(148), _BOLD, 4),
        _Line(paper.window, sized(32), _BOLD, 10),
        _Line(paper.ahead, sized(28), gap=18),
    ]
    below = [_Line(paper.time, sized(26), gap=6), _Line(paper.advice, sized(24), gap=10)]
    picture = Image.new("L", (width, 2400), 255)
    pen = ImageDraw.Draw(picture)
    y = sized(20)
    for number, block in enumerate((above, middle, below)):
        if number:
            pen.line((_MARGIN, y, width - _MARGIN, y), fill=0, width=2)
            y += sized(16)
        for line in block:
            y = _draw_line(pen, line, y, width)
    return picture.crop((0, 0, width, y + sized(12))).point(lambda grey: 0 if grey < _THRESHOLD else 255).convert("1")


def _draw_line(pen: ImageDraw.ImageDraw, line: _Line, y: int, width: int) -> int:
    font = _font(line.font, line.size)
    if line.size > _TALL:
        y -= round(line.size * _EMPTY_ABOVE)
    for part in _balanced(line.text, font, width - 2 * _MARGIN):
        pen.text(((width - font.getlength(part)) / 2, y), part, font=font, fill=0)
        y += round(line.size * _LEADING)
    return y + line.gap


def _balanced(text: str, font: ImageFont.FreeTypeFont, room: int) -> list[str]:
    """Break into as few lines as fit, and these as even as can be: no single word on the last."""
    lines = list(_wrapped(text, font, room))
    while len(lines) > 1:
        narrower = list(_wrapped(text, font, room - _NARROWER_BY))
        if len(narrower) > len(lines) or room <= _NARROWER_BY:
            break
        lines, room = narrower, room - _NARROWER_BY
    return lines


def _wrapped(text: str, font: ImageFont.FreeTypeFont, room: int) -> Iterator[str]:
    line = ""
    for piece in _pieces(text):
        if line and font.getlength((line + piece).rstrip()) > room and piece not in _NO_LINE_START:
            yield line.strip()
            line = ""
        line += piece
    yield line.strip()


def _pieces(text: str) -> Iterator[str]:
    """Give words of Latin letters whole and each other character by itself."""
    word = ""
    for character in text:
        if character.isascii() and not character.isspace():
            word += character
            continue
        if word:
            yield word
            word = ""
        yield character
    if word:
        yield word
