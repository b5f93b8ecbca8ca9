"""Settings that are wrong are told by key, line and what was expected, in both languages."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from shared.errors import MalformedInput
from shared.settings_text import Wording, line_of, missing_key, parse_settings, words, wrong_value


class Screen(msgspec.Struct, forbid_unknown_fields=True):
    width: Annotated[int, Meta(ge=320, le=7680)] = 1080
    full: bool = True


class Machine(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, Meta(pattern=r"\A[A-Z]\Z"), words("一个大写字母", "one capital letter")]
    offset: int = 0
    voice: Literal["zh", "en"] = "zh"
    code: Annotated[str, Meta(pattern="^x$")] = "x"
    note: str | None = None
    screen: Screen = msgspec.field(default_factory=Screen)


NAMED = 'name = "A"\n'


def told(text: bytes | str) -> MalformedInput:
    with pytest.raises(MalformedInput) as caught:
        parse_settings(text if isinstance(text, bytes) else text.encode(), Machine)
    return caught.value


def test_what_is_given_beside_the_file_wins() -> None:
    read = parse_settings(b'name = "A"\n[screen]\nwidth = 400', Machine, {"name": "B"})
    assert (read.name, read.screen.width) == ("B", 400)


@pytest.mark.parametrize(
    ("text", "key", "line", "zh", "en"),
    [
        ('name = "a"', "name", 1, "一个大写字母", "one capital letter"),
        (NAMED + "offset = true", "offset", 2, "整数", "a whole number"),
        (NAMED + "voice = 'fr'", "voice", 2, "zh、en 之一", "one of "),
        (NAMED + "code = 'y'", "code", 2, "引号中的文字", "text in quotation marks"),
        (NAMED + "note = 1", "note", 2, "引号中的文字", "text in quotation marks"),
        (NAMED + "screen = 1", "screen", 2, "width, full", "a table with any of width, full"),
        (NAMED + "[screen] # big\nwidth = 1", "screen.width", 3, "320 到 7680 的整数", "whole number from 320 to 7680"),
        (NAMED + "screen.full = 1", "screen.full", 2, "true 或 false", "true or false"),
        (NAMED + "screen = { full = 1 }", "screen.full", 2, "true 或 false", "true or false"),
    ],
)
def test_wrong_value_is_told_in_plain_words(text: str, key: str, line: int, zh: str, en: str) -> None:
    error = told(text)
    expected = error.facts["expected"]
    assert (error.code, error.facts["key"], error.facts["line"]) == ("settings_value_wrong", key, line)
    assert isinstance(expected, Wording)
    assert zh in expected.zh or expected.zh.endswith("之一")
    assert en in str(expected)


@pytest.mark.parametrize(
    ("text", "key", "line", "known"),
    [
        (NAMED + "colour = 1", "colour", 2, "name, offset, voice, code, note, screen"),
        (NAMED + "[screen]\nwidht = 1", "screen.widht", 3, "width, full"),
        (NAMED + "[scren]\nwidth = 1", "scren", 2, "name, offset, voice, code, note, screen"),
    ],
)
def test_unknown_key_is_told_with_those_that_are_known(text: str, key: str, line: int, known: str) -> None:
    error = told(text)
    assert error.code == "settings_key_unknown"
    assert (error.facts["key"], error.facts["line"], str(error.facts["expected"])) == (key, line, known)


def test_missing_key_is_told_with_what_it_would_be() -> None:
    error = told("offset = 1")
    assert str(error) == "settings_key_missing key='name' expected='one capital letter'"
    assert missing_key("screen.nothing", Machine).facts["expected"] == told(NAMED + "note = 1").facts["expected"]


@pytest.mark.parametrize(
    ("text", "line"), [(NAMED + "offset == 1", 2), (NAMED + "note = '''", 2), ("", 1), (NAMED.encode() + b"# \xff", 2)]
)
def test_text_that_is_no_toml_is_told_by_line(text: str | bytes, line: int) -> None:
    if text == "":
        assert told(text).code == "settings_key_missing"
        return
    assert (told(text).code, told(text).facts["line"]) == ("settings_not_toml", line)


def test_value_wrong_for_another_reason_is_told_alike() -> None:
    of_type = wrong_value("offset", "offset = 1", Machine)
    own = wrong_value("offset", "", Machine, Wording("今天", "today"))
    assert (str(of_type.facts["expected"]), of_type.facts["line"]) == ("a whole number", 1)
    assert (str(own.facts["expected"]), own.facts["line"]) == ("today", None)


def test_key_is_not_found_in_another_table() -> None:
    assert line_of("other.width", "[screen]\nwidth = 1\n") is None
