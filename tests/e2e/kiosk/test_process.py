"""The window's process from outside: what its witness wrote, how it ends, what a fault does to it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
PATIENCE_S = 60


@contextmanager
def kiosk_process(folder: Path, fault: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start the window's process, and end it whatever happens."""
    environment = {**os.environ, "SDL_VIDEODRIVER": "offscreen", "SDL_AUDIODRIVER": "dummy", **more}
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.kiosk_process", str(folder), fault],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def told(folder: Path) -> dict[str, str]:
    """What a supervisor tells its child: where it listens, and how patient it is."""
    return {"NOTIFY_SOCKET": str(folder / "notify"), "WATCHDOG_USEC": "400000"}


@contextmanager
def supervisor_of(folder: Path) -> Iterator[socket.socket]:
    """Listen as a supervisor does."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(told(folder)["NOTIFY_SOCKET"])
        listening.settimeout(PATIENCE_S)
        yield listening


def screens(folder: Path) -> list[dict[str, object]]:
    log = folder / "screens.jsonl"
    return [json.loads(line) for line in log.read_bytes().splitlines()] if log.exists() else []


def until(process: subprocess.Popen[bytes], condition: Callable[[], object]) -> None:
    for _ in range(PATIENCE_S * 20):
        if condition():
            return
        assert process.poll() is None, process.stderr.read().decode()
        time.sleep(0.05)
    raise AssertionError("it never came to be")


def end(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(PATIENCE_S)


def test_witness_tells_what_was_drawn_and_keeps_a_picture(tmp_path: Path) -> None:
    with kiosk_process(tmp_path, "none") as process:
        until(process, (tmp_path / "picture.png").exists)
        assert screens(tmp_path)[0]["kind"] == "first"
        assert "取号" in screens(tmp_path)[0]["text"]
        with Image.open(tmp_path / "picture.png") as picture:
            assert picture.size == (540, 960)
            assert len(picture.getcolors(maxcolors=100_000)) > 10
        assert end(process) == 0


@pytest.mark.parametrize("fault", ["one", "callback"])
def test_one_fault_leads_to_the_error_screen_and_the_window_lives_on(tmp_path: Path, fault: str) -> None:
    with supervisor_of(tmp_path) as supervisor, kiosk_process(tmp_path, fault, **told(tmp_path)) as process:
        until(process, lambda: any(screen["kind"] == "error" for screen in screens(tmp_path)))
        error = next(screen for screen in screens(tmp_path) if screen["kind"] == "error")
        assert error["title"] == "这一步没有完成"
        supervisor.settimeout(0)
        with suppress(BlockingIOError):
            while supervisor.recv(100):
                pass
        supervisor.settimeout(PATIENCE_S)
        assert [supervisor.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3, "the loop still ticks"
        assert end(process) == 0
        assert b"ZeroDivisionError" in process.stderr.read()


def test_burst_of_faults_ends_the_process_so_that_it_is_started_anew(tmp_path: Path) -> None:
    with kiosk_process(tmp_path, "burst") as process:
        assert process.wait(PATIENCE_S) == 3


def test_supervisor_hears_that_the_screen_is_alive_and_that_the_end_is_meant(tmp_path: Path) -> None:
    with supervisor_of(tmp_path) as supervisor, kiosk_process(tmp_path, "none", **told(tmp_path)) as process:
        assert {supervisor.recv(100) for _ in range(3)} == {b"READY=1", b"WATCHDOG=1"}
        process.send_signal(signal.SIGTERM)
        while supervisor.recv(100) != b"STOPPING=1":
            pass
        assert process.wait(PATIENCE_S) == 0
