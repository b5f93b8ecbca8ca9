"""T2: the kiosk is killed at any moment; what it had shown as recorded is there, whole, and arrives once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from kiosk.bootstrap import build_kiosk, load_status
from shared.chain import Head, verify_opening, verify_run
from shared.records import parse_record
from shared.signed_line import SignedLine
from tests.support.http_proxy import NOTHING, Meddling
from tests.support.served_hall import ServedHall, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kiosk.config import KioskConfig
    from kiosk.store.journal import SqliteJournal

KILLS = 30


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[ServedHall]:
    served = ServedHall(tmp_path)
    yield served
    served.close()


@pytest.mark.fault("T2")
def test_killed_thirty_times_while_scanning_nothing_shown_is_lost_or_doubled(hall: ServedHall, tmp_path: Path) -> None:
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config) as kiosk:
        wait_until(lambda: hall.held("pack_activated") != [], "the published sections")
        assert kiosk.packs.active is not None
    settings = write_settings(config, tmp_path)
    codes = tmp_path / "codes"
    codes.write_text("\n".join(hall.badge_codes()), encoding="ascii")
    moments = random.Random(20261123)  # noqa: S311 - moments to kill at, no secret
    for number in range(KILLS):
        # Half of the time the line is dead, so that some kills find a backlog and some a session.
        hall.proxy.meddle = (lambda _: Meddling(loses_request=True)) if number % 2 else (lambda _: NOTHING)
        kill_while_scanning(settings, codes, moments.uniform(0.0, 0.15))
    hall.proxy.meddle = lambda _: NOTHING
    shown = shown_positions(tmp_path / "screen.jsonl")
    assert len(shown) > KILLS
    assert max(Counter(shown).values()) == 1
    with hall.kiosk(config) as kiosk:
        (chain,) = kiosk.journal.chains()
        verify_whole_chain(kiosk.journal, chain.name, chain.head)
        assert previous_ends(kiosk.journal, chain.name).count("killed") == KILLS
        wait_until(lambda: kiosk.board.status.online and kiosk.board.status.unsent == 0, "receipts for everything")
        held = [seq for name, seq in hall.held("badge_scanned") if name == chain.name]
        assert len(held) == len(set(held))
        assert set(shown) <= set(held)
        assert len(hall.held()) == kiosk.journal.chains()[0].head.seq


@pytest.mark.fault("T2")
def test_a_screen_that_spoke_before_the_record_was_durable_would_be_found_out(hall: ServedHall, tmp_path: Path) -> None:
    """The mechanism taken out: the same kills, and soon a scan was shown that is nowhere."""
    config = hall.config()
    hall.enrol(config)
    with hall.kiosk(config):
        wait_until(lambda: hall.held("pack_activated") != [], "the published sections")
    settings = write_settings(config, tmp_path)
    codes = tmp_path / "codes"
    codes.write_text("\n".join(hall.badge_codes()), encoding="ascii")
    hall.proxy.meddle = lambda _: Meddling(loses_request=True)
    for number in range(KILLS):
        kill_while_scanning(settings, codes, 0.01 * (number % 5), "early")
        (chain,) = load_status(config)
        if max(shown_positions(tmp_path / "screen.jsonl"), default=0) > chain.head_seq:
            return
    pytest.fail("thirty kills found nothing missing")


@pytest.mark.fault("T2")
def test_a_start_after_a_kill_says_so(hall: ServedHall) -> None:
    config = hall.config()
    hall.enrol(config)
    build_kiosk(config).close()
    build_kiosk(config).journal.close()
    kiosk = build_kiosk(config)
    assert kiosk.journal.chain is not None
    assert previous_ends(kiosk.journal, kiosk.journal.chain) == ["none", "stopped", "killed"]
    kiosk.close()


def write_settings(config: KioskConfig, folder: Path) -> Path:
    file = folder / "kiosk.toml"
    file.write_text(
        f'kiosk = "{config.kiosk}"\nhall = "{config.hall}"\nserver_url = "{config.server_url}"\n'
        f'data_dir = "{config.data_dir}"\n[witness]\nscreen_log = "{folder / "screen.jsonl"}"\n',
        encoding="utf-8",
    )
    return file


def kill_while_scanning(settings: Path, codes: Path, after_s: float, *planted: str) -> None:
    command = [sys.executable, "-m", "tests.support.scanning_child", str(settings), str(codes), *planted]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "scanning\n"
        time.sleep(after_s)
        assert child.poll() is None
        os.kill(child.pid, signal.SIGKILL)


def shown_positions(log: Path) -> list[int]:
    return [line["seq"] for line in map(json.loads, log.read_text(encoding="utf-8").splitlines()) if line["accepted"]]


def verify_whole_chain(journal: SqliteJournal, chain: str, head: Head) -> None:
    lines = [SignedLine(line.signature, line.json).to_bytes() for line in journal.tail(chain, head.seq + 1)]
    opened = verify_opening(journal.opening_lines(chain))
    assert verify_run(opened, lines) == head


def previous_ends(journal: SqliteJournal, chain: str) -> list[str]:
    records = [parse_record(line.json) for line in journal.tail(chain, 1_000_000)]
    return [record.data["previous"] for record in records if record.type == "kiosk_started"]
