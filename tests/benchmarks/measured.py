"""What a benchmark found: our figure beside a bare one of the same run, their ratio, and the budget.

Machines differ, ratios of interleaved work do far less; nothing here is a test, and no test asserts
how long something took.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One row. ``ours`` and ``bare`` in ``unit``; ``bound``: whether ``budget`` is the most or the least."""

    row: str
    what: str
    unit: str
    ours: float
    bare: float
    ratio: float
    bound: Literal["at most", "at least"]
    budget: float
    samples: int

    @property
    def holds(self) -> bool:
        """Whether the budget is kept."""
        return self.ratio <= self.budget if self.bound == "at most" else self.ratio >= self.budget

    def tell(self) -> str:
        """Return the line that a person reads. Pure."""
        verdict = "holds" if self.holds else "BROKEN"
        figures = f"{self.ours:.4g} {self.unit} beside {self.bare:.4g}"
        return (
            f"{self.row:<22} {self.ratio:>9.3g}  ({self.bound} {self.budget:.3g})  {verdict:<7} {figures}; {self.what}"
        )

    def save(self, folder: Path) -> None:
        """Write the row as JSON."""
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({**asdict(self), "holds": self.holds}, indent=1) + "\n"
        (folder / f"{self.row}.json").write_text(text, encoding="utf-8")


def in_ms(seconds: Sequence[float]) -> float:
    """Return the median of ``seconds`` in milliseconds. Pure."""
    return median(seconds) * 1000
