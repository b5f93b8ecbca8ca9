"""Endless retry with full jitter: a hall of kiosks whose server comes back does not knock all at once.

Each wait is drawn evenly from nothing to a bound that doubles up to ``CAP_S``. The draw comes in by
parameter; nothing here waits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

BASE_S: Final = 1.0
CAP_S: Final = 30.0
"""A server that was away is found again within half a minute; 200 kiosks are 13 tries a second then."""


class Backoff:
    """``draw``: gives a number between its two arguments, such as ``random.uniform``."""

    def __init__(self, draw: Callable[[float, float], float]) -> None:
        """Begin as after a success."""
        self._draw = draw
        self._failures = 0

    def succeeded(self) -> None:
        """Forget the failures."""
        self._failures = 0

    def next_wait_s(self) -> float:
        """Return how long to wait after one more failure."""
        bound = min(CAP_S, BASE_S * 2 ** min(self._failures, 10))
        self._failures += 1
        return self._draw(0.0, bound)
