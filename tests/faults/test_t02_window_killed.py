"""T2: the kiosk's real window is killed at any moment while a reader types; what a person read there arrives once."""

from __future__ import annotations

import json
import os
import random
import shutil
import sqlite3
import subprocess
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from provisioning.demo.processes import virtual_display, wait_for
from provisioning.demo.running import RunningHall
from provisioning.demo.screen import ScreenSeen
from provisioning.demo.set_up import DemoHall, set_up_hall

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 30
READERS_PACE_MS = "2"
PATIENCE_S = 60.0


@pytest.mark.fault("T2")
@pytest.mark.timeout(600)
def test_every_scan_that_the_killed_window_had_shown_is_on_the_server_once(tmp_path: Path) -> None:
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.skip(f"no {program}: nobody can type into the kiosk's window")
    hall = set_up_hall(tmp_path / "hall", clock_offset_ms=0)
    chance = random.Random(2)  # noqa: S311 - moments to kill at, not secret
    with virtual_display(tmp_path, 1080, 1920) as display, RunningHall(hall, display=display) as running:
        running.start_server()
        running.enrol()
        running.start_kiosk()
        wait_for("sections", lambda: stored(hall, "pack_activated") == 1, limit_s=PATIENCE_S)
        typed: Counter[str] = Counter()
        people = staff_and_codes(hall)
        for _ in range(KILLS):
            at_the_reader = chance.sample(people, 8)
            typed.update(name for name, _ in at_the_reader)
            type_until_killed(running, display, [code for _, code in at_the_reader], chance.uniform(0.2, 2.0))
            running.start_kiosk()
        shown = Counter(
            answer.name for answer in ScreenSeen(hall.screen_log, running.kiosk).badge_answers() if answer.accepted
        )
        assert shown.total() > KILLS
        wait_for("receipts", lambda: nothing_unsent(hall), limit_s=PATIENCE_S, child=running.kiosk)
        kept = Counter(scans_by_name(hall))
        assert shown <= kept <= typed


def type_until_killed(running: RunningHall, display: str, codes: list[str], after_s: float) -> None:
    """Let a reader type the codes, and pull the kiosk's plug ``after_s`` after its first key."""
    command = ["xdotool"]
    for code in codes:
        command += ["type", "--delay", READERS_PACE_MS, "--args", "1", "--", code, "key", "Return"]
    with subprocess.Popen(command, env={**os.environ, "DISPLAY": display}, stderr=subprocess.DEVNULL) as typing:
        time.sleep(after_s)
        running.kiosk.kill()
        typing.kill()


def rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(query).fetchall()


def staff_and_codes(hall: DemoHall) -> list[tuple[str, str]]:
    query = "SELECT name, code FROM badge JOIN staff_member ON staff_member.id = staff_id WHERE badge.state = 'issued'"
    return [(name, code) for name, code in rows(hall.database, query)]


def stored(hall: DemoHall, kind: str) -> int:
    ((count,),) = rows(hall.database, f"SELECT count(*) FROM line WHERE kind = '{kind}'")  # noqa: S608 - our word
    return int(count)


def nothing_unsent(hall: DemoHall) -> bool:
    ((head,),) = rows(hall.folder / "kiosk" / "journal" / "journal.sqlite3", "SELECT seq FROM heads")
    ((held, last),) = rows(hall.database, "SELECT count(*), max(seq) FROM line")
    assert int(held or 0) == int(last or 0)
    return int(held) == int(head)


def scans_by_name(hall: DemoHall) -> list[str]:
    """Return the name of who was scanned, for each record that the server holds."""
    names: dict[str, str] = dict(rows(hall.database, "SELECT number, name FROM staff_member"))
    records = [
        json.loads(line) for (line,) in rows(hall.database, "SELECT json FROM line WHERE kind = 'badge_scanned'")
    ]
    return [names[record["data"]["staff"]] for record in records]
