"""Contact sheets: many pictures at a glance, each with its name, on paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from PIL import Image, ImageDraw, ImageFont

from assets import asset_path
from assets.theme import load_theme

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_CAPTION_PX: Final = 30
_TYPE_PX: Final = 15


class Block(NamedTuple):
    """Rows of pictures, each fitted into ``cell`` (width, height) px; of a longer one the top is shown."""

    pictures: Sequence[Path]
    columns: int
    cell: tuple[int, int]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height with the gaps around."""
        gap = load_theme().kiosk.grid
        rows = -(-len(self.pictures) // self.columns)
        return (
            gap + self.columns * (self.cell[0] + gap),
            gap + rows * (self.cell[1] + _CAPTION_PX + gap),
        )


def write_contact_sheet(target: Path, *blocks: Block) -> None:
    """Write ``target``, a PNG, with the blocks below one another.

    In full colour: a palette leaves too few shades for the edges of small letters.
    """
    theme = load_theme()
    width = max(block.size[0] for block in blocks)
    sheet = Image.new("RGB", (width, sum(block.size[1] for block in blocks)), theme.colour.paper)
    top = 0
    for block in blocks:
        _draw(sheet, block, top)
        top += block.size[1]
    sheet.save(target, "PNG", optimize=True)


def _draw(sheet: Image.Image, block: Block, start: int) -> None:
    theme = load_theme()
    gap = theme.kiosk.grid
    width, height = block.cell
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(asset_path(theme.font.regular), _TYPE_PX)
    for place, file in enumerate(block.pictures):
        left = gap + place % block.columns * (width + gap)
        top = start + gap + place // block.columns * (height + _CAPTION_PX + gap)
        sheet.paste(_fit(file, block.cell), (left, top))
        draw.rectangle((left - 1, top - 1, left + width, top + height), outline=theme.colour.line)
        draw.text((left, top + height + 6), _caption(file.stem, font, width), font=font, fill=theme.colour.ink_soft)


def _caption(name: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    while font.getlength(name) > width:
        name = name.removesuffix("…")[:-1] + "…"
    return name


def _fit(file: Path, cell: tuple[int, int]) -> Image.Image:
    width, height = cell
    with Image.open(file) as opened:
        picture = opened.convert("RGB")
    # Hamming rings at no edge: flat paper stays flat, which a PNG packs a quarter smaller than Lanczos' ripples.
    scaled = picture.resize((width, max(1, round(picture.height * width / picture.width))), Image.Resampling.HAMMING)
    fitted = Image.new("RGB", cell, load_theme().colour.paper)
    fitted.paste(scaled.crop((0, 0, width, min(height, scaled.height))), (0, 0))
    return fitted
