"""Chinese lines break where Chinese lines break. No window: a character is one wide, a Latin one half."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kiosk.screens.line_breaking import NO_LINE_END, NO_LINE_START, balance_lines, break_lines, shorten_lines

TEXT = (
    "申请人应当在收到通知书之日起 15 个工作日内，携带居民身份证（原件及复印件）到 3 号窗口办理；"
    "逾期未办理的，视为放弃。"
)


def width_of(text: str) -> float:
    return sum(0.5 if character < "⺀" else 1 for character in text)


def test_no_closing_mark_begins_and_no_opening_mark_ends_a_line() -> None:
    for width in range(5, 40):
        lines = break_lines(TEXT, width_of, width)
        assert all(line[0] not in NO_LINE_START for line in lines)
        assert all(line[-1] not in NO_LINE_END for line in lines)
        assert max(map(width_of, lines)) <= width


def test_latin_words_and_numbers_stay_whole() -> None:
    lines = break_lines("Please take the badge to the office", width_of, 6)
    assert lines == ["Please take", "the badge to", "the office"]


def test_word_wider_than_the_line_is_cut_rather_than_lost() -> None:
    assert break_lines("A" * 10, width_of, 2) == ["AAAA", "AAAA", "AA"]


def test_last_line_is_no_single_character() -> None:
    assert break_lines("这枚胸牌由临江区政务服务中心签发", width_of, 15)[-1] == "发"
    assert len(balance_lines("这枚胸牌由临江区政务服务中心签发", width_of, 15)[-1]) > 5


def test_two_lines_part_where_the_sentence_does() -> None:
    assert balance_lines("请再试一次；仍不行，请到咨询台。", width_of, 14) == ["请再试一次；", "仍不行，请到咨询台。"]


def test_line_ends_that_were_meant_are_kept() -> None:
    assert break_lines("一\n\n二", width_of, 9) == ["一", "", "二"]
    assert balance_lines("一\n二", width_of, 9) == ["一", "二"]


def test_what_does_not_fit_is_told_by_an_ellipsis() -> None:
    assert shorten_lines(["一二三", "四五六", "七"], 2, width_of, 3) == ["一二三", "四五…"]
    assert shorten_lines(["一二三"], 2, width_of, 3) == ["一二三"]


@given(st.text(alphabet="政务服务，。；（）“”A1 -\n", max_size=60), st.integers(1, 20))
def test_nothing_but_blanks_is_ever_lost(text: str, width: int) -> None:
    for broken in (break_lines(text, width_of, width), balance_lines(text, width_of, width)):
        assert "".join("".join(broken).split()) == "".join(text.split())


def test_english_parts_at_the_end_of_a_sentence_too() -> None:
    text = "You need not do anything. Listen for your number at the windows."
    assert balance_lines(text, width_of, 30) == [
        "You need not do anything.",
        "Listen for your number at the windows.",
    ]


def test_a_sentence_parts_before_a_clause_does() -> None:
    assert balance_lines("请扫新胸牌。没有领到，到办公室领取。", width_of, 14) == [
        "请扫新胸牌。",
        "没有领到，到办公室领取。",
    ]
