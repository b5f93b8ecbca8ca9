"""When a clone is ready, when it is made ready anew, and how a step that fails ends."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provisioning.setup import locks, prepare

ROOT = Path(__file__).resolve().parents[4]
FIND_PYTHON = ROOT / "provisioning" / "setup" / "find_python.sh"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone whose environment was made from its locks."""
    (tmp_path / "locks").mkdir()
    for name in locks.EXTRAS_OF_LOCK:
        (tmp_path / "locks" / name).write_text(f"# {name}\n", encoding="ascii")
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="ascii")
    program = tmp_path / ".venv" / "bin" / "servicehall"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(locks, "LOCKS", tmp_path / "locks")
    prepare.stamp_path("dev.txt").write_text(prepare.derive_stamp("dev.txt"), encoding="ascii")
    return tmp_path


def test_the_larger_lock_serves_for_the_smaller(clone: Path) -> None:
    assert prepare.is_in_date("dev.txt")
    assert prepare.is_in_date("hall.txt")


def test_the_smaller_lock_does_not_serve_for_the_larger(clone: Path) -> None:
    prepare.stamp_path("dev.txt").unlink()
    prepare.stamp_path("hall.txt").write_text(prepare.derive_stamp("hall.txt"), encoding="ascii")

    assert prepare.is_in_date("hall.txt")
    assert not prepare.is_in_date("dev.txt")


@pytest.mark.parametrize("changed", ["locks/dev.txt", "pyproject.toml"])
def test_a_change_of_what_is_wanted_is_noticed(changed: str, clone: Path) -> None:
    with (clone / changed).open("a", encoding="ascii") as file:
        file.write("# more\n")

    assert not prepare.is_in_date("dev.txt")


def test_an_environment_that_was_copied_from_another_clone_is_made_anew(
    clone: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path_factory.mktemp("copies") / "clone"
    shutil.copytree(clone, copy)
    monkeypatch.setattr(prepare, "ROOT", copy)
    monkeypatch.setattr(prepare, "VENV", copy / ".venv")

    assert not prepare.is_in_date("dev.txt")


def test_an_environment_without_its_program_is_made_anew(clone: Path) -> None:
    (clone / ".venv" / "bin" / "servicehall").unlink()

    assert not prepare.is_in_date("dev.txt")


def test_an_environment_of_another_python_is_found(clone: Path) -> None:
    (clone / ".venv" / "bin" / "python").symlink_to(sys.executable)

    assert not prepare.runs_this_python(clone / ".venv" / "bin" / "python")
    assert not prepare.runs_this_python(clone / "no-such-python")


def test_a_step_that_fails_is_named_and_ends_with_3(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        prepare.call([sys.executable, "-c", "raise SystemExit(9)"])

    assert ended.value.code == 3
    assert "failed (9)" in capsys.readouterr().err


def test_an_unknown_group_is_wrong_use() -> None:
    words = [sys.executable, "-m", "provisioning.setup.prepare", "nonsense"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)

    assert told.returncode == 2
    assert "hall|rehearsal|tests" in told.stderr


def fake_python(folder: Path, name: str, version: str) -> None:
    """Write a program that says it is Python ``version``, as far as the question needs."""
    path = folder / name
    path.write_text(
        f'#!/bin/sh\nexec {sys.executable} -c "import sys; sys.version_info = {version}; exec(sys.argv[1])" "$2"\n',
        encoding="ascii",
    )
    path.chmod(0o755)


def find_python(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(FIND_PYTHON)],
        env={"PATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_that_is_too_old_or_too_new_is_passed_over(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", "(3, 14)")
    fake_python(tmp_path, "python3.13", "(3, 9)")
    fake_python(tmp_path, "python3.12", "(3, 12)")

    assert find_python(tmp_path).stdout.strip() == str(tmp_path / "python3.12")


def test_the_python_that_was_asked_for_comes_first(tmp_path: Path) -> None:
    fake_python(tmp_path, "python3", "(3, 11)")
    fake_python(tmp_path, "mine", "(3, 13)")

    assert find_python(tmp_path, PYTHON="mine").stdout.strip() == str(tmp_path / "mine")
