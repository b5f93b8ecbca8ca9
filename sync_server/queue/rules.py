"""Which windows serve what, what may be done with a ticket, and where a kiosk's numbers go on. Pure."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from shared.errors import MalformedInput, RuleViolation

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_WINDOW: Final = 999
"""The largest hall on record has 120 windows; three digits are what a display shows."""

_PART: Final = re.compile(r"\s*([0-9]{1,3})\s*(?:[-–~至]\s*([0-9]{1,3})\s*)?")
_SEPARATOR: Final = re.compile(r"[,，、;；]")


class TicketState(StrEnum):
    """Where a ticket stands. It waits until a window calls it; served and not come are its ends."""

    WAITING = "waiting"
    CALLED = "called"
    SERVED = "served"
    NOT_COME = "not_come"


NEXT_STATES: Final = {
    TicketState.WAITING: frozenset({TicketState.CALLED}),
    TicketState.CALLED: frozenset({TicketState.CALLED, TicketState.SERVED, TicketState.NOT_COME}),
    TicketState.SERVED: frozenset[TicketState](),
    TicketState.NOT_COME: frozenset({TicketState.CALLED}),
}
"""Calling again is from called to called; who comes late after all is called from not come."""


def check_step(held: TicketState, asked: TicketState) -> None:
    """Refuse a step that the table does not have.

    Raises:
        RuleViolation: ``ticket_state_step``.
    """
    if asked not in NEXT_STATES[held]:
        raise RuleViolation("ticket_state_step", held=held.value, asked=asked.value)


def parse_windows(text: str) -> frozenset[int]:
    """Return the windows of ``1-4, 7`` in any of the usual spellings; nothing means every window. Pure.

    Raises:
        MalformedInput: ``windows_malformed``.
    """
    windows: set[int] = set()
    for part in _SEPARATOR.split(text) if text.strip() else ():
        match = _PART.fullmatch(part)
        if match is None:
            raise MalformedInput("windows_malformed")
        first, last = int(match[1]), int(match[2] or match[1])
        if not 1 <= first <= last <= MAX_WINDOW:
            raise MalformedInput("windows_malformed")
        windows.update(range(first, last + 1))
    return frozenset(windows)


def format_windows(windows: Iterable[int]) -> str:
    """Return windows as they are shown, ``1-4, 7``. Pure; parse_windows is its inverse."""
    parts: list[list[int]] = []
    for window in sorted(set(windows)):
        if parts and parts[-1][1] == window - 1:
            parts[-1][1] = window
        else:
            parts.append([window, window])
    return ", ".join(f"{first}" if first == last else f"{first}-{last}" for first, last in parts)


def derive_ticket_floor(newest_elsewhere: int) -> int:
    """Return the lowest count a kiosk's tickets of a day may have, 0 for any. Pure.

    ``newest_elsewhere``: highest count of the day that the server has seen under this kiosk's name
    in chains *other than the one that says hello*, 0 if none. What the chain itself issued lies in
    the kiosk's own journal and is counted there, so a kiosk that runs on is never made to jump. A
    disk that was enrolled anew, or restored and therefore continued in a new epoch, has another
    chain, and goes on at the next full hundred above what the earlier ones gave.
    """
    return (newest_elsewhere // 100 + 1) * 100 if newest_elsewhere else 0
