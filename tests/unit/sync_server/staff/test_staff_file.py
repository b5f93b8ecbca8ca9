"""Every kind of file that somebody may bring as a staff list."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from openpyxl import Workbook

from shared.errors import MalformedInput
from sync_server.staff import staff_file
from sync_server.staff.staff_file import MAX_FILE_BYTES, MAX_ROWS, Fault, StaffRow, StaffTable, read_staff_file

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HEADER = ["工号", "姓名", "部门", "岗位", "窗口"]
ROWS = [["S0001", "陈向东", "办公室", "主任", ""], ["S0002", "江𣲗羽", "公安局", "户籍", "17"]]


def workbook(rows: Sequence[Sequence[object]], change: Callable[[Workbook], None] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    if change is not None:
        change(book)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def text_file(rows: Sequence[Sequence[str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    return "\r\n".join(delimiter.join(row) for row in rows).encode(encoding)


def refused(content: bytes) -> MalformedInput:
    with pytest.raises(MalformedInput) as caught:
        read_staff_file(content)
    return caught.value


def people(table: StaffTable) -> list[tuple[str, str, str, str, str]]:
    assert table.faults == []
    return [(row.number, row.name, row.department, row.post, row.window) for row in table.rows]


@pytest.mark.parametrize(
    "content",
    [
        workbook([HEADER, *ROWS]),
        workbook([["2026 年 11 月在岗人员名单"], [], HEADER, *ROWS]),
        text_file([HEADER, *ROWS]),
        text_file([HEADER, *ROWS], "utf-8-sig"),
        text_file([HEADER, *ROWS], "gb18030"),
        text_file([HEADER, *ROWS], "utf-16"),
        text_file([HEADER, *ROWS], delimiter="\t"),
        text_file([HEADER, *ROWS], "gb18030", ";"),
        text_file([["Staff No", "Name", "Department", "Post", "Window"], *ROWS]),
        text_file([[" 工号*", "姓名：", "所属部门", "岗位名称", "窗口号"], *ROWS]),
    ],
    ids=["xlsx", "title above", "utf-8", "bom", "gb18030", "utf-16", "tabs", "semicolons", "english", "decorated"],
)
def test_the_same_list_is_read_from_every_kind_of_file(content: bytes) -> None:
    assert people(read_staff_file(content)) == [tuple(row) for row in ROWS]


def test_columns_may_stand_in_any_order_and_the_others_are_left_alone_and_told() -> None:
    table = read_staff_file(
        text_file([["手机", "姓名", "部门", "工号", "身份证"], ["139", "陈向东", "办公室", "S1", "11"]])
    )

    assert table.rows == [StaffRow(line=2, number="S1", name="陈向东", department="办公室")]
    assert table.unused_columns == ["手机", "身份证"]


@pytest.mark.parametrize("corner", ["XFD1048576", "A1048576", "XFD2"])
def test_one_stray_cell_in_a_far_corner_does_not_make_a_table_of_billions(corner: str) -> None:
    def stray(book: Workbook) -> None:
        book.worksheets[0][corner] = "x"

    table = read_staff_file(workbook([HEADER, *ROWS], stray))

    assert [row.number for row in table.rows] == ["S0001", "S0002"]
    assert {fault.line for fault in table.faults} <= {1048576}


def test_a_sheet_that_unpacks_to_millions_of_rows_is_left_as_soon_as_that_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(staff_file, "MAX_ROWS_COUNTED", 3)

    many: list[list[str]] = [HEADER] * 9
    tall: list[list[str]] = [HEADER, *[[]] * 9, ROWS[0]]

    assert refused(workbook(many)).facts == {"limit": MAX_ROWS, "rows": 4}

    monkeypatch.setattr(staff_file, "MAX_LINES", 5)
    assert refused(workbook(tall)).code == "file_damaged"


def test_numbers_that_the_spreadsheet_made_of_staff_numbers_are_numbers_again() -> None:
    table = read_staff_file(workbook([HEADER, [1024.0, "陈向东", "办公室", None, 7]]))

    assert (table.rows[0].number, table.rows[0].window) == ("1024", "7")


def test_spaces_and_invisible_characters_of_pasting_are_taken_off() -> None:
    table = read_staff_file(workbook([HEADER, ["\ufeffS0001\u200b", "\u3000陈向东 ", " 办公室\n", "", ""]]))

    assert table.rows[0] == StaffRow(line=2, number="S0001", name="陈向东", department="办公室")


def test_blank_rows_are_no_rows_and_lines_are_counted_as_the_spreadsheet_counts() -> None:
    table = read_staff_file(workbook([["名单"], HEADER, [], ROWS[0], [None, "  "], ["", "无名氏", "办公室"]]))

    assert [row.line for row in table.rows] == [4]
    assert table.faults == [Fault(6, "工号", "cell_empty")]


def test_merged_cells_are_named_by_each_of_their_lines() -> None:
    rows = [HEADER, ROWS[0], ["S0002", "张三", None], ["S0003", "李四", "民政局"]]

    table = read_staff_file(workbook(rows, lambda book: book.worksheets[0].merge_cells("C2:C3")))

    assert table.faults == [Fault(2, "", "cell_merged"), Fault(3, "", "cell_merged")]
    assert [row.line for row in table.rows] == [4]


def test_a_merged_title_above_the_columns_is_no_fault() -> None:
    rows = [["名单", None, None], HEADER, ROWS[0]]

    assert len(people(read_staff_file(workbook(rows, lambda book: book.worksheets[0].merge_cells("A1:E1"))))) == 1


@pytest.mark.parametrize("formula", ['=A1&"x"', "=1+1", '=HYPERLINK("http://x")'])
def test_a_formula_in_a_workbook_is_named(formula: str) -> None:
    assert read_staff_file(workbook([HEADER, ["S1", formula, "办公室"]])).faults == [Fault(2, "姓名", "cell_formula")]


@pytest.mark.parametrize("formula", ["=cmd|'/c calc'!A1", "+1", "@SUM(1)", "＝1", "\u200b=1"])
def test_what_a_spreadsheet_would_run_is_named_in_a_text_file(formula: str) -> None:
    assert read_staff_file(text_file([HEADER, ["S1", formula, "办公室"]])).faults == [Fault(2, "姓名", "cell_formula")]


def test_an_error_of_the_spreadsheet_is_named() -> None:
    def break_cell(book: Workbook) -> None:
        cell = book.worksheets[0].cell(2, 3)
        cell.value, cell.data_type = "#REF!", "e"

    assert read_staff_file(workbook([HEADER, ROWS[0]], break_cell)).faults == [Fault(2, "部门", "cell_error")]


def test_a_number_that_comes_twice_is_named_with_both_lines_whatever_its_case() -> None:
    table = read_staff_file(text_file([HEADER, *ROWS, ["s0001", "别人", "税务局", "", ""]]))

    assert table.faults == [Fault(4, "工号", "number_twice_in_file", 2)]


def test_every_fault_of_a_list_is_told_at_once() -> None:
    rows = [HEADER, ["", "甲", ""], ["S 2", "乙", "科"], ["S3", "丙" * 61, "科"], ["S4", "丁\ue000", "科"]]

    assert read_staff_file(workbook(rows)).faults == [
        Fault(2, "工号", "cell_empty"),
        Fault(2, "部门", "cell_empty"),
        Fault(3, "工号", "number_malformed"),
        Fault(4, "姓名", "cell_too_long"),
        Fault(5, "姓名", "cell_characters"),
    ]


def _zip(name: str, size: int = 10) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for part in range(8 if size > 1000 else 1):
            packed.writestr(name if not part else f"{name}{part}", b"0" * size)
    return written.getvalue()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b" \r\n\r\n", "file_empty"),
        (b"x" * (MAX_FILE_BYTES + 1), "file_too_large"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "file_old_excel"),
        (_zip("word/document.xml"), "file_not_a_table"),
        (_zip("xl/workbook.xml"), "file_damaged"),
        (_zip("xl/workbook.xml", 60 * 1024 * 1024), "file_too_large"),
        (workbook([HEADER, *ROWS])[:2000], "file_damaged"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00", "file_encoding"),
        (b"%PDF-1.7 a paper", "columns_missing"),
        ('"工号,姓名'.encode(), "file_damaged"),
        ("工号,姓名\r\n1,甲".encode(), "columns_missing"),
        ("工号,姓名,部门\r\n".encode(), "rows_none"),
    ],
)
def test_what_is_no_staff_list_is_refused_for_what_it_is(content: bytes, code: str) -> None:
    assert refused(content).code == code


def test_the_columns_that_are_missing_are_named() -> None:
    assert refused("姓名,电话\r\n甲,1".encode()).facts == {"columns": ["工号", "部门"]}


def test_fifty_thousand_rows_are_read_and_one_more_is_refused() -> None:
    steps: list[tuple[int, int]] = []
    lines = ["工号,姓名,部门", *(f"S{number},甲,科" for number in range(MAX_ROWS))]

    table = read_staff_file("\n".join(lines).encode(), progress=lambda done, total: steps.append((done, total)))

    assert len(table.rows) == MAX_ROWS
    assert steps[-1] == (MAX_ROWS, MAX_ROWS)
    assert refused("\n".join([*lines, "S50000,甲,科"]).encode()).code == "rows_too_many"


def test_no_name_stands_in_what_is_told_of_a_fault() -> None:
    table = read_staff_file(text_file([HEADER, ["S1", "陈向东", ""], ["S1", "林婉清", "科"]]))

    assert "陈向东" not in str(table.faults)
    assert "林婉清" not in str(table.faults)
