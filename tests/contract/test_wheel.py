"""What is built and installed holds everything that runs: pages, words, fonts, icons, migrations."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("shared", "kiosk", "sync_server", "provisioning", "assets")
NOT_SHIPPED = ("gallery", "__pycache__")
RUN_BY = {".py", ".html", ".css", ".js", ".toml", ".ttf", ".woff2", ".mo", ".mako", ".kv", ".svg"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tree = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, tree)
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns(*NOT_SHIPPED))
    out = tmp_path_factory.mktemp("wheel")
    words = ["--disable-pip-version-check", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([sys.executable, "-m", "pip", *words, "--wheel-dir", str(out), str(tree)], check=True)
    return next(out.glob("servicehall-*.whl"))


def test_the_wheel_holds_every_file_that_runs(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        held = set(opened.namelist())
    wanted = {
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in RUN_BY and not set(NOT_SHIPPED) & set(path.parts)
    }

    assert sorted(wanted - held) == []


def test_the_wheel_brings_nothing_that_is_not_ours(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        tops = {name.partition("/")[0] for name in opened.namelist()}

    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_nobody_can_upload_it_by_mistake(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        metadata = next(name for name in opened.namelist() if name.endswith("METADATA"))
        assert "Classifier: Private :: Do Not Upload" in opened.read(metadata).decode()
