from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioning.cli import COULD_NOT_RUN, DONE, FOUND_A_FAULT, WRONG_USE, run
from shared.server_keys import server_fingerprint
from tests.support.exported_hall import exported_hall
from tests.support.signed_hall import SignedHall

if TYPE_CHECKING:
    from pathlib import Path

FINGERPRINT = server_fingerprint(SignedHall().identity.public)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "day.lines"
    file.write_bytes(b"".join(exported_hall().lines()))
    return file


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")


def test_file_of_the_hall_is_verified(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["records", "verify", str(file), "--server-key", FINGERPRINT]) == DONE
    told = capsys.readouterr().out
    assert told.startswith("Verified")
    for counted in ("3 chains", "1 branches", "12 records", "1 lost positions", "1 chains not approved"):
        assert counted in told


@pytest.mark.parametrize(
    "typed", [FINGERPRINT.upper(), f"{FINGERPRINT[:16]} {FINGERPRINT[16:]}", f"{FINGERPRINT[:8]}:{FINGERPRINT[8:]}"]
)
def test_fingerprint_is_read_as_people_write_it(file: Path, typed: str) -> None:
    assert run(["records", "verify", str(file), "--server-key", typed]) == DONE


def test_without_a_fingerprint_it_says_that_the_origin_is_not_checked(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["records", "verify", str(file)]) == DONE
    told = capsys.readouterr().out
    assert "origin not checked" in told
    assert FINGERPRINT in told


def test_file_of_another_server_passes_only_without_the_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "day.lines"
    file.write_bytes(b"".join(exported_hall("impostor").lines()))
    assert run(["records", "verify", str(file)]) == DONE
    assert run(["records", "verify", str(file), "--server-key", FINGERPRINT]) == FOUND_A_FAULT


def test_fault_is_told_with_its_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:7], *lines[8:]]))
    assert run(["records", "verify", str(file), "--server-key", FINGERPRINT]) == FOUND_A_FAULT
    told = capsys.readouterr().out
    assert told.startswith("Fault: line 8 ")
    assert "gap" in told


def test_file_cut_short_is_incomplete(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(file.read_bytes()[:-300])
    assert run(["records", "verify", str(file)]) == FOUND_A_FAULT
    assert capsys.readouterr().out.startswith("Incomplete")


def test_verdict_is_told_in_chinese(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert run(["records", "verify", str(file)]) == DONE
    assert "来源未核对" in capsys.readouterr().out


@pytest.mark.parametrize("typed", ["", "0123", FINGERPRINT + "0", "z" * 32])
def test_what_is_no_fingerprint_is_wrong_use(file: Path, typed: str) -> None:
    assert run(["records", "verify", str(file), "--server-key", typed]) == WRONG_USE


def test_file_that_is_not_there_could_not_be_read(tmp_path: Path) -> None:
    assert run(["records", "verify", str(tmp_path / "none.lines")]) == COULD_NOT_RUN


def test_file_is_named(tmp_path: Path) -> None:
    assert run(["records", "verify"]) == WRONG_USE
