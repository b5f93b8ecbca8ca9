"""What ``make check`` runs: each step by its name, all of them even after one failed, and a verdict at the end.

``python -m provisioning.setup.check [STEP...]`` runs some of them.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from provisioning.setup.locks import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_HERE: Final = (sys.executable, "-m")

STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "lint": (*_HERE, "ruff", "check", "--output-format", "concise", "."),
    "format": (*_HERE, "ruff", "format", "--check", "."),
    "types": (*_HERE, "mypy"),
    "imports": (str(Path(sys.executable).with_name("lint-imports")),),
    "locks": (*_HERE, "provisioning.setup.locks", "--check"),
    "docs": (*_HERE, "provisioning.setup.docs", "--check"),
    "audit": (*_HERE, "provisioning.setup.audit"),
}


def run_steps(names: Sequence[str]) -> list[str]:
    """Run the steps, show what each says, and return the names of those that failed."""
    failed = []
    for name in names:
        began = time.monotonic()
        done = subprocess.run(
            STEPS[name], check=False, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
        )
        told = (done.stdout + done.stderr).strip()
        lines = told.splitlines()
        verdict = "ok" if done.returncode == 0 else "FAILED"
        print(f"== {name}: {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
        print("\n".join(lines if done.returncode else lines[-1:]), flush=True)
        if done.returncode:
            failed.append(name)
    return failed


def main(words: list[str]) -> int:
    """Run all steps or those named; 0 clean, 1 a fault found, 2 no such step."""
    unknown = set(words) - set(STEPS)
    if unknown:
        print(f"no such step: {', '.join(sorted(unknown))}; there are {', '.join(STEPS)}", file=sys.stderr)
        return 2
    failed = run_steps(words or list(STEPS))
    print("check: " + (f"FAILED in {', '.join(failed)}" if failed else "clean"))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
