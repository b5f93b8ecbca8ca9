"""Make this clone ready: ``python3 -m provisioning.setup.prepare hall|rehearsal|tests``.

Owns ``.venv`` and nothing else: a second clone has its own. Installs only what the locks name, each
file by its hash, and the project itself as an editable. A stamp in ``.venv`` holds what was
installed; when it still says the truth, this returns at once. Runs on the standard library alone.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from provisioning.setup import debian, locks

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"

LOCK_OF_GROUP = {"hall": "hall.txt", "rehearsal": "dev.txt", "tests": "dev.txt"}
"""Which lock each group of Debian packages goes with."""

COVERED_BY = {"hall.txt": ("hall.txt", "dev.txt"), "dev.txt": ("dev.txt",)}
"""The larger lock holds the smaller at the same versions, so its stamp serves for both."""


def derive_stamp(lock: str) -> str:
    """Return what an up to date environment is stamped with: lock, project table, Python, place."""
    digest = hashlib.sha256()
    for piece in (
        (locks.LOCKS / lock).read_bytes(),
        (ROOT / "pyproject.toml").read_bytes(),
        sys.version.encode(),
        os.fsencode(ROOT),
    ):
        digest.update(hashlib.sha256(piece).digest())
    return digest.hexdigest()


def stamp_path(lock: str) -> Path:
    """Return where the stamp of ``lock`` lies."""
    return VENV / f".installed-{lock}"


def is_in_date(lock: str) -> bool:
    """Say whether the environment already holds what ``lock`` names."""
    if not (VENV / "bin" / "servicehall").exists():
        return False
    return any(
        stamp_path(held).exists() and stamp_path(held).read_text(encoding="ascii") == derive_stamp(held)
        for held in COVERED_BY[lock]
    )


def install(lock: str) -> None:
    """Bring ``.venv`` to what ``lock`` names; every file is checked against its hash."""
    python = VENV / "bin" / "python"
    if not runs_this_python(python):
        print(f"Making {VENV.name} with {sys.executable}", flush=True)
        call([sys.executable, "-m", "venv", "--clear", str(VENV)])
    for held in COVERED_BY["hall.txt"]:
        stamp_path(held).unlink(missing_ok=True)
    print(f"Installing {lock} (every file checked against its hash)", flush=True)
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-qq"]
    by_hash = [*pip, "--require-hashes", "--no-deps", "--only-binary", ":all:"]
    builder = VENV / "builder.txt"
    builder.write_text(locks.only_pin((locks.LOCKS / lock).read_text(encoding="utf-8"), "setuptools"), encoding="utf-8")
    call([*by_hash, "--requirement", str(builder)])
    for name in locks.BUILT_FROM_SOURCE:
        by_hash += ["--no-binary", name]
    call([*by_hash, "--no-build-isolation", "--requirement", str(locks.LOCKS / lock)])
    call([*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)])
    call([str(python), "-m", "pip", "--disable-pip-version-check", "check"], quiet=True)
    stamp_path(lock).write_text(derive_stamp(lock), encoding="ascii")


def runs_this_python(python: Path) -> bool:
    """Say whether the environment stands here and is of the Python that runs this."""
    probe = "import sys; print(sys.prefix, sys.version_info[:2])"
    try:
        told = subprocess.run([str(python), "-c", probe], check=True, capture_output=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return False
    return told.split() == [str(VENV), *str(sys.version_info[:2]).split()]


def call(words: list[str], *, quiet: bool = False) -> None:
    """Run a step of the set-up; leave with 3 where it fails, since nothing could run."""
    environment = {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}
    output = subprocess.PIPE if quiet else None
    done = subprocess.run(
        words, check=False, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, text=True
    )
    if done.returncode:
        print(
            (done.stdout or "") + f"This step of the set-up failed ({done.returncode}): {' '.join(words)}",
            file=sys.stderr,
        )
        raise SystemExit(3)


def prepare(group: str) -> None:
    """Make Debian's packages and ``.venv`` ready for ``group``; two at once wait for each other."""
    lock = LOCK_OF_GROUP[group]
    debian.install_missing(debian.GROUPS[group])
    if is_in_date(lock):
        return
    (ROOT / "var").mkdir(exist_ok=True)
    with (ROOT / "var" / ".preparing").open("w", encoding="ascii") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not is_in_date(lock):
            install(lock)


if __name__ == "__main__":
    if sys.argv[1:2] == [] or sys.argv[1] not in LOCK_OF_GROUP:
        print(f"python3 -m provisioning.setup.prepare {'|'.join(LOCK_OF_GROUP)}", file=sys.stderr)
        raise SystemExit(2)
    prepare(sys.argv[1])
