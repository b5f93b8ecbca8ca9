"""What is asked of Debian, and what happens where nobody may install."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from provisioning.setup import debian
from provisioning.setup.debian import Need

PRESENT = Need("here", lambda: True)
ABSENT = Need("xdotool-of-nobody", lambda: False)


def never(*_: object, **__: object) -> None:
    raise AssertionError


def test_nothing_is_run_where_nothing_is_missing() -> None:
    debian.install_missing([PRESENT], run=never)


def test_without_rights_the_one_line_to_run_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(debian, "may_use_sudo", lambda: False)

    with pytest.raises(SystemExit) as ended:
        debian.install_missing([PRESENT, ABSENT], run=never)

    assert ended.value.code == 3
    told = capsys.readouterr().err
    assert "apt-get update && apt-get install --yes --no-install-recommends xdotool-of-nobody" in told
    assert "here" not in told.split("install --yes")[1]


def test_on_another_system_the_line_is_printed_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    with pytest.raises(SystemExit) as ended:
        debian.install_missing([ABSENT], run=never)

    assert ended.value.code == 3
    assert ABSENT.package in capsys.readouterr().err


@pytest.mark.parametrize(("is_root", "prefix"), [(1, []), (0, ["sudo", "--preserve-env=DEBIAN_FRONTEND"])])
def test_with_rights_the_missing_are_installed_and_looked_for_again(
    is_root: int, prefix: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0 if is_root else 1000)
    monkeypatch.setattr(debian, "may_use_sudo", lambda: True)

    debian.install_missing([Need("thing", lambda: len(ran) == 2)], run=lambda words, **_: ran.append(words))

    assert [words[: len(prefix) + 2] for words in ran] == [
        [*prefix, "apt-get", "update"],
        [*prefix, "apt-get", "install"],
    ]
    assert ran[1][-1] == "thing"


def test_an_install_that_brings_nothing_is_no_success(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(SystemExit) as ended:
        debian.install_missing([ABSENT], run=lambda *_, **__: None)

    assert ended.value.code == 3


def test_a_failing_apt_ends_with_the_line_to_run_by_hand(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(words: list[str], **_: object) -> None:
        raise subprocess.CalledProcessError(100, words)

    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(SystemExit) as ended:
        debian.install_missing([ABSENT], run=fail)

    assert ended.value.code == 3
    assert "By hand" in capsys.readouterr().err


def test_presence_is_asked_of_the_machine_itself() -> None:
    assert debian.has_program("sh")()
    assert not debian.has_program("no-such-program-here")()
    assert debian.has_library("libc.so.6")()
    assert not debian.has_library("libnosuchthing.so.9")()
    assert debian.has_file("/usr")()
    assert debian.has_module("ensurepip")()


def test_this_machine_has_what_the_tests_need() -> None:
    assert debian.missing_packages(debian.GROUPS["tests"]) == []
