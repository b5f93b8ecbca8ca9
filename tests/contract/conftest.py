"""A copy of the tree that a test may spoil."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared", "kiosk", "sync_server", "provisioning", "assets")


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """Return a folder with our code and its settings, without tests, fonts and pictures."""
    tree = tmp_path / "tree"
    tree.mkdir()
    shutil.copy2(ROOT / "pyproject.toml", tree)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=_all_but_code)
    return tree


def _all_but_code(folder: str, names: list[str]) -> set[str]:
    return {
        name for name in names if name == "__pycache__" or not (name.endswith(".py") or Path(folder, name).is_dir())
    }
