"""A row of the table: what was measured, against what, and the budget."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One ratio. ``is_at_most``: the budget is a ceiling, else a floor; ``detail``: the figures behind it."""

    name: str
    what: str
    ratio: float
    budget: float
    is_at_most: bool
    detail: dict[str, float]

    @property
    def is_kept(self) -> bool:
        """Whether the budget is kept."""
        return self.ratio <= self.budget if self.is_at_most else self.ratio >= self.budget

    def write(self, folder: Path) -> None:
        """Write ``NAME.json`` into ``folder``."""
        folder.mkdir(parents=True, exist_ok=True)
        told = {**asdict(self), "is_kept": self.is_kept}
        (folder / f"{self.name}.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def interleave(rounds: int, *works: Callable[[], float]) -> list[list[float]]:
    """Do each work once a round, so that what the machine does meanwhile meets them alike; return their figures."""
    figures: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, figures, strict=True):
            taken.append(work())
    return figures


def p50(figures: Sequence[float]) -> float:
    """Return the median. Pure."""
    return median(figures)
