"""Locks are whole, in date, and name no place to fetch from; every way of spoiling one is found."""

from __future__ import annotations

import copy
import re

import pytest

from provisioning.setup.locks import LOCKS, find_faults, format_first_line, load_locks, load_project

A_HASH = "    --hash=sha256:" + "0" * 64


@pytest.fixture
def locks() -> dict[str, str]:
    return load_locks(LOCKS)


def test_locks_are_in_date_and_name_no_address(locks: dict[str, str]) -> None:
    assert find_faults(load_project(), locks) == []


def test_every_pin_is_one_version_with_hashes(locks: dict[str, str]) -> None:
    for body in locks.values():
        for line in body.splitlines()[1:]:
            assert re.fullmatch(
                r"[a-z0-9.-]+==[A-Za-z0-9.+!]+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line
            ), line


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://packages.example/simple",
        "--extra-index-url http://10.0.0.1/simple",
        "--find-links /srv/wheels",
        "--trusted-host packages.example",
        "-i https://packages.example/simple",
        "-e .",
        "# via https://packages.example",
        "thing @ https://packages.example/thing-1.0",
        "thing @ file:///srv/wheels/thing-1.0-py3-none-any.whl",
        "# from files.packages.org",
    ],
)
@pytest.mark.fault("T38")
def test_an_address_in_a_lock_is_found(line: str, locks: dict[str, str]) -> None:
    locks["kiosk.txt"] += f"{line}\n"

    assert any("names a place to fetch from" in fault for fault in find_faults(load_project(), locks))


@pytest.mark.fault("T38")
def test_a_package_without_a_hash_is_found(locks: dict[str, str]) -> None:
    locks["server.txt"] += "thing==1.0\n"

    assert "server.txt has no hash for thing" in find_faults(load_project(), locks)


def test_a_requirement_added_since_is_found(locks: dict[str, str]) -> None:
    project = copy.deepcopy(load_project())
    project["project"]["optional-dependencies"]["kiosk"].append("thing>=1")

    faults = find_faults(project, locks)

    assert "kiosk.txt is behind pyproject.toml; make locks" in faults
    assert "kiosk.txt does not pin thing" in faults
    assert not any(fault.startswith("server.txt") for fault in faults)


def test_a_requirement_that_only_the_first_line_tells_of_is_found(locks: dict[str, str]) -> None:
    project = copy.deepcopy(load_project())
    project["project"]["optional-dependencies"]["kiosk"].append("thing>=1")
    body = locks["kiosk.txt"].partition("\n")[2]
    locks["kiosk.txt"] = format_first_line(project, ("kiosk",)) + body

    assert "kiosk.txt does not pin thing" in find_faults(project, locks)


def test_a_lock_that_went_its_own_way_is_found(locks: dict[str, str]) -> None:
    locks["kiosk.txt"] += f"thing==1.0 \\\n{A_HASH}\n"

    assert "kiosk.txt has thing==1.0, which is not in dev.txt" in find_faults(load_project(), locks)


def test_a_lost_lock_and_a_stray_one_are_found(locks: dict[str, str]) -> None:
    locks["old.txt"] = locks.pop("kiosk.txt")

    faults = find_faults(load_project(), locks)

    assert "kiosk.txt is missing; make locks" in faults
    assert "old.txt belongs to no known lock" in faults
