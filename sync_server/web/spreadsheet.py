"""Lists as XLSX and CSV, in which no cell is ever a formula (T31).

A list that leaves the office holds words that others typed: a name, a place, a title. Each cell is
text or a whole number; a text that a spreadsheet would run is shown as text.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from typing import TYPE_CHECKING, Final

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV_TYPE: Final = "text/csv; charset=utf-8"
MAX_CELL_CHARACTERS: Final = 32_767
"""What one cell of a spreadsheet holds."""

MAX_SHEET_TITLE: Final = 31
"""What a sheet may be called, in characters."""

_FORMULA_STARTS: Final = frozenset("=+-@%\t\r\n＝＋－＠|")
_WIDEST: Final = 40
_FORBIDDEN_TITLE: Final = str.maketrans("\\/*?:[]", "       ")

Cell = str | int


def quote_cell(text: str) -> str:
    """Return ``text`` so that no spreadsheet runs it: an apostrophe before what begins like a formula. Pure.

    What stands first is looked for behind spaces, byte order marks and zero-width characters, which
    a program that opens the file may drop. Characters that no such file can hold are left out.
    """
    kept = "".join(character for character in text if _is_kept(character))[: MAX_CELL_CHARACTERS - 1]
    return f"'{kept}" if _looks_like_formula(kept) else kept


def format_csv(titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return the list as UTF-8 CSV with a byte order mark, which Excel needs to read Chinese. Pure."""
    written = io.StringIO()
    writer = csv.writer(written)
    for row in (titles, *rows):
        writer.writerow([cell if isinstance(cell, int) else quote_cell(cell) for cell in row])
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def format_xlsx(title: str, titles: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """Return the list as a workbook of one sheet; every text is stored as text. Pure."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title.translate(_FORBIDDEN_TITLE).strip()[:MAX_SHEET_TITLE] or "1"
    sheet.freeze_panes = "A2"
    widths = [0] * len(titles)
    for line, row in enumerate((titles, *rows), 1):
        for place, content in enumerate(row):
            cell = sheet.cell(line, place + 1)
            if isinstance(content, int):
                cell.value = content
            elif content:
                cell.value = quote_cell(content)
                cell.data_type = "s"
            widths[place] = max(widths[place], _width(str(content)))
    for place, width in enumerate(widths):
        sheet.cell(1, place + 1).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(place + 1)].width = min(width, _WIDEST) + 2
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _is_kept(character: str) -> bool:
    return character in "\t\r\n" or unicodedata.category(character) not in {"Cc", "Cs"}


def _looks_like_formula(text: str) -> bool:
    for character in text:
        if character in _FORMULA_STARTS:
            return True
        if not (character.isspace() or unicodedata.category(character) == "Cf"):
            return False
    return False


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
