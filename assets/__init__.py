"""What is drawn, spoken and set in type: theme, fonts, icons, voice, words. Reached through one accessor.

Owns the files that ship beside the code and the way to them. It refuses to know who uses them, and
fetches nothing: each file was made or vendored once and stands in ``MANIFEST.toml`` with its source,
licence and SHA-256.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parent


def asset_path(name: str) -> Path:
    """Return the file of an asset, in a clone as in an installed wheel.

    ``name``: path inside the assets folder with forward slashes, ``fonts/NotoSansSC-Regular.ttf``.

    Raises:
        FileNotFoundError: there is no such file, or the name leads out of the folder.
    """
    path = (_ROOT / name).resolve()
    if not path.is_relative_to(_ROOT) or not path.is_file():
        raise FileNotFoundError(name)
    return path


__all__ = ["asset_path"]
