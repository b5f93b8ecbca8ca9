"""What a printer would put on paper, drawn from the ESC/POS bytes it gets: the eye of the virtual printer.

Knows what our tickets use and GB18030 text; a command that it does not know is an error, not a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from assets import asset_path
from shared.errors import MalformedInput

_TEXT_PX: Final = 24
_LINE_GAP: Final = 8
_MAX_HEIGHT: Final = 8000
_CUT_FEED: Final = 24


@dataclass
class _Paper:
    width: int
    picture: Image.Image = field(init=False)
    y: int = 0
    line: bytearray = field(default_factory=bytearray)
    bold: bool = False
    align: int = 0
    size: int = 1

    def __post_init__(self) -> None:
        self.picture = Image.new("L", (self.width, _MAX_HEIGHT), 255)

    def end_line(self) -> None:
        text = self.line.decode("gb18030", "replace")
        self.line.clear()
        height = _TEXT_PX * self.size
        name = "fonts/NotoSansSC-Bold.ttf" if self.bold else "fonts/NotoSansSC-Regular.ttf"
        font = ImageFont.truetype(str(asset_path(name)), height - 2)
        room = self.width - font.getlength(text)
        ImageDraw.Draw(self.picture).text(((0, room / 2, room)[self.align], self.y), text, font=font, fill=0)
        self.y += height + _LINE_GAP

    def paste(self, width_bytes: int, height: int, dots: bytes) -> None:
        raster = Image.frombytes("1", (width_bytes * 8, height), dots)
        self.picture.paste(ImageChops.invert(raster.convert("L")), (0, self.y))
        self.y += height


def render_escpos(raw: bytes, width: int) -> Image.Image:
    """Return the paper that ``raw`` prints, ``width`` dots wide.

    Raises:
        MalformedInput: ``escpos_command_unknown`` or ``escpos_cut``.
    """
    paper = _Paper(width)
    at = 0
    try:
        while at < len(raw):
            at = _step(paper, raw, at)
    except IndexError as error:
        raise MalformedInput("escpos_cut", at=at) from error
    if paper.line:
        paper.end_line()
    return paper.picture.crop((0, 0, width, min(paper.y + _CUT_FEED, _MAX_HEIGHT)))


def _step(paper: _Paper, raw: bytes, at: int) -> int:
    """Work off one command or character and return where the next begins."""
    head, two = raw[at], raw[at : at + 2]
    if head == ord("\n"):
        paper.end_line()
        return at + 1
    if two == b"\x1b@":
        paper.align, paper.bold, paper.size = 0, False, 1
        return at + 2
    if two == b"\x1d\x76":
        return _raster(paper, raw, at)
    if two == b"\x1dV":
        return at + (4 if raw[at + 2] in b"ABab" else 3)
    if head in b"\x1b\x1c\x1d":
        return _set(paper, raw, at)
    paper.line.append(head)
    return at + 1


def _raster(paper: _Paper, raw: bytes, at: int) -> int:
    width_bytes = raw[at + 4] + 256 * raw[at + 5]
    height = raw[at + 6] + 256 * raw[at + 7]
    dots = raw[at + 8 : at + 8 + width_bytes * height]
    if len(dots) != width_bytes * height:
        raise MalformedInput("escpos_cut", at=at)
    paper.paste(width_bytes, height, dots)
    return at + 8 + len(dots)


def _set(paper: _Paper, raw: bytes, at: int) -> int:
    two = raw[at : at + 2]
    if two in (b"\x1c&", b"\x1c."):
        return at + 2
    value = raw[at + 2]
    if two == b"\x1ba":
        paper.align = value % 48
    elif two == b"\x1bE":
        paper.bold = bool(value & 1)
    elif two == b"\x1d!":
        paper.size = (value & 7) + 1
    elif two == b"\x1bd":
        paper.y += value * (_TEXT_PX + _LINE_GAP)
    else:
        raise MalformedInput("escpos_command_unknown", command=two.hex(), at=at)
    return at + 3
