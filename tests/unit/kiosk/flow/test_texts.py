"""Every word is there in each language, with the same facts in it, in the voice that was agreed."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import msgspec
import pytest

from kiosk.flow import texts
from kiosk.flow.texts import load_texts, parse_texts

FLOW = Path(texts.__file__).parent
ZH, EN = load_texts()["zh"], load_texts()["en"]


def facts_in(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("key", sorted(ZH))
def test_both_languages_tell_the_same_facts(key: str) -> None:
    chinese, english = facts_in(ZH.sentences[key]), facts_in(EN.sentences[key])
    assert chinese >= english or {"page", "pages"} & chinese


@pytest.mark.parametrize("key", sorted(ZH))
def test_no_sentence_shouts_and_none_is_empty(key: str) -> None:
    for words in (ZH, EN):
        sentence = words.sentences[key]
        assert sentence.strip()
        assert not set("!！") & set(sentence)


@pytest.mark.parametrize("key", sorted(ZH))
def test_chinese_sentences_use_chinese_marks(key: str) -> None:
    assert not re.search(r"[\u4e00-\u9fff][,;:?]", ZH.sentences[key])


def test_every_key_that_the_code_spells_out_has_its_words() -> None:
    sections = {key.partition(".")[0] for key in ZH}
    spelt = {
        node.value
        for file in FLOW.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
        if node.value.partition(".")[0] in sections and node.value.partition(".")[2].isidentifier()
    }
    assert {key for key in spelt if not any(known.startswith(key) for known in ZH)} == set()
    assert len(spelt) > 50


def test_facts_from_outside_are_put_in_as_they_are() -> None:
    words = parse_texts('[a]\nb = { zh = "由{hall}签发", en = "by {hall}" }')["zh"]
    assert words("a.b", hall="{evil} [b]x[/b]") == "由{evil} [b]x[/b]签发"


def test_sentence_without_a_language_is_no_sentence() -> None:
    with pytest.raises(KeyError):
        parse_texts('[a]\nb = { zh = "只有中文" }')
    with pytest.raises(msgspec.ValidationError):
        parse_texts('[a]\nb = { zh = "中文", en = "English", fr = "non" }')
