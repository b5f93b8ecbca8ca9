"""Lists that leave the office hold no formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from sync_server.web import spreadsheet
from sync_server.web.spreadsheet import format_csv, format_xlsx, quote_cell

STARTS = "=+-@%\t\r\n＝＋－＠|"
HIDDEN = ["", " ", "\ufeff", "\u200b", "\u3000", "\xa0\u200d "]


@pytest.mark.fault("T31")
@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("hidden", HIDDEN)
def test_what_begins_like_a_formula_is_text_in_both_files(start: str, hidden: str) -> None:
    evil = f"{hidden}{start}cmd|'/c calc'!A1"

    [_, row] = csv.reader(io.StringIO(format_csv(["a"], [[evil]]).decode("utf-8-sig"), newline=""))
    cell = load_workbook(io.BytesIO(format_xlsx("a", ["a"], [[evil]])))["a"].cell(2, 1)

    assert row[0] == f"'{evil}"
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


@pytest.mark.fault("T31")
@given(st.text(max_size=40))
def test_no_text_at_all_becomes_a_formula(text: str) -> None:
    cell = load_workbook(io.BytesIO(format_xlsx("a", ["a"], [[text]])))["a"].cell(2, 1)
    seen = quote_cell(text).lstrip("\ufeff\u200b \u3000")

    assert cell.data_type == "s" or cell.value is None
    assert not seen.startswith(tuple(STARTS))


def test_names_and_numbers_stay_as_they_are() -> None:
    rows = [["阿卜杜热西提·买买提明", 12], ["江𣲗羽", 0]]

    sheet = load_workbook(io.BytesIO(format_xlsx("考勤 [1]", ["姓名", "分钟"], rows))).worksheets[0]

    assert [[cell.value for cell in line] for line in sheet.iter_rows()] == [["姓名", "分钟"], *rows]
    assert sheet.title == "考勤  1"
    assert format_csv(["姓名", "分钟"], rows).decode("utf-8-sig").splitlines() == [
        "姓名,分钟",
        "阿卜杜热西提·买买提明,12",
        "江𣲗羽,0",
    ]


def test_csv_begins_with_the_mark_that_excel_needs_for_chinese() -> None:
    assert format_csv(["姓名"], []).startswith(b"\xef\xbb\xbf")


@pytest.mark.fault("T31")
def test_the_planted_fault_is_seen_where_nothing_is_quoted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "quote_cell", lambda text: text)

    assert b"\r\n=1+1" in format_csv(["a"], [["=1+1"]])
