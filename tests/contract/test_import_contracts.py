"""Each import that the design forbids is found when somebody writes it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PLANTED = [
    ("shared/planted_file.py", "import os", "shared.planted_file imports os"),
    ("shared/planted_socket.py", "from socket import socket", "shared.planted_socket imports socket"),
    ("shared/planted_clock.py", "import time", "shared.planted_clock imports time"),
    ("shared/planted_random.py", "import secrets", "shared.planted_random imports secrets"),
    ("shared/planted_thread.py", "import threading", "shared.planted_thread imports threading"),
    ("shared/planted_sql.py", "import sqlite3", "shared.planted_sql imports sqlite3"),
    ("shared/planted_package.py", "import requests", "shared.planted_package imports requests"),
    ("shared/planted_upward.py", "import kiosk.ports", "shared.planted_upward imports kiosk.ports"),
    ("kiosk/planted_across.py", "import sync_server.config", "kiosk.planted_across -> sync_server.config"),
    ("sync_server/planted_across.py", "import kiosk.config", "sync_server.planted_across -> kiosk.config"),
    ("kiosk/planted_setup.py", "import provisioning.places", "kiosk.planted_setup imports provisioning.places"),
    ("kiosk/use_cases/planted_sql.py", "import sqlite3", "kiosk.use_cases.planted_sql -> sqlite3"),
    ("kiosk/use_cases/planted_http.py", "import requests", "kiosk.use_cases.planted_http -> requests"),
    ("kiosk/use_cases/planted_tinydb.py", "import tinydb", "kiosk.use_cases.planted_tinydb -> tinydb"),
    ("kiosk/use_cases/planted_kivy.py", "from kivy.clock import Clock", "kiosk.use_cases.planted_kivy imports kivy"),
    ("kiosk/flow/planted_kivy.py", "import kivy", "kiosk.flow.planted_kivy imports kivy"),
    (
        "kiosk/flow/planted_around.py",
        "import kiosk.sync.planted_wire",
        "kiosk.flow.planted_around -> kiosk.sync.planted_wire",
    ),
    ("kiosk/sync/planted_wire.py", "import requests", None),
    ("kiosk/sync/planted_store.py", "import kiosk.store", "kiosk.sync.planted_store imports kiosk.store"),
    ("kiosk/planted_device.py", "from kiosk import devices", "kiosk.planted_device imports kiosk.devices"),
    ("kiosk/devices/planted_printer.py", "import kivy", "kiosk.devices.planted_printer imports kivy"),
    ("kiosk/devices/planted_kivy.py", "import kivy", None),
    ("sync_server/attendance/planted/__init__.py", "", None),
    ("sync_server/planted/__init__.py", "", None),
    ("sync_server/planted/rules.py", "import flask", "sync_server.planted.rules -> flask"),
    ("sync_server/planted_two/__init__.py", "", None),
    ("sync_server/planted_two/models.py", "import sqlalchemy", None),
    (
        "sync_server/planted_two/rules.py",
        "from sync_server.planted_two import models",
        "sync_server.planted_two.models -> sqlalchemy",
    ),
    ("sync_server/planted_three/__init__.py", "", None),
    (
        "sync_server/planted_three/rules.py",
        "import sync_server.planted.rules",
        "sync_server.planted_three.rules imports sync_server.planted.rules",
    ),
]
"""File, its text, and what has to be said of it; None where it is allowed or only carries another."""


def lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    """Run the real program over ``tree``, wherever the environment's own copy of the code lies."""
    program = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [sys.executable, program, "--no-cache"],
        cwd=tree,
        env={"PYTHONPATH": str(tree), "PATH": "/usr/bin:/bin", "COLUMNS": "240"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_planted_import_is_found_and_no_other_is_blamed(copied_tree: Path) -> None:
    for name, text, _ in PLANTED:
        path = copied_tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n", encoding="utf-8")

    told = lint_imports(copied_tree)

    assert told.returncode == 1, told.stdout + told.stderr
    said = told.stdout
    missed = [name for name, _, expected in PLANTED if expected is not None and expected not in said]
    assert not missed, said
    assert "kiosk.devices.planted_kivy imports" not in said
    assert "kiosk.sync.planted_wire imports" not in said


def test_the_tree_as_it_is_keeps_every_contract(copied_tree: Path) -> None:
    told = lint_imports(copied_tree)

    assert told.returncode == 0, told.stdout + told.stderr
    assert "0 broken" in told.stdout


@pytest.mark.parametrize("pattern", ["kivy", "sqlalchemy", "flask", "sqlite3", "tinydb", "requests"])
def test_a_forbidden_name_is_a_real_package(pattern: str) -> None:
    """A contract that forbids a name that no longer exists forbids nothing."""
    pytest.importorskip(pattern)
