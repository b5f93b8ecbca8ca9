"""Slips that readers overlook are found by the linter and by the type checker."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

LINT = {
    "DTZ005": '"""Now."""\n\nfrom datetime import datetime\n\nNOW = datetime.now()\n',
    "ANN201": '"""Untyped."""\n\n\ndef answer():\n    """Return it."""\n    return 42\n',
    "E722": '"""Bare."""\n\ntry:\n    ANSWER = int("x")\nexcept:\n    ANSWER = 0\n',
    "S608": '"""Built."""\n\n\ndef ask(a: str) -> str:\n    """Ask."""\n    return f"SELECT a FROM b WHERE c = {a}"\n',
    "PLC0415": '"""Hidden."""\n\n\ndef late() -> None:\n    """Import."""\n    import json\n\n    json.dumps(1)\n',
    "TD002": '"""Owed."""\n\n# TODO: mend this\nANSWER = 42\n',
    "S113": '"""Waits for ever."""\n\nimport requests\n\nANSWER = requests.get("https://hall.example")\n',
    "T201": '"""Chatty."""\n\nprint("here")\n',
    "E501": '"""' + "Long. " * 30 + '"""\n',
}


@pytest.mark.parametrize("rule", LINT)
def test_a_planted_slip_is_found_by_its_rule(rule: str, copied_tree: Path) -> None:
    planted = copied_tree / "sync_server" / "planted.py"
    planted.write_text(LINT[rule], encoding="utf-8")

    told = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "concise", str(planted)],
        cwd=copied_tree,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1, told.stdout
    assert f" {rule} " in told.stdout, told.stdout


def test_a_wrong_type_is_found(copied_tree: Path, tmp_path: Path) -> None:
    planted = copied_tree / "shared" / "planted.py"
    planted.write_text(
        '"""Planted."""\n\nfrom shared.instants import format_days  # no such name\n\n\n'
        'def answer() -> int:\n    """Return text."""\n    return "forty-two"\n\n\n'
        'def loose(words):\n    """Say nothing of types."""\n    return words\n',
        encoding="utf-8",
    )

    told = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "shared/planted.py"],
        cwd=copied_tree,
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.returncode == 1, told.stdout + told.stderr
    for code in ("[attr-defined]", "[return-value]", "[no-untyped-def]"):
        assert code in told.stdout, told.stdout
