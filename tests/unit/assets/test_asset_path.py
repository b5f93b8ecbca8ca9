"""The one way to what ships beside the code."""

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from assets import asset_path
from assets.manifest import ROOT


def test_an_asset_is_found_by_its_name() -> None:
    assert asset_path("fonts/NotoSansSC-Regular.ttf").read_bytes()[:4] == b"\x00\x01\x00\x00"


@pytest.mark.parametrize("name", ["fonts/absent.ttf", "fonts", "../pyproject.toml", "/etc/passwd", ""])
def test_a_name_that_leads_nowhere_or_out_of_the_folder_is_not_found(name: str) -> None:
    with pytest.raises(FileNotFoundError):
        asset_path(name)


def test_each_kind_of_asset_is_packed_into_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["*"]
    shipped = [
        path for path in Path(ROOT / "assets").rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}
    ]
    assert not [path.name for path in shipped if not any(fnmatch(path.name, pattern) for pattern in patterns)]
