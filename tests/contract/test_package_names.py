"""``kiosk`` and ``shared`` are also names on the public index: no other distribution may own ours."""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

OURS = ("assets", "kiosk", "provisioning", "shared", "sync_server")


def find_strangers() -> dict[str, set[str]]:
    """Return the distributions other than ours that install something under one of our names."""
    owners = importlib.metadata.packages_distributions()
    return {name: strangers for name in OURS if (strangers := set(owners.get(name, ())) - {"servicehall"})}


def test_no_other_distribution_owns_one_of_our_names() -> None:
    assert find_strangers() == {}


def test_our_distribution_owns_them_all() -> None:
    owners = importlib.metadata.packages_distributions()

    assert {name: set(owners.get(name, ())) for name in OURS} == {name: {"servicehall"} for name in OURS}


@pytest.mark.parametrize("name", ["kiosk", "shared"])
@pytest.mark.fault("T38")
def test_an_impostor_that_installs_our_name_is_found(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    impostor = tmp_path / f"{name}-9.0.dist-info"
    impostor.mkdir()
    (impostor / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.0\n", encoding="utf-8")
    (impostor / "top_level.txt").write_text(f"{name}\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))

    assert find_strangers() == {name: {name}}
