"""What a person at a terminal reads for an error's code, in Chinese or English.

The sentences lie in ``sentences.toml``, one table a code; ``{fact}`` stands for a fact of the error.
A test says that every code the software can raise has its sentence, and no sentence is left over.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from shared.settings_text import Wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.errors import ServicehallError

Language = Literal["zh", "en"]
SOURCE: Final = Path(__file__).parent / "sentences.toml"


class _Facts(dict[str, object]):
    """Facts by name; one that is not there stays visible as a dash instead of hiding the sentence."""

    def __missing__(self, key: str) -> str:
        return "—"


@cache
def load_sentences() -> dict[str, dict[str, str]]:
    """Read all sentences: code, then language."""
    return tomllib.loads(SOURCE.read_text(encoding="utf-8"))


def choose_language(environment: Mapping[str, str]) -> Language:
    """Return the language of the person at the terminal: Chinese unless the locale names another. Pure."""
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        value = environment.get(variable, "")
        if value and value.partition(".")[0] not in {"C", "POSIX"}:
            return "zh" if value.startswith("zh") else "en"
    return "zh"


def format_error(error: ServicehallError, language: Language) -> str:
    """Return the sentence for ``error``, its code in brackets at the end so that it can be looked up."""
    sentence = load_sentences().get(error.code, {}).get(language)
    if sentence is None:
        return str(error)
    facts = {name: _in_language(fact, language) for name, fact in error.facts.items() if fact is not None}
    return f"{sentence.format_map(_Facts(facts))} [{error.code}]"


def _in_language(fact: object, language: Language) -> object:
    return getattr(fact, language) if isinstance(fact, Wording) else fact
