"""What every test runs under: markers with known ids, and no packet off this machine."""

from __future__ import annotations

pytest_plugins = [
    "tests.support.own_home",
    "tests.support.example_counts",
    "tests.support.loopback_only",
    "tests.support.marks",
]
