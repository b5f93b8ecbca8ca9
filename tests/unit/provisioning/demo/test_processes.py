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


def stop_while_asked_again(child: Child) -> None:
    with undisturbed():
        os.kill(os.getpid(), signal.SIGINT)
        child.stop()


def test_a_second_ctrl_c_while_it_ends_leaves_nothing_running(tmp_path: Path) -> None:
    child = Child("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], tmp_path / "log").start()

    with pytest.raises(KeyboardInterrupt):
        stop_while_asked_again(child)

    assert child.ended
