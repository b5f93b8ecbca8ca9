"""Says whether the documents name every setting, error code and record type, and writes the list of messages.

Settings stand in provisioning/README.md, record types in PROTOCOL.md; both are written by hand. The
messages of all error codes stand in sentences.toml, and MESSAGES.md is made from it.
``python -m provisioning.setup.docs [--check]``.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

from kiosk.config import KioskConfig
from provisioning.sentences import load_sentences
from provisioning.setup.locks import ROOT
from shared import errors
from shared.records import KNOWN_TYPES
from sync_server.config import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PACKAGES: Final = ("shared", "kiosk", "sync_server", "provisioning", "assets")
ERROR_CLASSES: Final = frozenset(
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.ServicehallError)
)
MESSAGES: Final = ROOT / "provisioning" / "MESSAGES.md"
LANGUAGES: Final = ("zh", "en")


@cache
def find_codes(source: str) -> frozenset[str]:
    """Return the code of each error that ``source`` makes with a literal one. Pure."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        made = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        code = node.args[0]
        choices = [code.body, code.orelse] if isinstance(code, ast.IfExp) else [code]
        if made in ERROR_CLASSES:
            found |= {each.value for each in choices if isinstance(each, ast.Constant) and isinstance(each.value, str)}
    return frozenset(found)


@cache
def find_literals(source: str) -> frozenset[str]:
    """Return every string that stands in ``source``. Pure."""
    constants = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return frozenset(value for value in constants if isinstance(value, str))


def list_settings(kind: type[msgspec.Struct], table: str = "") -> Iterator[str]:
    """Yield every key of a settings file as it is named in the documents, ``printer.kind``. Pure."""
    for field in msgspec.structs.fields(kind):
        if isinstance(field.type, type) and issubclass(field.type, msgspec.Struct):
            yield from list_settings(field.type, f"{table}{field.encode_name}.")
        else:
            yield table + field.encode_name


def find_faults(
    documents: Mapping[str, str], sources: Mapping[str, str], sentences: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Return what is not named, one line each. ``documents``, ``sources``: text by path. Pure."""
    faults = []
    for title, kind in (("Server settings", Settings), ("Kiosk settings", KioskConfig)):
        section = documents["provisioning/README.md"].partition(f"## {title}\n")[2].partition("\n## ")[0]
        named = [name for name in list_settings(kind) if f"| `{name}` |" not in section]
        faults += [f"provisioning/README.md, {title}: no row for `{name}`" for name in named]
    faults += [f"PROTOCOL.md: no `{kind}`" for kind in KNOWN_TYPES if f"`{kind}`" not in documents["PROTOCOL.md"]]
    literals = {literal for source in sources.values() for literal in find_literals(source)}
    for path, source in sources.items():
        lacking = sorted(find_codes(source) - set(sentences))
        faults += [f"provisioning/sentences.toml: no sentence for {code} ({path})" for code in lacking]
    for code, told in sentences.items():
        faults += [
            f"provisioning/sentences.toml: {code} says nothing in {language}"
            for language in LANGUAGES
            if not told.get(language)
        ]
        if code not in literals:
            faults.append(f"provisioning/sentences.toml: nothing raises {code}")
    if documents["provisioning/MESSAGES.md"] != format_messages(sentences):
        faults.append("provisioning/MESSAGES.md is behind sentences.toml; .venv/bin/python -m provisioning.setup.docs")
    return faults


def format_messages(sentences: Mapping[str, Mapping[str, str]]) -> str:
    """Return MESSAGES.md: every code with what a person reads for it. Pure."""
    rows = [f"| `{code}` | {told.get('zh', '')} | {told.get('en', '')} |" for code, told in sorted(sentences.items())]
    head = [
        "# Messages",
        "",
        "Every error code, and what a person at a terminal reads for it. `{word}` stands for a fact of the case.",
        "Made from `sentences.toml`.",
        "",
        "| code | 中文 | English |",
        "|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def load_documents() -> dict[str, str]:
    """Read the documents by path; one that is missing is empty."""
    names = ("provisioning/README.md", "provisioning/MESSAGES.md", "PROTOCOL.md")
    return {name: _read(ROOT / name) for name in names}


def load_sources() -> dict[str, str]:
    """Read all our code by path."""
    return {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(words: list[str]) -> int:
    """Write MESSAGES.md, or with ``--check`` say what is not named; exit code 0 or 1."""
    sentences: dict[str, Any] = load_sentences()
    if words != ["--check"]:
        MESSAGES.write_text(format_messages(sentences), encoding="utf-8")
        return 0
    faults = find_faults(load_documents(), load_sources(), sentences)
    print("\n".join(faults) if faults else f"docs: {len(sentences)} messages, every setting and record type named")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
