"""What a person before the demo's kiosk could see, read from its witness's file, never from its memory."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from provisioning.demo.processes import wait_for
from provisioning.demo.set_up import TIMEZONE
from shared.errors import Unavailable
from shared.instants import hall_day

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from provisioning.demo.processes import Child

_ANSWER_S = 30.0


@dataclass(frozen=True)
class BadgeAnswerSeen:
    """One answer to a scan. ``accepted``: the screen said that it was recorded as on duty."""

    shown_ms: int
    accepted: bool
    word: str
    time: str
    name: str


class ScreenSeen:
    """The witness's file, read from its beginning each time; it only grows."""

    def __init__(self, log: Path, kiosk: Child) -> None:
        """``kiosk``: the process that writes it, so that waiting ends when it does."""
        self._log = log
        self._kiosk = kiosk

    def all(self) -> list[dict[str, Any]]:
        """Return every screen that was drawn, oldest first; a line cut by a kill is not one."""
        try:
            whole = self._log.read_bytes().split(b"\n")[:-1]
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in whole]

    def newest(self) -> dict[str, Any]:
        """Return the screen that stands there now, an empty one before the first."""
        drawn = self.all()
        return drawn[-1] if drawn else {}

    def count(self) -> int:
        """Return how many screens were drawn."""
        return len(self.all())

    def wait_for_next(self, what: str, since: int, is_it: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the first screen drawn after the first ``since`` of them that is the one.

        Raises:
            Unavailable: none came in half a minute, or the kiosk ended.
        """
        found: list[dict[str, Any]] = []

        def has_come() -> bool:
            found[:] = [screen for screen in self.all()[since:] if is_it(screen)]
            return bool(found)

        wait_for(what, has_come, limit_s=_ANSWER_S, child=self._kiosk)
        return found[0]

    def place_of(self, action: str, value: str | None = None) -> tuple[float, float]:
        """Return where on the glass now stands what offers ``action``, in pixels from the top left.

        Raises:
            Unavailable: ``demo_nothing_to_touch``.
        """
        for target in self.newest().get("touch", []):
            if target["action"] == action and value in {None, target["value"]}:
                return target["x"], target["y"]
        raise Unavailable("demo_nothing_to_touch", action=action)

    def badge_answers(self) -> list[BadgeAnswerSeen]:
        """Return every answer to a scan that was drawn; one drawn twice is one."""
        answers: dict[tuple[int, int, str, str], BadgeAnswerSeen] = {}
        run = last = 0
        for screen in self.all():
            if screen["kind"] != "badge":
                continue
            run += screen["count"] < last  # the count begins anew when the program does
            last = screen["count"]
            answer = BadgeAnswerSeen(
                screen["shown_ms"], screen["tone"] == "done", screen["word"], screen["time"], screen["name"]
            )
            answers.setdefault((run, last, answer.name, answer.time), answer)
        return list(answers.values())

    def tickets(self) -> Counter[str]:
        """Return each ticket that was drawn as day and number; one drawn several times is one."""
        first: dict[tuple[str, str], int] = {}
        for screen in self.all():
            if screen["kind"] == "ticket":
                first.setdefault((screen["number"], screen["at"][-len("08:52") :]), screen["shown_ms"])
        return Counter(f"{hall_day(shown_ms, ZoneInfo(TIMEZONE))} {number}" for (number, _), shown_ms in first.items())
