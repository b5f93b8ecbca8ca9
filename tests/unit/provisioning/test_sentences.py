"""What a person at a terminal reads for an error."""

from __future__ import annotations

import re
import string

import pytest

from provisioning.sentences import choose_language, format_error, load_sentences
from shared.errors import RuleViolation, Unavailable


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LC_ALL": "C.UTF-8", "LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "C"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({}, "zh"),
    ],
)
def test_the_locale_chooses_the_language(environment: dict[str, str], language: str) -> None:
    assert choose_language(environment) == language


def test_the_sentence_holds_the_facts_and_the_code() -> None:
    told = format_error(RuleViolation("keys_exist", folder="/k"), "en")

    assert "/k" in told
    assert told.endswith("[keys_exist]")


def test_a_fact_that_is_missing_does_not_hide_the_sentence() -> None:
    assert "—" in format_error(RuleViolation("keys_exist"), "zh")


def test_a_code_without_a_sentence_still_says_what_it_is() -> None:
    assert format_error(Unavailable("no_such_code", why="x"), "en") == "no_such_code why='x'"


@pytest.mark.parametrize("code", sorted(load_sentences()))
def test_each_sentence_is_whole_in_both_languages(code: str) -> None:
    told = load_sentences()[code]

    assert set(told) == {"zh", "en"}
    assert re.search(r"[\u4e00-\u9fff].*。\Z", told["zh"])
    assert told["en"][0].isupper()
    assert told["en"].endswith(".")
    facts = {
        language: {name for _, name, _, _ in string.Formatter().parse(told[language]) if name} for language in told
    }
    assert facts["zh"] == facts["en"]
    assert "!" not in told["en"]
    assert "！" not in told["zh"]
