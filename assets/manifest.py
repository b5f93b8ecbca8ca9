"""What in the tree was not written here: source, licence and SHA-256 of each file, in ``MANIFEST.toml``.

``python -m assets.manifest`` writes the present hashes into the manifest, after a font or an icon was
made anew; it adds no file, because only a person can say where one comes from. Not for sources of our
own: programs, words (``locale/``), tokens, and pictures of our own screens (``gallery/``).
"""

from __future__ import annotations

import hashlib
import re
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

ROOT: Final = Path(__file__).resolve().parent.parent
MANIFEST: Final = ROOT / "assets" / "MANIFEST.toml"
OWN_NAMES: Final = frozenset({"MANIFEST.toml", "theme.toml", "names.txt"})
OWN_SUFFIXES: Final = frozenset({".py", ".pyc"})
OWN_FOLDERS: Final = ("assets/locale", "assets/gallery")
VENDORED_PATTERNS: Final = ("sync_server/web/static/**/*.min.*", "sync_server/web/static/vendor/**/*")
_HASH_LINE: Final = re.compile(r'(path = "([^"]+)"\n(?:[a-z_]+ = .*\n)*?sha256 = )"[0-9a-f]*"')


class VendoredFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One entry. ``path``: from the root of the tree; ``licence``: SPDX name; ``sha256``: 64 hex."""

    path: str
    source: str
    licence: str
    sha256: Annotated[str, Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    licence_file: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    file: list[VendoredFile]


def load_manifest() -> Manifest:
    """Return the manifest as committed."""
    with MANIFEST.open("rb") as file:
        return msgspec.convert(tomllib.load(file), Manifest)


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def find_vendored() -> set[str]:
    """Return the paths, from the root, of all files that need an entry."""
    candidates = {path for path in (ROOT / "assets").rglob("*") if not _is_own(path)}
    candidates |= {path for pattern in VENDORED_PATTERNS for path in ROOT.glob(pattern)}
    return {path.relative_to(ROOT).as_posix() for path in candidates if path.is_file()}


def _is_own(path: Path) -> bool:
    inside = path.relative_to(ROOT).as_posix()
    return path.name in OWN_NAMES or path.suffix in OWN_SUFFIXES or inside.startswith(OWN_FOLDERS)


def main() -> None:
    """Write the present hashes into the manifest."""
    text = MANIFEST.read_text(encoding="utf-8")
    text = _HASH_LINE.sub(lambda found: f'{found[1]}"{hash_file(ROOT / found[2])}"', text)
    MANIFEST.write_text(text, encoding="utf-8")
    missing = sorted(find_vendored() - {entry.path for entry in load_manifest().file})
    if missing:
        sys.exit(f"without an entry: {', '.join(missing)}")


if __name__ == "__main__":
    main()
