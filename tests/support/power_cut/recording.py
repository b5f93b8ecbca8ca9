"""Runs a real program under the write log, and cuts its power as often as asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.support.power_cut.disk import SHARED_MEMORY, Disk
from tests.support.power_cut.entries import Entry, load_entries

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_SOURCE: Final = Path(__file__).with_name("write_log.c")
_LONGEST_RUN_S: Final = 120


class BlindSpotError(Exception):
    """The folder is not what the log says: something was written past the layer."""


def compile_write_log(target: Path) -> Path:
    """Compile the layer into ``target`` and return it. Needs gcc."""
    subprocess.run(
        [
            "gcc",
            "-std=gnu11",
            "-O2",
            "-Wall",
            "-Wextra",
            "-Werror",
            "-fPIC",
            "-shared",
            "-o",
            str(target),
            str(_SOURCE),
            "-lpthread",
        ],
        check=True,
    )
    return target


class Cut(NamedTuple):
    """A power cut. ``told``: lines that had been said before it; ``folder``: what the disk holds after it."""

    told: list[str]
    folder: Path


@dataclass(frozen=True)
class Recording:
    """All that a program did to ``folder``, in order."""

    folder: Path
    entries: list[Entry]

    def cuts(self, seed: int, count: int, work: Path) -> Iterator[Cut]:
        """Yield ``count`` power cuts at random moments, each in a folder that is removed afterwards."""
        chance = Random(seed)  # noqa: S311 - repeatable, not secret
        disk, played = Disk(), 0
        for number, moment in enumerate(sorted(chance.randint(1, len(self.entries)) for _ in range(count))):
            disk.play(self.entries[played:moment])
            played = moment
            left = work / f"cut-{number}"
            disk.write_out(left, chance)
            yield Cut(disk.told.decode().split("\n")[:-1], left)
            shutil.rmtree(left)


def record(
    program: Sequence[str], folder: Path, layer: Path, environment: Mapping[str, str] | None = None
) -> Recording:
    """Run ``program``, which works in the empty ``folder``, to its end and return what it did there.

    Raises:
        BlindSpotError: the replay of everything is not the folder that the program left.
        subprocess.CalledProcessError: the program failed.
    """
    folder.mkdir(parents=True)
    log = folder.with_name(f"{folder.name}.log")
    layered = {"LD_PRELOAD": str(layer), "POWER_CUT_FOLDER": str(folder), "POWER_CUT_LOG": str(log)}
    subprocess.run(
        list(program),
        check=True,
        stdout=subprocess.PIPE,
        timeout=_LONGEST_RUN_S,
        env={**os.environ, **layered, **(environment or {})},
    )
    recording = Recording(folder, load_entries(log))
    _check_nothing_was_missed(recording)
    return recording


def _check_nothing_was_missed(recording: Recording) -> None:
    disk = Disk()
    disk.play(recording.entries)
    replayed = recording.folder.with_name(f"{recording.folder.name}.replayed")
    disk.write_out(replayed, None)
    differing = sorted(
        name
        for name in _contents(recording.folder) | _contents(replayed)
        if _contents(recording.folder).get(name) != _contents(replayed).get(name)
    )
    shutil.rmtree(replayed)
    if differing:
        raise BlindSpotError(", ".join(differing))


def _contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(SHARED_MEMORY)
    }
