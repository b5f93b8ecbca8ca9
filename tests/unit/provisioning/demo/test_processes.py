"""A demo ends what it started, whoever loses patience."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from provisioning.demo.processes import Child, undisturbed

if TYPE_CHECKING:
    from pathlib import Path

SLOW_TO_END = "import signal, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.3), exit())); time.sleep(60)"


def test_a_second_ctrl_c_while_it_ends_leaves_nothing_running(tmp_path: Path) -> None:
    child = Child("slow", [sys.executable, "-c", SLOW_TO_END], tmp_path / "log").start()

    with pytest.raises(KeyboardInterrupt), undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        child.stop()

    assert child.ended
