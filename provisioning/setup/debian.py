"""What this software needs from Debian, by what it is used for, and how it gets there.

Asks the machine itself whether a thing is there (can the library be loaded, is the program on the
path), not the package database: so a machine that has it from elsewhere is left alone. Runs on the
standard library alone, before the virtual environment exists.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WHERE_SERVERS_ARE = (Path("/usr/lib/postgresql"), Path("/usr/local/bin"))


@dataclass(frozen=True)
class Need:
    """One thing, the Debian package it comes from, and how its presence shows."""

    package: str
    is_there: Callable[[], bool]


def has_program(name: str) -> Callable[[], bool]:
    """Return a check that ``name`` is on the path."""
    return lambda: shutil.which(name) is not None


def has_library(soname: str) -> Callable[[], bool]:
    """Return a check that the loader finds ``soname``."""

    def can_load() -> bool:
        try:
            ctypes.CDLL(soname)
        except OSError:
            return False
        return True

    return can_load


def has_module(name: str) -> Callable[[], bool]:
    """Return a check that the Python running this has ``name``; Debian ships ensurepip apart."""
    return lambda: importlib.util.find_spec(name) is not None


def has_file(path: str) -> Callable[[], bool]:
    """Return a check that ``path`` exists."""
    return Path(path).exists


def has_postgres() -> bool:
    """Say whether PostgreSQL's own programs are here; Debian keeps them off the path."""
    return any(True for folder in WHERE_SERVERS_ARE for _ in folder.glob("**/initdb"))


PYTHON = (Need("python3-venv", has_module("ensurepip")),)
KIOSK = (Need("libgl1", has_library("libGL.so.1")), Need("libegl1", has_library("libEGL.so.1")))
OUTSIDE_HANDS = (
    Need("xvfb", has_program("Xvfb")),
    Need("xdotool", has_program("xdotool")),
    Need("chromium", has_program("chromium")),
)
TESTS = (
    Need("postgresql", has_postgres),
    Need("gcc", has_program("gcc")),
    Need("libc6-dev", has_file("/usr/include/stdio.h")),
)

GROUPS = {
    "base": PYTHON,
    "hall": PYTHON + KIOSK,
    "rehearsal": PYTHON + KIOSK + OUTSIDE_HANDS,
    "tests": PYTHON + KIOSK + OUTSIDE_HANDS + TESTS,
}


def missing_packages(needs: Sequence[Need]) -> list[str]:
    """Return the packages whose thing is not on this machine."""
    return [need.package for need in needs if not need.is_there()]


def install_line(packages: Sequence[str]) -> str:
    """Return the one line that a person with rights on the machine has to run. Pure."""
    return f"apt-get update && apt-get install --yes --no-install-recommends {shlex.join(packages)}"


def install_missing(needs: Sequence[Need], *, run: Callable[..., object] = subprocess.run) -> None:
    """Install what is missing, or say the one line that would and leave with 3."""
    packages = missing_packages(needs)
    if not packages:
        return
    has_apt = shutil.which("apt-get") is not None
    if has_apt and os.geteuid() == 0:
        prefix: list[str] = []
    elif has_apt and may_use_sudo():
        prefix = ["sudo", "--preserve-env=DEBIAN_FRONTEND"]
    else:
        print(
            "This machine lacks: "
            + ", ".join(packages)
            + ".\nAs root, run this line, then the same make again:\n  "
            + install_line(packages),
            file=sys.stderr,
        )
        raise SystemExit(3)
    print("From Debian: " + ", ".join(packages), flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        for words in (["update", "-qq"], ["install", "-qq", "--yes", "--no-install-recommends", *packages]):
            run(
                [*prefix, "apt-get", *words], check=True, env=quiet, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
            )
    except subprocess.CalledProcessError as failed:
        print("apt-get did not succeed. By hand:\n  " + install_line(packages), file=sys.stderr)
        raise SystemExit(3) from failed
    still = missing_packages(needs)
    if still:
        print("Installed, and still not found: " + ", ".join(still), file=sys.stderr)
        raise SystemExit(3)


def may_use_sudo() -> bool:
    """Say whether sudo works here: without a question, or with one on a terminal that can be answered."""
    if shutil.which("sudo") is None:
        return False
    silent = subprocess.run(["sudo", "--non-interactive", "true"], check=False, capture_output=True)
    return silent.returncode == 0 or sys.stdin.isatty()
