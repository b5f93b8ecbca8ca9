"""``make regulations`` and ``make faults`` tell the truth about what the tests showed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.articles import ARTICLES, ITEMS, locate_regulation
from tests.support.fault_rows import FAULTS

ROOT = Path(__file__).resolve().parents[2]

SAMPLE = """
import pytest

@pytest.mark.regulation("R7.8@office", "R7.8@kiosk", "R7.8.1@kiosk")
def test_shown():
    pass

@pytest.mark.regulation("R7.8@paper")
@pytest.mark.regulation("R2.1@office")
def test_fails():
    assert False

@pytest.mark.regulation("R2.3@office")
@pytest.mark.parametrize("way", [1, 2, 3])
def test_thrice(way):
    if way == 2:
        pytest.skip("this machine lacks it")

@pytest.fixture
def broken():
    raise RuntimeError

@pytest.mark.fault("T12")
def test_of_a_fault(broken):
    pass

def test_of_nothing():
    assert False
"""


def run_sample(folder: Path, text: str, *words: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run pytest with our plugin over one file, in a process of its own."""
    (folder / "test_sample.py").write_text(text, encoding="utf-8")
    (folder / "pytest.ini").write_text(
        "[pytest]\nmarkers =\n    regulation(part)\n    fault(row)\naddopts = --strict-markers\n", encoding="ascii"
    )
    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.support.marks", "-p", "no:cacheprovider", *words, "."],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return told, folder / "var"


def load(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def test_there_are_80_articles_and_40_faults() -> None:
    assert len(ARTICLES) == 80
    assert list(FAULTS) == [f"T{number}" for number in range(1, 41)]
    assert all(row.asked[0] == "office" for row in ARTICLES.values())
    assert {part: sum(part in row.asked for row in ARTICLES.values()) for part in ("kiosk", "public", "paper")} == {
        "kiosk": 18,
        "public": 11,
        "paper": 18,
    }


@pytest.mark.parametrize("words", [(), ("--numprocesses=2",)])
def test_each_article_is_told_with_its_counts_and_what_is_missing(words: tuple[str, ...], tmp_path: Path) -> None:
    told, var = run_sample(tmp_path, SAMPLE, "--evidence=regulations", *words)

    table = load(var / "regulations.json")
    assert told.returncode == 1
    assert list(table) == list(ARTICLES)
    items = [f"R7.8.{number}" for number in range(2, ITEMS["R7.8"] + 1)]
    assert table["R7.8"] == {"passed": 1, "failed": 1, "skipped": 0, "missing": ["public", *items]}
    assert table["R2.1"] == {"passed": 0, "failed": 1, "skipped": 0, "missing": []}
    assert table["R2.3"] == {"passed": 2, "failed": 0, "skipped": 1, "missing": []}
    assert table["R1.4"] == {"passed": 0, "failed": 0, "skipped": 0, "missing": ["office", "paper"]}
    assert "test_of_nothing" not in told.stdout
    assert re.search(r"^R7\.8 .* 1 passed +1 failed +0 skipped +missing: public R7\.8\.2", told.stdout, re.MULTILINE)
    assert "0 of 80 whole" in told.stdout


def test_an_error_in_a_fixture_is_a_failure_of_the_fault(tmp_path: Path) -> None:
    told, var = run_sample(tmp_path, SAMPLE, "--evidence=faults")

    table = load(var / "faults.json")
    assert told.returncode == 1
    assert list(table) == list(FAULTS)
    assert table["T12"] == {"passed": 0, "failed": 1, "skipped": 0, "missing": []}
    assert table["T13"] == {"passed": 0, "failed": 0, "skipped": 0, "missing": ["test"]}


def test_rows_that_no_test_speaks_of_are_no_failure(tmp_path: Path) -> None:
    told, var = run_sample(tmp_path, "def test_of_nothing():\n    pass\n", "--evidence=faults")

    assert told.returncode == 0, told.stdout
    assert all(row["missing"] == ["test"] for row in load(var / "faults.json").values())


@pytest.mark.parametrize(
    "mark",
    [
        'regulation("R7.8")',
        'regulation("R11.1@office")',
        'regulation("R2.1@kiosk")',
        'regulation("R2.1@R2.1")',
        'regulation("R7.8.9@kiosk")',
        'fault("T41")',
        'fault("t1")',
        "fault()",
    ],
)
def test_a_slip_in_a_mark_stops_the_run(mark: str, tmp_path: Path) -> None:
    told, _ = run_sample(tmp_path, f"import pytest\n\n@pytest.mark.{mark}\ndef test_marked():\n    pass\n")

    assert told.returncode == pytest.ExitCode.USAGE_ERROR, told.stdout
    assert "test_marked" in told.stderr


def test_an_item_counts_for_its_article() -> None:
    assert locate_regulation("R9.2.4@office") == ("R9.2", {"office", "R9.2.4"})
    assert locate_regulation("R6.3.1@paper") == ("R6.3", {"paper"})
