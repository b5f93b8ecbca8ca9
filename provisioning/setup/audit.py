"""Asks a vulnerability service about every package of the largest lock (T38); the others are parts of it.

Where the service cannot be asked, or does not know a package, that is said by name and counted; it
never passes for a clean answer. ``python -m provisioning.setup.audit``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from provisioning.setup.locks import LOCKS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ANSWER_WITHIN_S = 300


@dataclass(frozen=True)
class Answer:
    """What the service said: weaknesses by package, packages it was silent about, and why."""

    weaknesses: tuple[str, ...]
    unanswered: tuple[str, ...]
    asked: int
    reason: str = ""

    def tell(self) -> str:
        """Return the lines that a person reads. Pure."""
        lines = [f"KNOWN WEAKNESS {weakness}" for weakness in self.weaknesses]
        if self.reason:
            lines.append(f"SKIPPED: no answer from the vulnerability service ({self.reason})")
        elif len(self.unanswered) == self.asked:
            lines.append(f"SKIPPED: the vulnerability service answered for none of the {self.asked} packages")
        elif self.unanswered:
            lines.append(f"SKIPPED {len(self.unanswered)} of {self.asked} packages: {', '.join(self.unanswered)}")
        if not lines:
            lines.append(f"no known weakness in {self.asked} packages")
        return "\n".join(lines)


def parse_answer(report: dict[str, Any]) -> Answer:
    """Return what a report of pip-audit says. Pure."""
    weaknesses = tuple(
        f"{found['name']} {found['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or '-'}"
        for found in report["dependencies"]
        for weakness in found.get("vulns", ())
    )
    silent = tuple(found["name"] for found in report["dependencies"] if "skip_reason" in found)
    return Answer(weaknesses, silent, len(report["dependencies"]))


def ask(lock: Path, service: Sequence[str] = ()) -> Answer:
    """Return the service's answer about ``lock``; ``service``: further words for pip-audit."""
    words = [sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off"]
    words += ["--format", "json", "--requirement", str(lock), *service]
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=ANSWER_WITHIN_S)
    except subprocess.TimeoutExpired:
        return Answer((), (), 0, f"nothing within {ANSWER_WITHIN_S} s")
    try:
        return parse_answer(json.loads(done.stdout))
    except (ValueError, KeyError):
        told = done.stderr.strip().splitlines() or ["it said nothing"]
        return Answer((), (), 0, told[-1][:200])


def main() -> int:
    """Ask about dev.txt; 1 where a weakness is known, 0 where none is or the service was silent."""
    answer = ask(LOCKS / "dev.txt")
    print(answer.tell())
    return 1 if answer.weaknesses else 0


if __name__ == "__main__":
    raise SystemExit(main())
