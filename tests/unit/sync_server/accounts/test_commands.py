"""Accounts made at the terminal, before anybody can sign in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from provisioning.keys import create_keys
from shared.errors import RuleViolation
from sync_server.commands import server
from tests.support.office_hall import HALL, OfficeHall

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

PASSWORD = "paper lantern on the river 7"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    create_keys(tmp_path / "server" / "keys", HALL, 0)
    path = tmp_path / "server.toml"
    path.write_text(f'hall = "{HALL}"\ndata_dir = "server"\n', encoding="utf-8")
    return path


def add(config: Path, *words: str, typed: str, lang: str = "zh_CN.UTF-8") -> Result:
    arguments = ["add-account", *words, "--config", str(config)]
    return CliRunner().invoke(server, arguments, input=typed, env={"LANG": lang, "LC_ALL": lang, "DATABASE_URL": ""})


def test_somebody_added_at_the_terminal_signs_in_at_the_page(config: Path) -> None:
    answer = add(config, "office", "--name", "周敏", "--role", "office", typed=f"{PASSWORD}\n{PASSWORD}\n")

    assert answer.exit_code == 0, answer.output
    assert "office 现在可以登录。" in answer.output
    assert PASSWORD not in answer.output
    hall = OfficeHall(config.parent / "again", datetime(2026, 11, 23, tzinfo=UTC), like=config.parent)
    assert hall.person("office").get("/").status_code == 200
    hall.close()


def test_two_passwords_that_differ_are_asked_for_again(config: Path) -> None:
    typed = f"{PASSWORD}\nanother one 12\n{PASSWORD}\n{PASSWORD}\n"

    assert add(config, "zhou", "--name", "周敏", "--role", "office", typed=typed).exit_code == 0


@pytest.mark.parametrize("role", ["kiosk", "emperor"])
def test_a_role_that_nobody_has_is_wrong_use(config: Path, role: str) -> None:
    assert add(config, "zhou", "--name", "周敏", "--role", role, typed=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 2


def test_an_easy_password_makes_no_account(config: Path) -> None:
    answer = add(config, "zhou", "--name", "周敏", "--role", "office", typed="1234567890\n1234567890\n")

    assert isinstance(answer.exception, RuleViolation)
    assert answer.exception.code == "password_too_easy"
