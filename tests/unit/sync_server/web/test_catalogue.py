"""The catalogue is in date with the code, whole, and compiled."""

from __future__ import annotations

import re

from sync_server.web.catalogue import (
    FOLDER,
    extract_texts,
    format_mo,
    format_po,
    load_catalogue,
    untranslated,
    update_catalogue,
)

_PLACE = re.compile(r"%\((\w+)\)[sd]")


def test_every_text_of_the_pages_is_in_the_catalogue_and_no_other() -> None:
    found, held = extract_texts(), load_catalogue()

    assert {message.id for message in found} - {message.id for message in held} == set()
    assert {message.id for message in held} - {message.id for message in found} == set()


def test_every_text_is_translated() -> None:
    assert list(untranslated(load_catalogue())) == []


def test_a_translation_names_the_same_facts_as_its_text() -> None:
    for message in load_catalogue():
        ids = (message.id,) if isinstance(message.id, str) else message.id
        spoken = (message.string,) if isinstance(message.string, str) else message.string
        for text in spoken:
            assert set(_PLACE.findall(text)) <= set(_PLACE.findall(ids[-1])), ids


def test_what_is_compiled_is_what_is_written() -> None:
    catalogue = update_catalogue(extract_texts(), load_catalogue())

    assert (FOLDER / "messages.po").read_bytes() == format_po(catalogue)
    assert (FOLDER / "messages.mo").read_bytes() == format_mo(load_catalogue())
