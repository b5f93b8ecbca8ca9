"""A server whose clock jumped signs nothing until it is right again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from shared.errors import Unavailable
from shared.instants import from_unix_ms
from sync_server.ingest.clock_watch import ClockWatch

MORNING_MS = 1_795_400_000_000
TEN_MINUTES_MS = 600_000


@dataclass
class TwoClocks:
    """A wall clock that can be set and a running time that cannot."""

    wall_ms: int = MORNING_MS
    running_ms: int = 5_000

    def now_ms(self) -> int:
        return self.wall_ms

    def mono_ms(self) -> int:
        return self.running_ms

    def now(self) -> object:
        return from_unix_ms(self.wall_ms)


def test_clock_that_goes_with_the_running_time_is_believed() -> None:
    clock = TwoClocks()
    watch = ClockWatch(clock, MORNING_MS)
    clock.wall_ms += 90 * 86_400_000
    clock.running_ms += 90 * 86_400_000
    watch.check()


@pytest.mark.parametrize("jump_ms", [-TEN_MINUTES_MS - 1000, TEN_MINUTES_MS + 1000, 365 * 86_400_000])
def test_jump_while_running_is_not_signed_with_until_it_is_put_right(jump_ms: int) -> None:
    clock = TwoClocks()
    watch = ClockWatch(clock, None)
    clock.wall_ms += jump_ms
    with pytest.raises(Unavailable, match="server_clock_off"):
        watch.check()
    clock.wall_ms -= jump_ms
    watch.check()


def test_small_correction_is_no_jump() -> None:
    clock = TwoClocks()
    watch = ClockWatch(clock, None)
    clock.wall_ms -= TEN_MINUTES_MS
    watch.check()


def test_start_before_what_was_received_last_is_not_signed_with() -> None:
    watch = ClockWatch(TwoClocks(), MORNING_MS + TEN_MINUTES_MS + 1)
    with pytest.raises(Unavailable, match="server_clock_off"):
        watch.check()
