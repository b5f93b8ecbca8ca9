"""The words of the kiosk by key and language; the only reader of ``assets/locale/kiosk.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from assets import asset_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Language: TypeAlias = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")
_Sentences: TypeAlias = dict[str, dict[str, dict[Language, str]]]


@dataclass(frozen=True)
class Words:
    """The words in one language: ``words("home.take")``."""

    language: Language
    sentences: Mapping[str, str]

    def __call__(self, key: str, /, **facts: object) -> str:
        """Return the words of ``key`` with the facts put in their places. Pure.

        A fact is put in as it is: braces and brackets in it mean nothing.
        """
        return self.sentences[key].format_map(facts)

    def __contains__(self, key: object) -> bool:
        """Whether there are words for ``key``."""
        return key in self.sentences

    def __iter__(self) -> Iterator[str]:
        """Every key there is."""
        return iter(self.sentences)


def parse_texts(toml: str) -> dict[Language, Words]:
    """Return the words of each language; a key without all of them is a ValidationError. Pure."""
    sections = msgspec.convert(tomllib.loads(toml), _Sentences)
    return {
        language: Words(
            language,
            {
                f"{section}.{name}": spoken[language]
                for section, entries in sections.items()
                for name, spoken in entries.items()
            },
        )
        for language in LANGUAGES
    }


@cache
def load_texts() -> dict[Language, Words]:
    """Return the words that ship, by language."""
    return parse_texts(asset_path("locale/kiosk.toml").read_text(encoding="utf-8"))
