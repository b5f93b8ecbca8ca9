"""The processes of a demo: started in their own sessions, logged to files, ended by their id.

Owns starting, waiting and stopping; ends nothing that it did not start.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from shared.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_POLL_S: Final = 0.1
_ENDINGS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_STOP_S: Final = 15.0


def free_port() -> int:
    """Return a TCP port of the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(what: str, is_so: Callable[[], bool], *, limit_s: float, child: Child | None = None) -> None:
    """Return once ``is_so()`` holds.

    Raises:
        Unavailable: ``demo_waited_too_long`` or ``demo_process_ended`` with the name of its log.
    """
    end = time.monotonic() + limit_s
    while not is_so():
        if child is not None and child.ended:
            raise Unavailable("demo_process_ended", name=child.name, log=str(child.log))
        if time.monotonic() > end:
            raise Unavailable("demo_waited_too_long", what=what)
        time.sleep(_POLL_S)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let what is inside end first: a second Ctrl-C in it would leave behind what it was about to stop."""
    asked: list[int] = []
    before = {number: signal.signal(number, lambda told, _: asked.append(told)) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if asked:
            signal.raise_signal(asked[0])


@dataclass
class Child:
    """One process that this demo started. ``log``: where its output goes."""

    name: str
    command: list[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> Child:
        """Start it, its output appended to the log."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is ours, without a shell
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        """Its process id; raises Unavailable ``demo_process_not_started``."""
        if self._process is None:
            raise Unavailable("demo_process_not_started", name=self.name)
        return self._process.pid

    @property
    def ended(self) -> bool:
        """Whether it is not running (any more)."""
        return self._process is None or self._process.poll() is not None

    def kill(self) -> None:
        """Pull its plug: SIGKILL, without a word."""
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end, and end it after fifteen seconds if it does not."""
        if self._process is None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
            return
        self._signal(signal.SIGKILL)
        self._process.wait(_STOP_S)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)
            if number is signal.SIGKILL:
                self._process.wait(_STOP_S)


@contextlib.contextmanager
def virtual_display(folder: Path, width: int, height: int) -> Iterator[str]:
    """Run an X server without a screen and give its ``DISPLAY``.

    Raises:
        Unavailable: ``demo_display_failed``.
    """
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp"]
    with (folder / "xvfb.log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 - ours, without a shell
            command, pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        if not number:
            raise Unavailable("demo_display_failed", log=str(folder / "xvfb.log"))
        yield f":{number}"
    finally:
        with undisturbed():
            process.terminate()
            process.wait(_STOP_S)
