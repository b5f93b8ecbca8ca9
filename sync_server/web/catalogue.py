"""Brings the pages' catalogue in date: ``python -m sync_server.web.catalogue``.

Reads every English text out of code and templates, keeps the translations that are there, drops
those of texts that are gone, compiles, and exits 1 while a text has no translation. Only people
write translations.
"""

from __future__ import annotations

import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = Path(__file__).resolve().parent / "translations" / "zh_Hans" / "LC_MESSAGES"
_METHODS: Final = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS: Final = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "lazy_ngettext": (1, 2)}
_OPTIONS: Final = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true"}}


_NO_DAY: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Stands for the days that the format wants and that would make each compiling another."""


def extract_texts() -> Catalog:
    """Return a catalogue of all texts of the package, each with the files that it stands in.

    A program that speaks without Flask-Babel has its own words, and they are left to it.
    """
    catalogue = Catalog(locale="zh_Hans", project="servicehall", charset="utf-8", fuzzy=False)
    found = extract_from_dir(PACKAGE, _METHODS, _OPTIONS, _KEYWORDS, strip_comment_tags=True)
    for filename, _line, message, _comments, context in sorted(found, key=lambda item: (str(item[0]), item[1])):
        if filename.endswith(".py") and "flask_babel" not in (PACKAGE / filename).read_text(encoding="utf-8"):
            continue
        catalogue.add(message, None, [(Path(filename).as_posix(), 0)], context=context)
    return catalogue


def load_catalogue() -> Catalog:
    """Return the catalogue as committed."""
    with (FOLDER / "messages.po").open("rb") as file:
        return read_po(file, locale="zh_Hans")


def update_catalogue(texts: Catalog, held: Catalog) -> Catalog:
    """Return ``texts`` with the translations of ``held``. Pure."""
    for message in texts:
        known = held.get(message.id) if message.id else None
        if known is not None:
            message.string = known.string
    return texts


def untranslated(catalogue: Catalog) -> Iterator[str]:
    """Yield the texts that nobody has translated."""
    for message in catalogue:
        spoken = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and not all(spoken):
            yield message.id if isinstance(message.id, str) else message.id[0]


def format_po(catalogue: Catalog) -> bytes:
    """Return the catalogue as people edit it; same bytes for the same texts."""
    target = io.BytesIO()
    write_po(target, catalogue, width=120, sort_by_file=True, include_lineno=False, omit_header=True)
    return _HEADER + target.getvalue()


def format_mo(catalogue: Catalog) -> bytes:
    """Return the catalogue as programs read it."""
    target = io.BytesIO()
    compiled = read_po(io.BytesIO(format_po(catalogue)), locale="zh_Hans")
    compiled.creation_date = compiled.revision_date = _NO_DAY
    write_mo(target, compiled)
    return target.getvalue()


_HEADER: Final = (
    b'msgid ""\nmsgstr ""\n"Language: zh_Hans\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n'
    b'"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n\n'
)


def main() -> None:
    """Rewrite both files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    held = load_catalogue() if (FOLDER / "messages.po").exists() else Catalog(locale="zh_Hans")
    catalogue = update_catalogue(extract_texts(), held)
    (FOLDER / "messages.po").write_bytes(format_po(catalogue))
    (FOLDER / "messages.mo").write_bytes(format_mo(catalogue))
    missing = list(untranslated(catalogue))
    if missing:
        sys.exit("\n".join(["without a translation:", *missing]))


if __name__ == "__main__":
    main()
