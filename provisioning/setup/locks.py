"""Makes the locks anew, and says without a network whether they are in date.

A lock names every package at one version with the hash of each of its files, for Python 3.11 to
3.13, and no place to fetch from: that is the business of the machine that installs. Its first line
holds a fingerprint of what was asked for, so that a lock that fell behind pyproject.toml is found
offline. ``python -m provisioning.setup.locks [--check]``.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from typing import Any, Final

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "provisioning" / "locks"

EXTRAS_OF_LOCK: Final = {
    "dev.txt": ("dev", "kiosk", "server"),
    "hall.txt": ("kiosk", "server"),
    "kiosk.txt": ("kiosk",),
    "server.txt": ("server",),
}
"""dev.txt comes first: the others are held to its versions."""

BUILT_FROM_SOURCE: Final = ("flask-principal",)
"""Has no wheel on the index; everything else comes as a wheel and runs no code while it is installed."""

AN_ADDRESS = re.compile(
    r"[a-z][a-z0-9+.-]*://|^\s*-(?!-hash=sha256:)|\bfile:|@\s*/|\.(?:com|org|net|cn|io)\b", re.IGNORECASE | re.MULTILINE
)
"""What would tell a lock's reader where to fetch from: a scheme, an option line, a direct reference, a host."""

A_PIN = re.compile(r"^(?P<name>[a-z0-9][a-z0-9.-]*)==\S+", re.MULTILINE)


def derive_wanted(project: dict[str, Any], extras: tuple[str, ...]) -> list[str]:
    """Return the sorted requirements of a lock: the project's, those of its extras, and what builds it. Pure."""
    table = project["project"]
    wanted = [*table["dependencies"], *project["build-system"]["requires"]]
    for extra in extras:
        wanted += table["optional-dependencies"][extra]
    return sorted(set(wanted))


def derive_fingerprint(project: dict[str, Any], extras: tuple[str, ...]) -> str:
    """Return 32 hex over what was asked for. Pure."""
    asked = json.dumps([project["project"]["requires-python"], derive_wanted(project, extras)])
    return hashlib.sha256(asked.encode()).hexdigest()[:32]


def format_first_line(project: dict[str, Any], extras: tuple[str, ...]) -> str:
    """Return the first line of a lock. Pure."""
    return f"# Made by `make locks` for {' + '.join(extras)}; asked for: {derive_fingerprint(project, extras)}\n"


def find_faults(project: dict[str, Any], locks: dict[str, str]) -> list[str]:
    """Return what is wrong with the locks, one sentence each; ``locks``: text by file name. Pure."""
    faults = []
    for name, extras in EXTRAS_OF_LOCK.items():
        if name not in locks:
            faults.append(f"{name} is missing; make locks")
            continue
        first, _, body = locks[name].partition("\n")
        if first + "\n" != format_first_line(project, extras):
            faults.append(f"{name} is behind pyproject.toml; make locks")
        faults += [f"{name} names a place to fetch from: {found[0]!r}" for found in AN_ADDRESS.finditer(body)]
        pins = A_PIN.split(body)
        for package, pin in zip(pins[1::2], pins[2::2], strict=True):
            if "--hash=sha256:" not in pin:
                faults.append(f"{name} has no hash for {package}")
        faults += [f"{name} does not pin {lost}" for lost in sorted(missing_pins(project, extras, body))]
    largest = set(pinned(locks.get("dev.txt", "")))
    for name in EXTRAS_OF_LOCK:
        faults += [
            f"{name} has {pin}, which is not in dev.txt" for pin in pinned(locks.get(name, "")) if pin not in largest
        ]
    faults += [f"{stray} belongs to no known lock" for stray in sorted(set(locks) - set(EXTRAS_OF_LOCK))]
    return faults


def pinned(lock: str) -> list[str]:
    """Return every ``name==version`` of a lock. Pure."""
    return [found[0].rstrip(" \\") for found in A_PIN.finditer(lock)]


def missing_pins(project: dict[str, Any], extras: tuple[str, ...], body: str) -> set[str]:
    """Return the normalised names that were asked for and are not in the lock. Pure."""
    named = {normalise(re.split(r"[\[<>=!~; ]", wanted, maxsplit=1)[0]) for wanted in derive_wanted(project, extras)}
    return named - {normalise(found["name"]) for found in A_PIN.finditer(body)}


def only_pin(lock: str, name: str) -> str:
    """Return just the lines of ``lock`` that pin ``name``. Pure; raises LookupError where there is none."""
    for piece in re.split(r"(?m)^(?=\S)", lock):
        if piece.startswith(f"{name}=="):
            return piece
    raise LookupError(name)


def normalise(name: str) -> str:
    """Return the one spelling of a distribution's name (PEP 503). Pure."""
    return re.sub(r"[-_.]+", "-", name).lower()


def load_project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def load_locks(folder: Path) -> dict[str, str]:
    """Read every lock in ``folder``."""
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.txt"))}


def make_locks(project: dict[str, Any], folder: Path) -> None:
    """Resolve anew and write every lock into ``folder``; needs a package index."""
    held: Path | None = None
    for name, extras in EXTRAS_OF_LOCK.items():
        with tempfile.TemporaryDirectory() as scratch:
            wanted = Path(scratch, "wanted.in")
            wanted.write_text("".join(f"{line}\n" for line in derive_wanted(project, extras)), encoding="utf-8")
            resolved = Path(scratch, name)
            words = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--no-config", "--generate-hashes"]
            words += ["--universal", "--python-version", "3.11", "--no-annotate", "--no-header"]
            words += ["--no-emit-index-url", "--no-emit-find-links", "--upgrade", "--only-binary", ":all:"]
            words += [word for name_of_source in BUILT_FROM_SOURCE for word in ("--no-binary", name_of_source)]
            words += ["--output-file", str(resolved), str(wanted)]
            if held is not None:
                words += ["--constraint", str(held)]
            subprocess.run(words, check=True, cwd=scratch)
            body = keep_linux(resolved.read_text(encoding="utf-8"))
        (folder / name).write_text(format_first_line(project, extras) + body, encoding="utf-8")
        held = held or folder / name
        print(f"provisioning/locks/{name}: {len(A_PIN.findall(body))} packages")


def keep_linux(body: str) -> str:
    """Return the lock without what only another system would install. Pure."""
    pieces = re.split(r"(?m)^(?=\S)", body)
    return "".join(piece for piece in pieces if "sys_platform == 'win32'" not in piece.partition("\n")[0])


def main(words: list[str]) -> int:
    """Make the locks, or with ``--check`` say whether they are in date; exit code 0 or 1."""
    project = load_project()
    if words == ["--check"]:
        faults = find_faults(project, load_locks(LOCKS))
        print("\n".join(faults) if faults else f"locks: {len(EXTRAS_OF_LOCK)} in date, no address in them")
        return 1 if faults else 0
    make_locks(project, LOCKS)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
