"""Reads a list of staff from XLSX or CSV, knowing nothing of the database.

A file is read to its end and every fault is listed with its line, so that a person mends all of them
in one go. What is refused outright (not a table at all, no such columns) is one MalformedInput.
Faults hold lines, columns and codes; never a name.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Final, NamedTuple, Protocol, cast

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.xml.constants import SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from shared.errors import MalformedInput

if TYPE_CHECKING:
    from openpyxl.cell.read_only import ReadOnlyCell

MAX_FILE_BYTES: Final = 16 * 1024 * 1024
"""50,000 rows with twenty columns are about 8 MiB. The page that takes lists goes no further either."""

MAX_UNPACKED_BYTES: Final = 400 * 1024 * 1024
"""XLSX is a zip; a bomb of zeros unpacks a thousandfold."""

MAX_ROWS: Final = 50_000
"""A city's 40 halls have 16,000 staff; the whole file is one transaction."""

MAX_ROWS_COUNTED: Final = 2 * MAX_ROWS
"""So far a workbook is read to say how many rows too many it has."""

MAX_LINES: Final = 1_048_576
"""A worksheet has no more lines (ECMA-376); a file that goes on was not written by a spreadsheet."""

MAX_COLUMNS: Final = 64
"""What stands further right is no column of a staff list and is left alone."""

MAX_NAME_CHARACTERS: Final = 60
HEADER_WITHIN_ROWS: Final = 10
"""Lists begin with a title and a date; the row of column names is looked for below them."""

_STAFF_NUMBER: Final = re.compile(r"[A-Za-z0-9-]{1,32}")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "|")
_DELIMITERS: Final = (",", "\t", ";", "，")

COLUMN_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "number": (
        "工号",
        "职工号",
        "员工编号",
        "人员编号",
        "编号",
        "number",
        "staff number",
        "staff no",
        "staff id",
        "no",
    ),
    "name": ("姓名", "名字", "name", "full name", "staff name"),
    "department": ("部门", "单位", "科室", "所属部门", "department", "unit", "dept"),
    "post": ("岗位", "岗位名称", "职务", "post", "post name", "position"),
    "post_code": ("岗位编号", "岗位代码", "post code", "post id"),
    "window": ("窗口", "窗口号", "窗口编号", "window", "window number", "window no", "counter"),
}
"""Column -> names by which it is known, lower case, in the order in which they win."""

REQUIRED: Final = ("number", "name", "department")
Progress = Callable[[int, int], None]
"""Told how many rows of how many are done."""


class Fault(NamedTuple):
    """One reason why a file is not taken. ``line``: as a spreadsheet counts; ``column``: its name in the file."""

    line: int
    column: str
    code: str
    other_line: int | None = None


@dataclass(frozen=True)
class StaffRow:
    """One person of the list, cleaned of spaces; empty strings where nothing is said."""

    line: int
    number: str
    name: str
    department: str
    post: str = ""
    post_code: str = ""
    window: str = ""


@dataclass
class StaffTable:
    """What a file says, its faults by line, and the columns that nobody asked for (told, then left alone)."""

    rows: list[StaffRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unused_columns: list[str] = field(default_factory=list)
    column_titles: dict[str, str] = field(default_factory=dict)


class _Cell(NamedTuple):
    text: str
    fault: str | None = None


class _StreamedSheet(Protocol):
    """What is used of openpyxl's read-only worksheet, whose stubs promise that of the other kind."""

    _worksheet_path: str

    def reset_dimensions(self) -> None:
        """Do not believe the size that the file says of itself."""

    def iter_rows(self, *, max_col: int) -> Iterator[tuple[ReadOnlyCell, ...]]:
        """Give each row, cut at ``max_col``; those left out of the file as empty ones."""


_NOTHING: Final[list[_Cell]] = []
"""A line without a word; all such lines are this one."""

_DAMAGE: Final = (
    zipfile.BadZipFile,
    zlib.error,
    InvalidFileException,
    OSError,
    ValueError,
    LookupError,
    ArithmeticError,
    AttributeError,
    TypeError,
    RuntimeError,
    EOFError,
    SyntaxError,
)
"""What a reader of zip and XML stumbles over in a file that is cut, locked or made by hand."""


def read_staff_file(content: bytes, *, progress: Progress | None = None) -> StaffTable:
    """Return the list in ``content``; what kind of file it is, its bytes say and not its name.

    Raises:
        MalformedInput: ``file_empty``, ``file_too_large``, ``file_old_excel`` (XLS, or locked by a
            password), ``file_not_a_table``, ``file_damaged``, ``file_encoding``,
            ``columns_missing`` with the column names, ``rows_too_many``, ``rows_none``.
    """
    if not content.strip():
        raise MalformedInput("file_empty")
    if len(content) > MAX_FILE_BYTES:
        raise MalformedInput("file_too_large", limit_mib=MAX_FILE_BYTES // 2**20)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise MalformedInput("file_old_excel")
    if content.startswith(b"PK"):
        lines, merged = _read_workbook(content)
    else:
        lines, merged = _read_text(content), frozenset[int]()
    return _read_lines(lines, merged, progress or _say_nothing)


def _say_nothing(done: int, total: int) -> None:
    del done, total


def _read_workbook(content: bytes) -> tuple[list[list[_Cell]], frozenset[int]]:
    packed = io.BytesIO(content)
    try:
        with zipfile.ZipFile(packed) as parts:
            if "xl/workbook.xml" not in parts.namelist():
                raise MalformedInput("file_not_a_table")
            if sum(part.file_size for part in parts.infolist()) > MAX_UNPACKED_BYTES:
                raise MalformedInput("file_too_large", limit_mib=MAX_UNPACKED_BYTES // 2**20)
            with closing(load_workbook(packed, read_only=True, data_only=False, keep_links=False)) as book:
                if not book.worksheets:
                    raise MalformedInput("file_not_a_table")
                sheet = cast("_StreamedSheet", book.worksheets[0])
                lines = _read_sheet(sheet)
                with parts.open(sheet._worksheet_path) as part:  # noqa: SLF001  # openpyxl streams cells, not merges
                    return lines, _merged_lines(part)
    except _DAMAGE as error:
        raise MalformedInput("file_damaged") from error


def _read_sheet(sheet: _StreamedSheet) -> list[list[_Cell]]:
    """Return the rows as far as they say something; one cell in the last corner makes no table of 17 billion."""
    sheet.reset_dimensions()
    lines: list[list[_Cell]] = []
    filled = 0
    for row in sheet.iter_rows(max_col=MAX_COLUMNS):
        width = next((place for place in range(len(row), 0, -1) if row[place - 1].value is not None), 0)
        lines.append([_cell_of(cell.value, cell.data_type) for cell in row[:width]] if width else _NOTHING)
        filled += width > 0
        if filled > MAX_ROWS_COUNTED:
            raise MalformedInput("rows_too_many", limit=MAX_ROWS, rows=filled)
        if len(lines) > MAX_LINES:
            raise MalformedInput("file_damaged")
    return lines


def _merged_lines(sheet_part: IO[bytes]) -> frozenset[int]:
    lines: set[int] = set()
    for _event, element in iterparse(sheet_part, events=("end",)):
        if element.tag == f"{{{SHEET_MAIN_NS}}}mergeCell":
            area = CellRange(element.get("ref"))
            lines.update(range(area.min_row, min(area.max_row, MAX_LINES) + 1))
        element.clear()
    return frozenset(lines)


def _cell_of(value: object, kind: str) -> _Cell:
    if value is None:
        return _Cell("")
    if kind == "f":
        return _Cell("", "cell_formula")
    if kind == "e":
        return _Cell("", "cell_error")
    if isinstance(value, float) and value.is_integer():
        return _Cell(str(int(value)))
    return _Cell(_clean(str(value)))


def _read_text(content: bytes) -> list[list[_Cell]]:
    text = _decode(content)
    first = next((line for line in text.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise MalformedInput("file_damaged") from error
    return [[_text_cell(value) for value in row] for row in rows]


def _text_cell(value: str) -> _Cell:
    text = _clean(value)
    return _Cell("", "cell_formula") if text.startswith(_FORMULA_STARTS) else _Cell(text)


def _decode(content: bytes) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates: tuple[str, ...] = ("utf-16",)
    else:
        candidates = ("utf-8-sig", "gb18030")
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text
    raise MalformedInput("file_encoding")


def _clean(text: str) -> str:
    """Return the text composed, without the zero-width characters and spaces around it that pasting leaves."""
    composed = unicodedata.normalize("NFC", text)
    visible = "".join(character for character in composed if unicodedata.category(character) != "Cf")
    return " ".join(visible.split())


def _read_lines(lines: Sequence[Sequence[_Cell]], merged: frozenset[int], progress: Progress) -> StaffTable:
    header_line, columns, table = _find_header(lines)
    total = sum(1 for cells in lines[header_line:] if _is_filled(cells))
    if total > MAX_ROWS:
        raise MalformedInput("rows_too_many", limit=MAX_ROWS, rows=total)
    if not total:
        raise MalformedInput("rows_none")
    first_line: dict[str, int] = {}
    for line, cells in _filled_rows(lines, header_line):
        faults = list(_faults_of_cells(line, cells, columns, table, merged))
        said = {column: cells[place].text if place < len(cells) else "" for column, place in columns.items()}
        faults.extend(_faults_of_values(line, said, table, {fault.column for fault in faults}))
        number = said["number"]
        if number and first_line.setdefault(number.upper(), line) != line:
            title = table.column_titles["number"]
            faults.append(Fault(line, title, "number_twice_in_file", first_line[number.upper()]))
        table.faults.extend(faults)
        if not faults:
            table.rows.append(StaffRow(line=line, **said))
        progress(len(table.rows) + len(table.faults), total)
    return table


def _is_filled(cells: Iterable[_Cell]) -> bool:
    return any(cell.text or cell.fault for cell in cells)


def _filled_rows(lines: Sequence[Sequence[_Cell]], header_line: int) -> Iterator[tuple[int, Sequence[_Cell]]]:
    for line, cells in enumerate(lines[header_line:], header_line + 1):
        if _is_filled(cells):
            yield line, cells


def _find_header(lines: Sequence[Sequence[_Cell]]) -> tuple[int, dict[str, int], StaffTable]:
    """Return the header's line, the place of each known column, and a table that knows its titles."""
    best_missing: tuple[str, ...] = REQUIRED
    for line, cells in enumerate(lines[:HEADER_WITHIN_ROWS], 1):
        columns = _columns_of(cells)
        missing = tuple(column for column in REQUIRED if column not in columns)
        if not missing:
            known = set(columns.values())
            table = StaffTable(column_titles={column: cells[place].text for column, place in columns.items()})
            table.unused_columns = [cell.text for place, cell in enumerate(cells) if cell.text and place not in known]
            return line, columns, table
        best_missing = min(best_missing, missing, key=len)
    raise MalformedInput("columns_missing", columns=[COLUMN_NAMES[column][0] for column in best_missing])


def _columns_of(cells: Sequence[_Cell]) -> dict[str, int]:
    titles = [cell.text.lower().rstrip("*:：").strip().replace("_", " ") for cell in cells]
    places: dict[str, int] = {}
    for column, names in COLUMN_NAMES.items():
        place = next((titles.index(name) for name in names if name in titles), None)
        if place is not None:
            places[column] = place
    return places


def _faults_of_cells(
    line: int, cells: Sequence[_Cell], columns: dict[str, int], table: StaffTable, merged: frozenset[int]
) -> Iterator[Fault]:
    if line in merged:
        yield Fault(line, "", "cell_merged")
    for column, place in columns.items():
        fault = cells[place].fault if place < len(cells) else None
        if fault is not None:
            yield Fault(line, table.column_titles[column], fault)


def _faults_of_values(line: int, said: dict[str, str], table: StaffTable, faulty: set[str]) -> Iterator[Fault]:
    for column in REQUIRED:
        title = table.column_titles[column]
        if not said[column] and title not in faulty and "" not in faulty:
            yield Fault(line, title, "cell_empty")
    if said["number"] and _STAFF_NUMBER.fullmatch(said["number"]) is None:
        yield Fault(line, table.column_titles["number"], "number_malformed")
    for column, text in said.items():
        if len(text) > MAX_NAME_CHARACTERS:
            yield Fault(line, table.column_titles[column], "cell_too_long")
        elif any(unicodedata.category(character) in {"Cc", "Cs", "Co"} for character in text):
            yield Fault(line, table.column_titles[column], "cell_characters")
