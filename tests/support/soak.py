"""Property and fault tests over and over with new random seeds, until the minutes are over or one fails.

``python -m tests.support.soak --minutes 30``; a failure prints the seed by which it comes again.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
WHAT: Final = ("tests/property", "tests/faults")
MAX_SEED: Final = 2**32 - 1


def run_once(seed: int) -> int:
    """Run the tests with ``seed`` for order and examples; return pytest's exit code."""
    words = ["-m", "pytest", "--quiet", "--numprocesses=2", "--dist=loadfile", "--hypothesis-profile=soak"]
    words += [f"--hypothesis-seed={seed}", "-p", "randomly", f"--randomly-seed={seed}"]
    words += [name for name in WHAT if (ROOT / name).is_dir()]
    return subprocess.run([sys.executable, *words], cwd=ROOT, check=False).returncode


def main() -> int:
    """Go round until the time is over; 0 if every round passed, 1 at the first that did not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    ends = time.monotonic() + parser.parse_args().minutes * 60
    rounds = 0
    while rounds == 0 or time.monotonic() < ends:
        seed = random.SystemRandom().randint(1, MAX_SEED)
        if run_once(seed):
            print(f"soak: round {rounds + 1} failed with seed {seed}")  # noqa: T201 - a program's last word
            return 1
        rounds += 1
    print(f"soak: {rounds} rounds passed")  # noqa: T201 - a program's last word
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
